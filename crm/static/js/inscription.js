// The form of an event. Without this script it works the same.
import { proveBeforeSending, suggestNames } from "./guard.js";

const form = document.querySelector("[data-inscription]");
if (form) {
  proveBeforeSending(form, (words) => { form.querySelector("[data-said]").textContent = words; });
  suggestNames(form.elements.organisation_name, document.getElementById("organisations"));
}
