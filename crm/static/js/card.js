// A card edited in place: the form of a section comes where the section was, and goes when it is saved.
// Without this script each section is edited on a page of its own.
const parse = (text) => new DOMParser().parseFromString(text, "text/html");
const announce = (words) => { const place = document.getElementById("annonce"); if (place) place.textContent = words; };

async function open(link) {
  const section = link.closest("section");
  const answer = await fetch(link.href);
  const form = parse(await answer.text()).querySelector("[data-section]");
  if (!form) { window.location = link.href; return; }
  section.kept = [...section.children].slice(1);
  section.kept.forEach((child) => child.remove());
  link.hidden = true;
  section.append(form);
  section.opened = typed(form);
  prepare(section);
  form.querySelector("input:not([type=hidden]), textarea, select")?.focus();
}

function close(section) {
  section.querySelector("[data-section]").remove();
  section.append(...section.kept);
  const link = section.querySelector("[data-edit]");
  link.hidden = false;
  link.focus();
}

const typed = (form) => new URLSearchParams(new FormData(form)).toString();

async function save(form) {
  const section = form.closest("section");
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  const page = parse(await answer.text());
  const again = page.querySelector("[data-section]");
  if (again) {
    form.replaceWith(again);
    prepare(section);
    (again.querySelector(".summary") ?? again).focus();
  } else if (page.querySelector("[data-card]")) show(page, section.id);
  else say(form, page.querySelector("h1")?.textContent);
}

// What went wrong, beside what was typed, which stays.
function say(form, what = "Le serveur ne répond pas") {
  const words = Object.assign(document.createElement("p"), { className: "summary", tabIndex: -1 });
  words.textContent = `${what.trim()}. Rien n’est enregistré\u00a0; ce que vous avez tapé est encore là.`;
  words.setAttribute("role", "alert");
  form.querySelector(":scope > .summary")?.remove();
  form.prepend(words);
  words.focus();
}

// The card as it is now: its name, its state, its facts and its journal. Other forms left open stay.
function show(page, id) {
  const fresh = page.getElementById(id);
  document.getElementById(id).replaceWith(fresh);
  for (const part of [".heading", ".card-state", ".entries", ".chips"]) {
    const [old, now] = [document, page].map((place) => place.querySelector(part));
    if (old && now) old.replaceWith(now);
  }
  document.title = page.title;
  fresh.querySelector("[data-edit]").focus();
  announce([...page.querySelectorAll(".notice")].map((notice) => notice.textContent.trim()).join(" "));
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const section = link.closest("[data-card] section");
  if (link.matches("[data-focus]")) {
    event.preventDefault();
    document.querySelector("#noter [value=call]")?.click();
    document.getElementById(link.dataset.focus)?.focus();
  } else if (section && link.matches("[data-edit]")) {
    event.preventDefault();
    open(link);
  } else if (section && link.matches("[data-cancel]")) {
    event.preventDefault();
    close(section);
  }
});

document.addEventListener("keydown", (event) => {
  const section = event.target.closest("[data-card] section");
  const form = section?.querySelector("[data-section]");
  if (event.key === "Escape" && form && typed(form) === section.opened) close(section);
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-card] [data-section]")) return;
  event.preventDefault();
  save(event.target).catch(() => say(event.target));
});

// A long list of boxes gets a field that narrows it.
function narrow(list) {
  const field = Object.assign(document.createElement("input"), { type: "search", className: "form-control narrowing" });
  field.placeholder = "Chercher dans la liste…";
  field.setAttribute("aria-label", `Chercher\u00a0: ${list.querySelector("legend").textContent}`);
  list.querySelector("legend").after(field);
  field.addEventListener("input", () => {
    const words = fold(field.value);
    list.querySelectorAll(".form-check").forEach((box) => { box.hidden = !fold(box.textContent).includes(words); });
  });
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
}
const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// Organisations suggested while typing.
function suggest(box) {
  const field = box.querySelector("input[type=text]");
  const list = Object.assign(document.createElement("datalist"), { id: `${field.id}-liste` });
  field.setAttribute("list", list.id);
  field.autocomplete = "off";
  box.append(list);
  let asked = "";
  field.addEventListener("input", async () => {
    asked = field.value;
    if (asked.length < 2) return;
    const answer = await fetch(`${box.dataset.pick}?q=${encodeURIComponent(asked)}`, { headers: { Accept: "application/json" } });
    if (!answer.ok || asked !== field.value) return;
    const { results } = await answer.json();
    list.replaceChildren(...results.filter((one) => one.type === "organisation").map((one) => {
      return Object.assign(document.createElement("option"), { value: one.name, label: one.detail });
    }));
  });
}

function prepare(place) {
  place.querySelectorAll(".long fieldset").forEach(narrow);
  place.querySelectorAll("[data-pick]").forEach(suggest);
}
prepare(document);
