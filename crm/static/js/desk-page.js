// The page of the desk: asking for it again, and replacing what changed without disturbing what is being done.
export const desk = () => document.getElementById("atelier");
export const announce = (words) => { document.getElementById("annonce").textContent = words; };
export const titleOf = (element) => element.querySelector("[data-title]").textContent.trim();

// One gesture after the other, in the order they were made.
let turn = Promise.resolve();
export const inTurn = (work) => { turn = turn.then(work, work); return turn; };

export function bodyOf(form, extra = {}) {
  const data = new FormData(form);
  Object.entries(extra).forEach(([name, value]) => value !== undefined && data.set(name, value));
  return form.enctype === "multipart/form-data" ? data : new URLSearchParams(data);
}

const parse = (text) => new DOMParser().parseFromString(text, "text/html");

export async function send(form, body) {
  const small = body instanceof URLSearchParams && String(body).length < 50000;
  const answer = await fetch(form.action, { method: "POST", body, keepalive: small });
  return parse(await answer.text());
}

export async function read(address) {
  const answer = await fetch(address);
  return parse(await answer.text());
}

// Children that are the same stay; those that differ are looked into when they are alike, else replaced.
export function patch(old, fresh) {
  const before = [...old.childNodes];
  const after = [...fresh.childNodes];
  if (before.length !== after.length) { old.replaceChildren(...after); return; }
  before.forEach((node, index) => {
    const other = after[index];
    if (node.isEqualNode(other)) return;
    if (isAlike(node, other)) patch(node, other);
    else node.replaceWith(other);
  });
}

const isAlike = (node, other) => node.nodeType === 1 && other.nodeType === 1 && node.cloneNode(false).isEqualNode(other.cloneNode(false));

// What one was doing elsewhere on the page stays: texts being typed, drawers left open, the field in hand.
export function replace(page, form) {
  const open = [...desk().querySelectorAll("details[open]")].filter((drawer) => !drawer.contains(form)).map((drawer) => drawer.id);
  if (form?.closest(".source")) open.push(form.closest("details")?.id);
  const typed = [...desk().querySelectorAll(".rewording[open] :is(input, textarea, select)")]
    .filter((field) => field.form !== form && field.type !== "file" && field.type !== "hidden")
    .map((field) => ({ id: field.id, value: field.value, checked: field.checked, changed: isChanged(field) }))
    .filter((field) => field.id && field.changed);
  const hand = document.activeElement?.id;
  const caret = [document.activeElement?.selectionStart, document.activeElement?.selectionEnd];
  for (const part of ["#rubriques", ".source"]) desk().querySelector(part).replaceWith(page.querySelector(part));
  desk().dataset.version = page.getElementById("atelier").dataset.version;
  catchTexts(page);
  desk().querySelectorAll("details").forEach((drawer) => { drawer.open = open.includes(drawer.id) || isNew(drawer, form); });
  for (const { id, value, checked } of typed) {
    const field = document.getElementById(id);
    if (field && open.includes(field.closest("details").id)) { field.value = value; if (checked !== undefined) field.checked = checked; }
  }
  giveBack(hand, caret);
}

const isNew = (drawer, form) => Boolean(form?.matches("[data-new]")) && drawer.matches(".rewording") && drawer.hasAttribute("open");
export const isChanged = (field) => (field.type === "checkbox" ? field.checked !== field.defaultChecked : field.matches("select") || field.value !== field.defaultValue);

// The texts above, when nobody is writing them here.
function catchTexts(page) {
  const form = document.querySelector("[data-texts]");
  const fresh = page.querySelector("[data-texts]");
  if (!form || !fresh || form.contains(document.activeElement)) return;
  const mine = [...form.elements].filter((field) => field.name && field.type !== "hidden");
  if (mine.some(isChanged)) return;
  for (const field of mine) { field.value = fresh.elements[field.name].value; field.defaultValue = field.value; }
  form.elements.vu.value = fresh.elements.vu.value;
}

function giveBack(hand, [start, end]) {
  const field = hand && document.getElementById(hand);
  if (!field || field === document.activeElement || !field.matches(".rewording *")) return;
  field.focus();
  if (start !== undefined && start !== null && field.setSelectionRange) field.setSelectionRange(start, end);
}
