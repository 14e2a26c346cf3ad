// A short answer is kept on the device first, then sent; sent twice, it is counted once (its key).
const form = document.querySelector("[data-log]");
const PREFIX = "reponse:";
const state = document.querySelector("[data-state]");
const left = document.querySelector("[data-left]");

const names = () => Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
const waiting = () => names().map((name) => JSON.parse(localStorage.getItem(name))).filter((one) => one.user === form.dataset.user);

function say(words, kind = "") {
  state.textContent = words;
  state.dataset.kind = kind;
}

function count() {
  const number = waiting().length;
  left.hidden = number === 0;
  left.textContent = number > 1 ? `${number}\u00a0réponses attendent le réseau sur cet appareil.` : "1\u00a0réponse attend le réseau sur cet appareil.";
  return number;
}

// Only one sending at a time here; two tabs may send the same, which is kept once.
let busy = false;

async function send() {
  const list = waiting().slice(0, 100);
  if (busy || !list.length) return;
  busy = true;
  try {
    const answer = await fetch(form.action, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(list) });
    if (answer.status === 401 || answer.status === 403) return say("Gardée sur cet appareil. Reconnectez-vous pour l’envoyer.", "wait");
    if (!answer.ok) return say("Gardée sur cet appareil\u00a0: le site ne la prend pas encore.", "wait");
    const { kept } = await answer.json();
    kept.forEach((key) => localStorage.removeItem(PREFIX + key));
    say(kept.length > 1 ? `${kept.length}\u00a0réponses notées.` : "C’est noté.", "good");
  } catch {
    say("Gardée sur cet appareil, elle partira avec le réseau.", "wait");
  } finally {
    busy = false;
    count();
  }
  if (waiting().length > 0 && navigator.onLine && state.dataset.kind === "good") send();
}

function keep() {
  const said = Object.fromEntries(new FormData(form));
  const key = crypto.randomUUID();
  localStorage.setItem(PREFIX + key, JSON.stringify({ ...said, key, at: new Date().toISOString(), user: form.dataset.user }));
  localStorage.setItem("reponses-moyen", said.channel);
}

// The next caller comes by the same way, to the same stand; the rest is new.
function clear() {
  const { channel, place } = form.elements;
  const [way, where] = [channel.value, place.value];
  form.reset();
  channel.value = way;
  place.value = where;
  choices.replaceChildren();
  form.elements.contact.value = "";
  form.querySelector("[name=theme]")?.focus();
}

form.addEventListener("submit", (event) => {
  try {
    keep();
  } catch {
    return; // nothing can be kept here: it is posted as a form
  }
  event.preventDefault();
  clear();
  count();
  send();
});

// A contact, found while typing when there is a network; a name alone stays in the note otherwise.
const box = document.getElementById("contact-nom");
const choices = document.getElementById("contact-choix");
let timer;

async function look() {
  const words = box.value.trim();
  form.elements.contact.value = words;
  if (words.length < 2) return choices.replaceChildren();
  const answer = await fetch(`${box.dataset.search}?${new URLSearchParams({ q: words })}`, { headers: { Accept: "application/json" } });
  const { results } = await answer.json();
  choices.replaceChildren(...results.slice(0, 6).map(choice));
}

function choice(hit) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-outline-secondary";
  button.textContent = [hit.name, hit.detail].filter(Boolean).join(" · ");
  button.addEventListener("click", () => {
    box.value = hit.name;
    form.elements.contact.value = `${hit.type}-${hit.id}`;
    choices.replaceChildren();
    say(`Liée à ${hit.name}.`);
    box.focus();
  });
  item.append(button);
  return item;
}

box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => look().catch(() => choices.replaceChildren()), 150); });

window.addEventListener("online", send);
document.addEventListener("visibilitychange", () => { if (!document.hidden) send(); });
setInterval(send, 30000);

const usual = localStorage.getItem("reponses-moyen");
if (usual) form.elements.channel.value = usual;
count();
send();
navigator.serviceWorker?.register(form.dataset.worker, { scope: form.dataset.scope }).catch(() => {});
