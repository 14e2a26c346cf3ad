// The desk without waiting: each form is posted as it would be, and the parts that changed are replaced.
// Without this script every gesture works all the same, one page at a time.
import { announce, bodyOf, desk, inTurn, read, replace, send, titleOf } from "./desk-page.js";
import { keepNow, startWords } from "./desk-words.js";
import { startPreview, refresh } from "./desk-preview.js";

async function post(form, body) {
  const page = await send(form, body);
  // Not the desk: a refused rewording, an issue already decided. That page says it better.
  if (!page.getElementById("atelier")) { window.location = form.dataset.after ?? desk().dataset.page; return; }
  const list = form.closest("ul, ol");
  const index = list ? [...list.children].indexOf(form.closest("li")) : 0;
  const box = list?.closest("details[id], section[id], #trouves")?.id;
  replace(page, form);
  refresh();
  const place = document.getElementById(form.dataset.live) ?? newPlace(form, body);
  if (form.matches("[data-undo], [data-redo]")) focusAgain(form);
  else if (form.matches("[data-new]")) write(place);
  else if (form.dataset.live) place?.focus();
  else land(document.getElementById(box), index);
  announce(said(page) || (place ? where(place) : "Le contenu est retiré."));
}

// What was just taken, or the block just added: the last one that was not there.
function newPlace(form, body) {
  const taken = body.get("item") && document.querySelector(`[data-placement][data-item="${Number(body.get("item"))}"]`);
  if (taken) return taken;
  if (!form.matches("[data-new]")) return null;
  return [...document.querySelectorAll(`#rubrique-${Number(body.get("section"))} [data-placement]`)].pop();
}

const said = (page) => page.querySelector(".notice")?.textContent.trim();

function focusAgain(form) {
  const name = form.matches("[data-undo]") ? "[data-undo]" : "[data-redo]";
  const button = document.querySelector(`${name} button:not(:disabled), #gestes button:not(:disabled)`);
  (button ?? document.getElementById("gestes")).focus();
}

function write(place) {
  const field = place?.querySelector(".rewording :is(input:not([type=hidden]), textarea)");
  (field ?? place)?.focus();
}

// After a row has gone, the next one takes its place under the hand.
function land(box, index) {
  const rows = box?.querySelectorAll("li") ?? [];
  const row = rows[Math.min(index, rows.length - 1)];
  (row?.querySelector("form button") ?? box ?? document.querySelector(".source")).focus();
}

function where(place) {
  const section = place.closest("[data-section]");
  if (!place.dataset.placement) return `Rubrique ${titleOf(section)}.`;
  const list = [...place.parentElement.children];
  return `${titleOf(place)}\u00a0: place ${list.indexOf(place) + 1} sur ${list.length}, rubrique ${titleOf(section)}.`;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("#atelier [data-live]")) return;
  event.preventDefault();
  const button = event.submitter;
  if (form.matches("[data-texts], [data-words]")) { keepNow(form, true); return; }
  const body = bodyOf(form, button?.name ? { [button.name]: button.value } : {});
  inTurn(() => post(form, body));
});

document.addEventListener("keydown", (event) => {
  const place = event.target;
  if (place.matches?.("[data-placement]") && event.altKey && ["ArrowUp", "ArrowDown"].includes(event.key)) {
    event.preventDefault();
    move(place, { sens: event.key === "ArrowUp" ? "haut" : "bas" });
    return;
  }
  // In a text, the browser undoes what is typed there.
  if (!(event.ctrlKey || event.metaKey) || event.altKey || place.matches?.("input, textarea, select")) return;
  const key = event.key.toLowerCase();
  const form = document.querySelector(key === "y" || (key === "z" && event.shiftKey) ? "[data-redo]" : "[data-undo]");
  if (!["y", "z"].includes(key) || !form || form.querySelector(":disabled")) return;
  event.preventDefault();
  form.requestSubmit();
});

function move(place, to) {
  const form = place.querySelector(".tools form");
  const body = bodyOf(form, to);
  inTurn(() => post(form, body));
}

// Drag and drop: the place one lets go on takes what was held, and moves down.
let held = null;
const target = (event) => event.target.closest?.("[data-placement], [data-section]");
const clear = () => document.querySelectorAll(".drop-here").forEach((e) => e.classList.remove("drop-here"));

document.addEventListener("dragstart", (event) => {
  held = event.target.closest?.("[data-placement], [data-shelf]");
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
  const section = on.closest("[data-section]").dataset.section;
  const others = [...on.closest("[data-section]").querySelectorAll("[data-placement]")].filter((place) => place !== held);
  const index = on.dataset.placement ? others.indexOf(on) : others.length;
  if (on === held) return;
  if (held.dataset.placement) move(held, { section, index });
  else take(held.querySelector("form"), { section, index });
});
document.addEventListener("dragend", () => { held?.classList.remove("dragged"); held = null; clear(); });

function take(form, to) {
  const body = bodyOf(form, to);
  inTurn(() => post(form, body));
}

// While its words are being changed, a row is not picked up by the mouse that selects them.
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.(".rewording")) event.target.closest("li").draggable = !event.target.open;
}, true);
// One menu at a time; Escape and a click elsewhere close it.
const closeMenus = (but) => document.querySelectorAll(".menu[open]").forEach((menu) => { if (menu !== but) menu.open = false; });
document.addEventListener("click", (event) => closeMenus(event.target.closest?.(".menu")));
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector(".menu[open]");
  if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
});

// Who else is here; and what they did, shown as soon as nobody's hand is in the way.
const presence = document.getElementById("presence");
async function look() {
  if (document.hidden) return;
  const answer = await fetch(presence.dataset.presence, { method: "POST" });
  if (!answer.ok) return;
  const { others, version, is_draft: isDraft } = await answer.json();
  const verb = others.length > 1 ? "sont" : "est";
  const words = others.length ? `${others.join(", ")} ${verb} aussi sur ce numéro` : "";
  if (presence.textContent.trim() !== words) presence.textContent = words;
  if (!isDraft) window.location.reload();
  else inTurn(() => catchUp(version));
}

// Asked in turn: what was going to change here may be our own gesture, on its way when we asked.
async function catchUp(version) {
  if (version <= Number(desk().dataset.version)) return;
  const page = await read(desk().dataset.page);
  if (!page.getElementById("atelier")) return;
  replace(page, null);
  refresh();
  announce("Quelqu’un d’autre a changé ce numéro\u00a0: la page est à jour.");
}

const glance = () => { look().catch(() => {}); };
glance();
setInterval(glance, 10000);
document.addEventListener("visibilitychange", glance); // coming back to this tab
startPreview();
startWords();
