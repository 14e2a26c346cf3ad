// The letter as it is being written: asked for at each letter typed, one question at a time, the last one always;
// in the frame only what differs is replaced, so that nothing blinks and the reader stays where they were.
import { bodyOf, patch } from "./desk-page.js";

const screen = document.getElementById("ecran");
const frame = document.getElementById("cadre");
const DESKTOP = 640; // pixels: a letter of 600, and some room around it
let waiting = null;
let asking = false;
let loaded = null; // once the frame has its page: what is drawn before would be drawn in another

// Show the letter with what is typed in `form` and is not kept yet.
export function show(form) {
  const body = bodyOf(form);
  if (form.dataset.words) body.set("place", form.dataset.words);
  body.delete("picture");
  ask(body);
}

// Show the letter as it is kept.
export function refresh() {
  ask(new URLSearchParams());
}

function ask(body) {
  body.set("vue", screen.dataset.view);
  body.set("abonne", screen.dataset.reader);
  waiting = body;
  if (!asking) next();
}

async function next() {
  asking = true;
  await loaded;
  while (waiting) {
    const body = waiting;
    waiting = null;
    try {
      const answer = await fetch(screen.dataset.liveUrl, { method: "POST", body });
      if (answer.ok) draw(await answer.text(), body.get("vue"));
    } catch { /* the server does not answer: the next letter will ask again */ }
  }
  asking = false;
}

function draw(text, view) {
  const page = frame.contentDocument;
  if (!page?.body || view !== screen.dataset.view) return;
  if (view === "texte") { (page.querySelector("pre") ?? page.body).textContent = text; return; }
  // Read by the frame, whose policy allows the styles that mails write in their tags.
  const fresh = new frame.contentWindow.DOMParser().parseFromString(text, "text/html");
  patch(page.body, fresh.body);
}

// On a narrow column a computer's screen is shown smaller, as from further away.
function fit() {
  const ratio = ["ordinateur", "sombre", "gris"].includes(screen.dataset.view) ? Math.min(1, screen.clientWidth / DESKTOP) : 1;
  frame.style.transform = ratio < 1 ? `scale(${ratio})` : "";
  frame.style.width = ratio < 1 ? `${DESKTOP}px` : "";
  frame.style.height = ratio < 1 ? `${screen.clientHeight / ratio}px` : "";
}

function look(link) {
  screen.dataset.view = link.dataset.view;
  frame.className = `mail ${link.dataset.view}`;
  document.querySelectorAll("#vues a").forEach((one) => one.toggleAttribute("aria-current", false));
  link.setAttribute("aria-current", "true");
  document.querySelector(".as-someone [name=vue]").value = link.dataset.view;
  const address = new URL(frame.src);
  address.pathname = address.pathname.replace(/\.(html|txt)$/, link.dataset.view === "texte" ? ".txt" : ".html");
  address.searchParams.set("vue", link.dataset.view);
  load(address);
  fit();
}

function load(address) {
  loaded = new Promise((done) => { frame.addEventListener("load", done, { once: true }); });
  if (address) frame.src = address;
}

export function startPreview() {
  if (frame.contentDocument?.URL === "about:blank" || frame.contentDocument?.readyState !== "complete") load();
  new ResizeObserver(fit).observe(screen);
  fit();
  document.getElementById("vues").addEventListener("click", (event) => {
    const link = event.target.closest("[data-view]");
    if (!link) return;
    event.preventDefault();
    look(link);
  });
}
