// What public forms share: the proof of work, done while one types, and names suggested.
const PATIENCE = 6000; // milliseconds that a person may be kept waiting for the proof

export function proveBeforeSending(form, say) {
  let proof = null;
  const prove = () => {
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
  };
  form.addEventListener("input", prove, { once: true });
  form.addEventListener("submit", async (event) => {
    if (form.elements.altcha.value || form.dataset.waited) return;
    event.preventDefault();
    form.dataset.waited = "1";
    say("Envoi en cours…");
    await Promise.race([prove(), new Promise((done) => { setTimeout(done, PATIENCE); })]);
    form.requestSubmit();
  });
}

export function suggestNames(box, list) {
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
