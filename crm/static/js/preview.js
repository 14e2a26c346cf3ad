// A text in Markdown, shown as it will be read while one types.
const box = document.querySelector("[data-preview]");
const field = document.getElementById(box.dataset.of);
const shown = box.querySelector("[role=group]");
const read = box.querySelector("[data-read]");
let timer;
let asked = 0;

async function show() {
  const number = ++asked;
  const answer = await fetch(box.dataset.preview, { method: "POST", body: new URLSearchParams({ text: field.value }) });
  if (!answer.ok || answer.redirected || number !== asked) return;
  // Cleaned by the site, as on the page itself; read apart, where no script runs.
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  read.replaceChildren(...page.body.childNodes);
  shown.hidden = !field.value.trim();
}

box.querySelector("button").hidden = true;
field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => show().catch(() => {}), 250); });
shown.hidden = !field.value.trim();
