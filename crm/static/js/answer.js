// A request's card: model answers put into the text, who else is here, and a draft that survives.
const answering = document.querySelector("[data-answer]");
const text = answering?.elements.text;
const models = document.querySelector("[data-models]");
const here = document.querySelector("[data-presence]");

models?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const address = models.dataset.models.replace(/0$/, models.elements.modele.value);
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const filled = (await answer.json()).text;
  text.value = text.value.trim() ? `${text.value.trimEnd()}\n\n${filled}` : filled;
  text.focus();
  text.dispatchEvent(new Event("input"));
});

// Whoever looks at the same card is shown, while this page is in front of somebody.
async function present() {
  if (document.hidden) return;
  const answer = await fetch(here.dataset.presence, { method: "POST", headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const names = await answer.json();
  const words = names.length ? `${names.join(", ")} ${names.length > 1 ? "regardent" : "regarde"} aussi cette demande.` : "";
  if (here.textContent.trim() !== words) here.textContent = words;
}

if (here) {
  present().catch(() => {});
  setInterval(() => present().catch(() => {}), 30000);
  document.addEventListener("visibilitychange", () => present().catch(() => {}));
}

// A page left by mistake keeps the answer that was being written, on this device and for today.
if (text) {
  const key = `maillage-reponse-${location.pathname}`;
  const kept = sessionStorage.getItem(key);
  if (kept && !text.value) text.value = kept;
  text.addEventListener("input", () => sessionStorage.setItem(key, text.value));
  answering.addEventListener("submit", () => sessionStorage.removeItem(key));
}
