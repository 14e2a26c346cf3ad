// Texts are kept by themselves, a moment after the last letter: the button then has nothing left to do.
import { announce, bodyOf, desk, inTurn, isChanged, patch, send } from "./desk-page.js";
import { refresh, show } from "./desk-preview.js";

const CALM = 700; // milliseconds without typing
const timers = new WeakMap();
const kept = new WeakMap();
const isWords = (form) => form?.matches?.("#atelier :is([data-texts], [data-words])");

// `aloud`: asked for with the button, so that the answer is said and what is wrong takes the focus.
export function keepNow(form, aloud = false) {
  clearTimeout(timers.get(form));
  return inTurn(() => keep(form, aloud));
}

async function keep(form, aloud) {
  if (!form.isConnected) return;
  const body = bodyOf(form);
  const said = wordsIn(body);
  if (said !== null && kept.get(form) === said) { if (aloud) done(form, aloud); return; }
  status(form, "Enregistrement…");
  const page = await send(form, body);
  const wrong = page.getElementById("erreurs");
  form.parentElement.querySelector(":scope > .summary")?.remove();
  if (wrong) { refuse(form, page, wrong, aloud); return; }
  if (!page.getElementById("atelier")) { window.location = desk().dataset.page; return; }
  adopt(form, page, body);
  // What was typed meanwhile is not kept yet: its turn comes.
  kept.set(form, said);
  if (said === null) refresh(); // a picture came
  if (aloud || said === null || wordsIn(bodyOf(form)) === said) done(form, aloud);
}

// What is said in a form, whatever it had seen before; null when a file may be in it.
function wordsIn(body) {
  if (!(body instanceof URLSearchParams)) return null;
  const words = new URLSearchParams(body);
  words.delete("vu");
  return String(words);
}

// The page that comes back says what this text is now, and what may be undone.
function adopt(form, page, sent) {
  desk().dataset.version = page.getElementById("atelier").dataset.version;
  const id = form.dataset.words;
  const fresh = page.querySelector(id ? `[data-words="${id}"]` : "[data-texts]");
  if (fresh) {
    form.elements.vu.value = fresh.elements.vu.value;
    for (const field of form.elements) if (field.type === "checkbox") field.defaultChecked = sent.has(field.name);
    else if ("defaultValue" in field && field.name && field.type !== "file" && field.type !== "hidden") field.defaultValue = sent.get(field.name) ?? "";
    const file = form.querySelector("[type=file]");
    if (file) file.value = "";
    const picture = fresh.querySelector(".kept-picture");
    if (picture) { form.querySelector(".kept-picture")?.remove(); form.querySelector(".actions").before(picture); }
  }
  patch(document.getElementById("gestes"), page.getElementById("gestes"));
  if (id) row(document.getElementById(`place-${id}`), page.getElementById(`place-${id}`));
}

// The row keeps its drawer, where one is writing; the rest of what it says is replaced.
function row(place, fresh) {
  if (!place || !fresh) return;
  const drawer = place.querySelector(".rewording");
  const words = fresh.querySelector(".what");
  words.querySelector(".rewording").remove();
  [...place.querySelector(".what").children].forEach((child) => { if (child !== drawer) child.remove(); });
  drawer.before(...words.children);
  place.querySelector(".tools").replaceWith(fresh.querySelector(".tools"));
}

// Somebody else wrote there meanwhile, or a field is wrong: it is said beside what was typed, which stays.
function refuse(form, page, wrong, aloud) {
  const vu = page.querySelector(form.dataset.words ? `[data-words="${form.dataset.words}"]` : "[data-texts]")?.elements.vu;
  if (wrong.matches("[data-clash]") && vu) form.elements.vu.value = vu.value;
  if (wrong.matches("[data-clash]") || aloud) {
    wrong.removeAttribute("autofocus");
    form.before(wrong);
    if (aloud) wrong.focus();
  }
  status(form, "Pas encore enregistré.");
  announce(wrong.querySelector("strong").textContent.trim());
}

function done(form, aloud) {
  status(form, "Enregistré.");
  if (!aloud) return;
  announce("C’est enregistré.");
  const drawer = form.closest(".rewording");
  if (!drawer) return;
  drawer.open = false;
  drawer.closest("li").focus();
}

const isTyped = (field) => field.matches("input:not([type=hidden], [type=file]), textarea");
const status = (form, words) => { form.querySelector("[data-saved]").textContent = words; };

function keepSoon(form) {
  show(form);
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => keepNow(form), CALM));
}

export function startWords() {
  document.addEventListener("input", (event) => {
    if (isWords(event.target.form) && event.target.type !== "file") keepSoon(event.target.form);
  });
  document.addEventListener("change", (event) => {
    if (isWords(event.target.form)) keepNow(event.target.form);
  });
  // What was typed while the scripts were on their way.
  for (const form of [...document.forms].filter(isWords)) if ([...form.elements].some((field) => isTyped(field) && isChanged(field))) keepSoon(form);
  // « Garder la sienne »: the page as it is now.
  document.addEventListener("click", (event) => {
    if (event.target.matches?.("#atelier [data-theirs]")) { event.preventDefault(); window.location.reload(); }
  });
}
