// The meeting by the keyboard: a key presses the button that says it; the page is redrawn in place.
// Without this script every gesture works all the same, one page at a time.
const PARTS = ["demandes", "suite"];
const announce = (words) => { document.getElementById("annonce").textContent = words; };
const items = () => [...document.querySelectorAll("[data-request]")];

// One gesture after the other, in the order they were made.
let turn = Promise.resolve();
const inTurn = (work) => { turn = turn.then(work, work); return turn; };

async function post(form, body) {
  const answer = await fetch(form.action, { method: "POST", body });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!answer.ok || !page.getElementById("atelier")) return form.submit(); // that page says it better
  const open = [...document.querySelectorAll("[data-need][open]")].map((drawer) => drawer.id);
  const notes = new FormData(document.getElementById("notes"));
  PARTS.filter((id) => id !== "suite" || !form.matches("[data-texts]")).forEach((id) => document.getElementById(id).replaceWith(page.getElementById(id)));
  keepNotes(notes);
  open.forEach((id) => { const drawer = document.getElementById(id); if (drawer) drawer.open = true; });
}

// What is being typed in the notes stays as it is.
function keepNotes(typed) {
  const form = document.getElementById("notes");
  form.querySelectorAll("[name=present]").forEach((box) => { box.checked = typed.getAll("present").includes(box.value); });
  ["guests", "notes"].forEach((name) => { form.elements[name].value = typed.get(name); });
}

function land(id, field) {
  const item = document.getElementById(id);
  if (!item) return;
  (document.getElementById(field) ?? item).focus();
  const verdict = item.querySelector("[data-verdict]")?.textContent.replace(/\s+/g, " ").trim();
  announce(`${item.querySelector("h3").textContent.trim()}\u00a0: ${verdict ?? "rien n’est décidé"}.`);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  if (!form.matches("[data-live]") || button?.hasAttribute("formaction")) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, button));
  inTurn(async () => {
    await post(form, body);
    if (form.matches("[data-texts]")) announce("Les notes sont enregistrées.");
    else land(form.closest("[data-request]").id);
  });
});

// What is ticked or chosen needs no button.
document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (!form?.matches("[data-live]")) return;
  const item = form.closest("[data-request]");
  const field = event.target.id;
  const body = new URLSearchParams(new FormData(form));
  inTurn(async () => { await post(form, body); if (item) land(item.id, field); });
});

const SHORTCUTS = {
  ArrowDown: (item) => step(item, 1),
  ArrowUp: (item) => step(item, -1),
  p: (item) => item.querySelector(".refine :is(input:not([type=hidden]), select)")?.focus(),
  l: (item) => { const drawer = item.querySelector("[data-need]"); if (drawer) drawer.open = !drawer.open; },
};

function step(item, by) {
  const all = items();
  all[all.indexOf(item) + by]?.focus();
}

// Only while a request itself has the focus (WCAG 2.1.4); Escape comes back to it from what it holds.
document.addEventListener("keydown", (event) => {
  const item = event.target.closest?.("[data-request]");
  if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target !== item) {
    if (event.key === "Escape") item.focus();
    return;
  }
  const button = item.querySelector(`[aria-keyshortcuts="${CSS.escape(event.key.toUpperCase())}"]`);
  const act = SHORTCUTS[event.key] ?? SHORTCUTS[event.key.toLowerCase()];
  if (!button && !act) return;
  event.preventDefault();
  if (button) button.click();
  else act(item);
});

if (document.activeElement === document.body) items()[0]?.focus({ preventScroll: true });
