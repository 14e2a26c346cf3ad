// The public form of requests. Without this script it works the same, with nothing kept on the way.
const form = document.querySelector("[data-request]");
const KEPT = "maillage-demande";
const WEEK = 7 * 24 * 3600 * 1000;
const PATIENCE = 6000; // milliseconds that a person may be kept waiting for the proof

// Some browsers give no storage to a frame: then nothing is kept, and nothing breaks.
const read = () => { try { return JSON.parse(localStorage.getItem(KEPT)); } catch { return null; } };
const write = (draft) => { try { localStorage.setItem(KEPT, JSON.stringify(draft)); return true; } catch { return false; } };
const forget = () => { try { localStorage.removeItem(KEPT); } catch { /* nothing was kept */ } };

const fields = () => [...form.elements].filter((one) => one.name && !["hidden", "file", "submit"].includes(one.type) && !["nickname", "consent"].includes(one.name));

function typed() {
  const values = {};
  for (const one of fields()) {
    if (one.type === "radio") { if (one.checked) values[one.name] = one.value; } else if (one.value) values[one.name] = one.value;
  }
  return values;
}

function putBack(values) {
  for (const one of fields()) {
    if (one.type === "radio") one.checked = values[one.name] === one.value;
    else if (values[one.name] !== undefined) one.value = values[one.name];
  }
}

function keepWhileTyping() {
  const draft = read();
  const isNew = !document.getElementById("erreurs");
  if (isNew && draft?.values && Date.now() - draft.at < WEEK && Object.keys(draft.values).length > 0) {
    putBack(draft.values);
    form.querySelector("[data-found]").hidden = false;
  }
  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (write({ at: Date.now(), values: typed() })) form.querySelector("[data-saved]").textContent = "Brouillon enregistré sur cet appareil.";
    }, 500);
  });
  form.querySelector("[data-forget]").addEventListener("click", () => {
    forget();
    form.reset();
    form.querySelector("[data-found]").hidden = true;
    form.querySelector("[data-saved]").textContent = "Brouillon effacé.";
    form.querySelector("[name=kind]").focus();
  });
}

// The proof of work: begun at the first letter typed, done long before the last one.
let proof = null;

function prove() {
  proof ??= new Promise((done) => {
    const give = (payload) => { form.elements.altcha.value = payload; done(); };
    fetch(form.dataset.challenge).then((answer) => answer.json()).then((challenge) => {
      const worker = new Worker(form.dataset.worker, { type: "module" });
      worker.addEventListener("message", ({ data }) => { give(data); worker.terminate(); });
      worker.addEventListener("error", done);
      worker.postMessage(challenge);
    }).catch(done);
  });
  return proof;
}

function proveBeforeSending() {
  form.addEventListener("input", prove, { once: true });
  form.addEventListener("submit", async (event) => {
    if (form.elements.altcha.value || form.dataset.waited) return;
    event.preventDefault();
    form.dataset.waited = "1";
    form.querySelector("[data-saved]").textContent = "Envoi en cours…";
    await Promise.race([prove(), new Promise((done) => { setTimeout(done, PATIENCE); })]);
    form.requestSubmit();
  });
}

function suggestOrganisations() {
  const box = form.elements.organisation_name;
  const list = document.getElementById("organisations");
  box.setAttribute("list", list.id);
  let asked = 0;
  let timer;
  async function ask() {
    const number = ++asked;
    const answer = await fetch(`${list.dataset.names}?${new URLSearchParams({ q: box.value })}`);
    if (!answer.ok || number !== asked) return;
    const names = await answer.json();
    list.replaceChildren(...names.map((name) => Object.assign(document.createElement("option"), { value: name })));
  }
  box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => ask().catch(() => {}), 150); });
}

if (form) { keepWhileTyping(); proveBeforeSending(); suggestOrganisations(); }
if (document.querySelector("[data-sent]")) forget();
