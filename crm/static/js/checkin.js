// The door: each gesture is kept on the device first, then sent; sent twice, it is taken once (its key).
const list = document.querySelector("[data-people]");
const { event, session, user, send: address, fresh, scope } = list.dataset;
const GESTURE = `pointage:${user}:${event}:`;
const SEEN = `pointage-vu:${event}:${session}`;
const state = document.querySelector("[data-state]");
const left = document.querySelector("[data-left]");
const none = document.querySelector("[data-none]");
const model = document.querySelector("[data-person]").content;
const find = document.querySelector("[data-find]");
const fold = (words) => words.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const rows = () => [...list.querySelectorAll("[data-id]")];

function say(words, kind = "") {
  state.textContent = words;
  state.dataset.kind = kind;
}

const waiting = () => Object.keys(localStorage).filter((name) => name.startsWith(GESTURE))
  .map((name) => JSON.parse(localStorage.getItem(name))).sort((one, other) => one.at.localeCompare(other.at));

function count() {
  const number = waiting().length;
  left.hidden = number === 0;
  left.textContent = number > 1 ? `${number}\u00a0gestes attendent le réseau sur cet appareil.` : "1\u00a0geste attend le réseau sur cet appareil.";
  const seats = (some) => some.reduce((sum, row) => sum + Number(row.dataset.seats), 0);
  document.querySelector("[data-count]").textContent = seats(rows().filter((row) => row.dataset.came));
  document.querySelector("[data-all]").textContent = seats(rows().filter((row) => !row.dataset.waits));
}

// What a row shows of somebody.
function draw(row, one) {
  row.dataset.id = one.id;
  row.dataset.code = one.code ?? "";
  row.dataset.seats = one.seats ?? 1;
  row.dataset.waits = one.state ?? "";
  if (one.came) row.dataset.came = one.came;
  else delete row.dataset.came;
  row.querySelector("[data-name]").textContent = one.name;
  row.querySelector("[data-detail]").textContent = one.detail ?? "";
  row.querySelector("[data-needs]").textContent = one.needs ?? "";
  const when = one.at ? `, ${one.at}` : "";
  row.querySelector("[data-since]").textContent = one.came ? (one.came === "late" ? `En retard${when}` : `Là${when}`) : one.state ?? "";
  const form = row.querySelector("form");
  const button = form.querySelector("button");
  form.elements.registration.value = one.id;
  button.value = one.came ? "undo" : "present";
  button.className = `btn ${one.came ? "btn-outline-secondary" : "btn-primary"}`;
  button.firstChild.textContent = one.came ? "Annuler" : "Pointer";
  row.querySelector("[data-whom]").textContent = ` ${one.name}`;
}

function person(row) {
  const text = (name) => row.querySelector(`[data-${name}]`).textContent;
  return { id: row.dataset.id, code: row.dataset.code, seats: Number(row.dataset.seats), state: row.dataset.waits, came: row.dataset.came ?? "", name: text("name"), detail: text("detail"), needs: text("needs"), at: "" };
}

function add(one) {
  list.append(model.cloneNode(true));
  draw(list.lastElementChild, one);
  return list.lastElementChild;
}

// The list as the site knows it, with what this device has not sent yet on top of it.
function show(people) {
  const known = new Map(rows().map((row) => [row.dataset.id, row]));
  for (const one of people) {
    const row = known.get(String(one.id));
    if (row) draw(row, one);
    else add(one);
    known.delete(String(one.id));
  }
  known.forEach((row) => row.remove());
  waiting().filter((one) => one.session === session).forEach(apply);
  filter();
  count();
}

const clock = (at) => new Date(at).toLocaleTimeString("fr-FR", { hour: "numeric", minute: "2-digit" }).replace(":", "\u00a0h\u00a0");
const late = (at) => list.dataset.starts && new Date(at) - new Date(list.dataset.starts) > 15 * 60000;

function apply(one) {
  const row = one.registration ? rows().find((each) => each.dataset.id === String(one.registration)) : rows().find((each) => each.dataset.id === one.key) ?? add({ id: one.key, name: `${one.first_name} ${one.last_name}`.trim(), detail: one.organisation_name });
  if (!row) return;
  const came = one.what === "undo" ? "" : late(one.at) ? "late" : "came";
  draw(row, { ...person(row), came, at: came ? clock(one.at) : "" });
  row.querySelector("button").disabled = !one.registration;
}

function filter() {
  const words = fold(find.value).split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows()) {
    const text = fold(`${row.querySelector("[data-name]").textContent} ${row.querySelector("[data-detail]").textContent}`);
    row.hidden = !words.every((word) => text.includes(word));
    shown += row.hidden ? 0 : 1;
  }
  none.hidden = shown > 0;
}

// Only one sending at a time here; two tabs may send the same, which is taken once.
let busy = false;

async function send() {
  const some = waiting().slice(0, 100);
  if (busy || !some.length) return;
  busy = true;
  try {
    const answer = await fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(some) });
    if (answer.status === 401 || answer.status === 403) return say("Gardé sur cet appareil. Reconnectez-vous pour l’envoyer.", "wait");
    if (!answer.ok) return say("Gardé sur cet appareil\u00a0: le site ne le prend pas encore.", "wait");
    const { kept } = await answer.json();
    kept.forEach((key) => localStorage.removeItem(GESTURE + key));
    say("C’est noté.", "good");
  } catch {
    say("Gardé sur cet appareil, cela partira avec le réseau.", "wait");
  } finally {
    busy = false;
    count();
  }
  if (state.dataset.kind !== "good") return;
  if (waiting().length) send();
  else refresh();
}

// What other devices marked, and the list this one will show without network.
async function refresh() {
  const answer = await fetch(fresh, { headers: { Accept: "application/json" } });
  if (!answer.ok || answer.redirected) return;
  const { people } = await answer.json();
  localStorage.setItem(SEEN, JSON.stringify(people));
  show(people);
}

function keep(form, what) {
  const said = Object.fromEntries(new FormData(form));
  const key = crypto.randomUUID();
  const one = { ...said, what, key, session, at: new Date().toISOString() };
  localStorage.setItem(GESTURE + key, JSON.stringify(one));
  return one;
}

document.addEventListener("submit", (submitted) => {
  const form = submitted.target.closest("[data-mark], [data-walk-in]");
  if (!form) return;
  let one;
  try {
    one = keep(form, submitted.submitter?.value || "present");
  } catch {
    return; // nothing can be kept here: it is posted as a form
  }
  submitted.preventDefault();
  apply(one);
  if (form.matches("[data-walk-in]")) form.reset();
  else if (find.value) find.select();
  filter();
  count();
  say(one.what === "undo" ? "Pointage annulé." : "Pointé.");
  send();
});

find.addEventListener("input", filter);

// A code shown on a telephone or on paper: read here where the browser can (Chrome on Android), by
// the site elsewhere (Safari, Firefox), which needs the network.
const scan = document.querySelector("[data-scan]");
const camera = document.querySelector("[data-camera]");
const video = camera.querySelector("video");
const photo = document.querySelector("[data-photo]");
const WIDTH = 960; // pixels of what is sent: enough for a code in the hand

async function detector() {
  const formats = "BarcodeDetector" in window ? await BarcodeDetector.getSupportedFormats() : [];
  if (!formats.includes("qr_code")) return { pause: 600, read: readThere };
  const reader = new BarcodeDetector({ formats: ["qr_code"] });
  return { pause: 250, read: async () => (await reader.detect(video)).map((one) => one.rawValue) };
}

async function readThere() {
  const canvas = document.createElement("canvas");
  canvas.width = Math.min(WIDTH, video.videoWidth);
  canvas.height = Math.round(canvas.width * video.videoHeight / video.videoWidth);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  const body = new FormData();
  body.append("photo", await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.8); }), "photo.jpg");
  const answer = await fetch(photo.action, { method: "POST", headers: { Accept: "application/json" }, body });
  return (await answer.json()).codes;
}

function stop() {
  video.srcObject?.getTracks().forEach((track) => track.stop());
  video.srcObject = null;
  camera.hidden = true;
  scan.focus();
}

function read(text) {
  const code = text.split("/").pop().split("?")[0];
  const row = rows().find((each) => each.dataset.code === code);
  if (!row) return say("Ce code n’est pas dans la liste de cet événement.", "wait");
  const name = row.querySelector("[data-name]").textContent;
  if (row.dataset.came) return say(`${name} est déjà là.`, "good");
  row.querySelector("form").elements.known.value = "code";
  row.querySelector("button").click();
  say(`${name}\u00a0: c’est noté.`, "good");
}

async function look(eye) {
  if (!video.srcObject) return;
  try {
    const [said] = await eye.read();
    if (said && look.last !== said) read(look.last = said);
  } catch {
    if (eye.read === readThere) say("Sans réseau, cet appareil ne lit pas les codes\u00a0: cherchez le nom.", "wait");
  }
  setTimeout(() => look(eye), eye.pause);
}

scan.addEventListener("click", async () => {
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    return say("La caméra ne s’ouvre pas\u00a0: prenez une photo du code, ou cherchez le nom.", "wait");
  }
  camera.hidden = false;
  await video.play();
  look.last = "";
  look(await detector());
});
camera.querySelector("[data-stop]").addEventListener("click", stop);
scan.hidden = !navigator.mediaDevices;

// The names stay on the device no longer than they serve.
const forget = document.querySelector("[data-forget]");

async function wipe() {
  if (waiting().length) return say("Des gestes attendent encore le réseau\u00a0: la liste reste.", "wait");
  localStorage.removeItem(SEEN);
  await caches.delete(`pointage:${scope}`);
  const kept = await navigator.serviceWorker?.getRegistration(scope);
  await kept?.unregister();
  forget.hidden = true;
  say("La liste n’est plus sur cet appareil.", "good");
}

forget.addEventListener("click", wipe);
const isOver = Date.now() - new Date(list.dataset.until) > 2 * 24 * 3600 * 1000;

window.addEventListener("online", send);
document.addEventListener("visibilitychange", () => { if (!document.hidden) { send(); refresh().catch(() => {}); } });
setInterval(() => { if (!document.hidden) { send(); refresh().catch(() => {}); } }, 20000);

if (!navigator.onLine) show(JSON.parse(localStorage.getItem(SEEN) ?? "null") ?? rows().map(person));
waiting().filter((one) => one.session === session).forEach(apply);
count();
send();
if (isOver) wipe().catch(() => {});
else {
  refresh().catch(() => { const seen = localStorage.getItem(SEEN); if (seen) show(JSON.parse(seen)); });
  navigator.serviceWorker?.register(list.dataset.worker, { scope }).then(() => { forget.hidden = false; }).catch(() => {});
}
