// The team's forms of events: names of the directory suggested while one types.
const list = document.getElementById("organisations");
let timer;
let asked = 0;

async function suggest(box) {
  const number = ++asked;
  const answer = await fetch(`${list.dataset.names}?${new URLSearchParams({ q: box.value })}`, { headers: { Accept: "application/json" } });
  if (!answer.ok || number !== asked) return;
  const { results } = await answer.json();
  const names = results.filter((one) => one.type === "organisation").map((one) => one.name);
  list.replaceChildren(...names.map((name) => Object.assign(document.createElement("option"), { value: name })));
}

if (list) {
  for (const box of document.querySelectorAll("[list=organisations], [name=organisation_name]")) {
    box.setAttribute("list", list.id);
    box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => suggest(box).catch(() => {}), 150); });
  }
}
