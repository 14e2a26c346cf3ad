// The desk without waiting: each form is posted as it would be, and the parts that changed are replaced.
// Without this script every gesture works all the same, one page at a time.
const desk = document.getElementById("atelier");
const frame = document.getElementById("cadre");
const announce = (words) => { document.getElementById("annonce").textContent = words; };
const titleOf = (element) => element.querySelector("[data-title]").textContent.trim();

// One gesture after the other, in the order they were made.
let turn = Promise.resolve();
const inTurn = (work) => { turn = turn.then(work, work); return turn; };

function bodyOf(form, extra = {}) {
  const body = new URLSearchParams(new FormData(form));
  Object.entries(extra).forEach(([name, value]) => value !== undefined && body.set(name, value));
  return body;
}

async function send(form, body) {
  const answer = await fetch(form.action, { method: "POST", body, keepalive: String(body).length < 50000 });
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

async function post(form, body) {
  const page = await send(form, body);
  // Not the desk: a refused rewording, an issue already decided. That page says it better.
  if (!page.getElementById("atelier")) return form.submit();
  const list = form.closest("ul, ol");
  const index = list ? [...list.children].indexOf(form.closest("li")) : 0;
  const box = list?.closest("details[id], section[id]")?.id;
  replace(page, form, ["rubriques"]);
  const place = document.getElementById(form.dataset.live) ?? desk.querySelector(`[data-item="${body.get("item")}"]`);
  if (form.dataset.live) place?.focus();
  else land(document.getElementById(box), index);
  announce(place ? where(place) : "Le contenu est retiré.");
}

// The texts, kept as soon as one goes on to something else; the button then has nothing left to do.
let kept = "";

async function keep(form, body) {
  if (String(body) !== kept) {
    const page = await send(form, body);
    const wrong = page.getElementById("erreurs");
    replace(page, form, wrong ? ["textes"] : []);
    if (wrong) return document.getElementById("erreurs").focus();
    kept = String(body);
  }
  announce("C’est enregistré.");
}

// What one was doing elsewhere on the page stays: texts being typed, drawers left open.
function replace(page, form, parts) {
  const open = [...desk.querySelectorAll("details[open]")].filter((drawer) => !drawer.contains(form)).map((drawer) => drawer.id);
  if (form.closest(".source")) open.push(form.closest("details").id);
  const typed = [...desk.querySelectorAll(".rewording[open] :is(input, textarea, select)")].filter((field) => field.form !== form);
  for (const id of parts) document.getElementById(id).replaceWith(page.getElementById(id));
  desk.querySelector(".source").replaceWith(page.querySelector(".source"));
  desk.querySelectorAll("details").forEach((drawer) => { drawer.open = open.includes(drawer.id); });
  for (const { id, value } of typed) {
    const field = document.getElementById(id);
    if (field && open.includes(field.closest("details").id)) field.value = value;
  }
  refresh();
}

function refresh() {
  const top = frame.contentWindow.scrollY;
  frame.addEventListener("load", () => frame.contentWindow.scrollTo(0, top), { once: true });
  frame.contentWindow.location.reload();
}

// After a row has gone, the next one takes its place under the hand.
function land(box, index) {
  const rows = box?.querySelectorAll("li") ?? [];
  const row = rows[Math.min(index, rows.length - 1)];
  (row?.querySelector("form button:last-of-type") ?? box ?? desk.querySelector(".source")).focus();
}

function where(place) {
  const list = [...place.parentElement.children];
  return `${titleOf(place)}\u00a0: place ${list.indexOf(place) + 1} sur ${list.length}, rubrique ${titleOf(place.closest("[data-section]"))}.`;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("#atelier [data-live]")) return;
  event.preventDefault();
  const button = event.submitter;
  const body = bodyOf(form, button?.name ? { [button.name]: button.value } : {});
  inTurn(() => (form.matches("[data-texts]") ? keep(form, body) : post(form, body)));
});

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (!form?.matches("[data-texts]") || !form.checkValidity()) return;
  const body = bodyOf(form);
  inTurn(() => keep(form, body));
});

document.addEventListener("keydown", (event) => {
  const place = event.target;
  if (!place.matches?.("[data-placement]") || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  move(place, { sens: event.key === "ArrowUp" ? "haut" : "bas" });
});

function move(place, where) {
  const form = place.querySelector(".tools form");
  const body = bodyOf(form, where);
  inTurn(() => post(form, body));
}

// Drag and drop: the place one lets go on takes what was held, and moves down.
let held = null;
const target = (event) => event.target.closest?.("[data-placement], [data-section]");
const clear = () => document.querySelectorAll(".drop-here").forEach((e) => e.classList.remove("drop-here"));

document.addEventListener("dragstart", (event) => {
  held = event.target.closest?.("[data-placement]");
  held?.classList.add("dragged");
});
document.addEventListener("dragover", (event) => {
  if (!held || !target(event)) return;
  event.preventDefault();
  clear();
  target(event).classList.add("drop-here");
});
document.addEventListener("drop", (event) => {
  const on = target(event);
  if (!held || !on) return;
  event.preventDefault();
  const section = on.closest("[data-section]");
  const others = [...section.querySelectorAll("[data-placement]")].filter((place) => place !== held);
  const index = on.dataset.placement ? others.indexOf(on) : others.length;
  if (on !== held) move(held, { section: section.dataset.section, index });
});
document.addEventListener("dragend", () => { held?.classList.remove("dragged"); held = null; clear(); });
// While its words are being changed, a row is not picked up by the mouse that selects them.
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.(".rewording")) event.target.closest("li").draggable = !event.target.open;
}, true);
