// The form of propositions. Without this script it works the same.
import { proveBeforeSending } from "./guard.js";

const form = document.querySelector("[data-proposition]");
if (form) proveBeforeSending(form, (words) => { form.querySelector("[data-said]").textContent = words; });
