// A delivery or an import that lasts: the bar and the counts move by themselves until it is over.
const bar = document.querySelector("[data-progress]");
const number = new Intl.NumberFormat("fr-FR");

async function look() {
  const answer = await fetch(bar.dataset.progress, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const state = await answer.json();
  bar.max = state.total || 1;
  bar.value = state.settled;
  document.querySelectorAll("[data-count]").forEach((cell) => {
    cell.textContent = number.format(state[cell.dataset.count] ?? 0);
  });
  const pace = document.querySelector("[data-pace]");
  if (pace) pace.textContent = state.pace;
  const begins = state.is_started && !("started" in bar.dataset);
  const changes = Boolean(state.is_paused) !== ("paused" in bar.dataset);
  if (state.is_over || begins || changes) window.location.reload();
}

if (bar) setInterval(() => look().catch(() => {}), 1000);
