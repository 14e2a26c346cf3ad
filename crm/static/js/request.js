// The public form of requests. Without this script it works the same, with nothing kept on the way.
import { proveBeforeSending, suggestNames } from "./guard.js";

const form = document.querySelector("[data-request]");
const KEPT = "maillage-demande";
const WEEK = 7 * 24 * 3600 * 1000;

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

// What was typed before this script had come stays.
const isTouched = (one) => (one.type === "radio" ? one.checked !== one.defaultChecked : "defaultValue" in one && one.value !== one.defaultValue);

function putBack(values) {
  const touched = new Set(fields().filter(isTouched).map((one) => one.name));
  for (const one of fields()) {
    if (touched.has(one.name)) continue;
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

if (form) {
  keepWhileTyping();
  proveBeforeSending(form, (words) => { form.querySelector("[data-saved]").textContent = words; });
  suggestNames(form.elements.organisation_name, document.getElementById("organisations"));
}
if (document.querySelector("[data-sent]")) forget();
