// The desk without waiting: each form is posted as it would be, and the part that changed is replaced.
// Without this script every gesture works all the same, one page at a time.
const announce = (words) => { document.getElementById("annonce").textContent = words; };

async function post(form, extra = {}) {
  const body = new URLSearchParams(new FormData(form));
  Object.entries(extra).forEach(([name, value]) => value !== undefined && body.set(name, value));
  const answer = await fetch(form.action, { method: "POST", body });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("atelier");
  if (!fresh) { window.location.reload(); return; }
  show(fresh, form.dataset.keep);
}

function show(fresh, keep) {
  const frame = document.getElementById("cadre");
  for (const part of [".source", ".work"]) {
    document.querySelector(`#atelier ${part}`).replaceWith(fresh.querySelector(part));
  }
  frame.src = frame.src;
  const place = keep && document.getElementById(keep);
  if (place) { place.focus(); announce(where(place)); }
  else announce("C’est enregistré.");
}

function where(place) {
  const list = [...place.parentElement.children];
  const section = place.closest("[data-section]").querySelector("h3").firstChild.textContent.trim();
  return `${place.querySelector("strong").textContent} : place ${list.indexOf(place) + 1} sur ${list.length}, rubrique ${section}.`;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("#atelier [data-live]")) return;
  event.preventDefault();
  const button = event.submitter;
  post(form, button?.name ? { [button.name]: button.value } : {});
});

document.addEventListener("keydown", (event) => {
  const place = event.target.closest?.("[data-placement]");
  if (!place || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  post(place.querySelector("[data-keep]"), { sens: event.key === "ArrowUp" ? "haut" : "bas" });
});

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
  if (on !== held) post(held.querySelector("[data-keep]"), { section: section.dataset.section, index });
});
document.addEventListener("dragend", () => { held?.classList.remove("dragged"); held = null; clear(); });
