// Results while typing, arrow keys and Enter. Without this script, Enter opens the full page.
const box = document.querySelector("[data-search]");
const list = document.getElementById("suggestions");
const status = list?.parentElement.querySelector("[data-count]");
const icons = { organisation: "Organisation", person: "Personne" };
let asked = 0;
let timer;

function option(hit, number) {
  const item = document.createElement("li");
  item.id = `suggestion-${number}`;
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  item.dataset.url = hit.url; // not a link: an option holds nothing one can act on
  const name = document.createElement("strong");
  name.textContent = hit.name;
  const detail = document.createElement("span");
  detail.textContent = [icons[hit.type], hit.detail].filter(Boolean).join(" · ");
  item.append(name, detail);
  return item;
}

function show(hits) {
  list.replaceChildren(...hits.map(option));
  list.hidden = hits.length === 0;
  box.setAttribute("aria-expanded", String(!list.hidden));
  box.removeAttribute("aria-activedescendant");
  status.textContent = hits.length ? `${hits.length} fiche${hits.length > 1 ? "s" : ""}` : "Aucune fiche";
}

async function ask() {
  const words = box.value.trim();
  const number = ++asked;
  if (!words) { show([]); return; }
  const address = `${box.dataset.search}?${new URLSearchParams({ q: words })}`;
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok || number !== asked) return;
  show((await answer.json()).results);
}

function choose(step) {
  const options = [...list.children];
  const now = options.findIndex((item) => item.getAttribute("aria-selected") === "true");
  const next = (now + step + options.length + (now < 0 && step < 0 ? 1 : 0)) % options.length;
  options.forEach((item, index) => item.setAttribute("aria-selected", String(index === next)));
  box.setAttribute("aria-activedescendant", options[next].id);
  options[next].scrollIntoView({ block: "nearest" });
}

function open(item, event) {
  if (event.ctrlKey || event.metaKey) window.open(item.dataset.url);
  else window.location.assign(item.dataset.url);
}

const hide = () => { list.hidden = true; box.setAttribute("aria-expanded", "false"); };

box?.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => ask().catch(() => {}), 60); });
box?.addEventListener("keydown", (event) => {
  if (list.hidden) return;
  if (event.key === "Escape") {
    event.preventDefault(); // the words stay: a second Escape empties the box
    hide();
    return;
  }
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    choose(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter") {
    const chosen = list.querySelector("[aria-selected=true]");
    if (!chosen) return;
    event.preventDefault();
    open(chosen, event);
  }
});
// Typed while this script was on its way.
if (box && box === document.activeElement && box.value !== box.defaultValue) ask().catch(() => {});
list?.addEventListener("click", (event) => {
  const item = event.target.closest("[data-url]");
  if (item) open(item, event);
});
document.addEventListener("click", (event) => { if (list && !event.target.closest(".search")) hide(); });

// On a telephone the facets wait behind their button.
const narrowing = document.querySelector("[data-narrowing]");
if (narrowing && window.matchMedia("(max-width: 48rem)").matches) narrowing.open = false;
