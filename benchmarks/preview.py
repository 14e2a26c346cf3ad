"""The preview of the desk for 40 items: from a letter typed to the new letter on the screen.

Measured twice: the request alone, in one process; then all of it, a real server and a real browser,
while what is typed is kept as usual.
"""

import logging
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks._pages import signed_in
from benchmarks._servers import application, databases
from crm.db import db, now
from crm.filters import today
from crm.identity import Identity
from crm.newsletter.compose import compose
from crm.newsletter.content import Content
from crm.newsletter.issues import Issue, Publication
from crm.newsletter.items import Item, Kind
from crm.newsletter.placements import Placement
from crm.newsletter.render import render
from crm.users import User, UserRole

from live import installation  # isort: skip
from tabs import chromium  # isort: skip

EMAIL, PASSWORD = "awa@example.org", "un mot de passe de mesure"
LETTERS = 120  # typed
ITEMS = 40
KINDS = (Kind.NEWS, Kind.FUNDING, Kind.JOB, Kind.RESOURCE)


def run() -> None:
    """Print the median and the 95th percentile, beside drawing the same letter in one process."""
    print(f"Aperçu à chaque lettre tapée, {ITEMS} contenus ({LETTERS} lettres)")
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    with databases() as urls:
        for name, url in urls.items():
            with application(url) as app:
                issue = _draft()
                asked = sorted(_typed(app, issue.id))
                drawn = sorted(_drawn(db.session.get_one(Issue, issue.id)))
                print(
                    f"  {name:<10} {statistics.median(asked):6.1f} ms, p95 {_p95(asked):6.1f} ms, "
                    f"de la requête à la réponse ; dessiner la même lettre : "
                    f"{statistics.median(drawn):.1f} ms"
                )
                issue_id = issue.id
            seen = sorted(_seen(url, issue_id))
            print(
                f"  {'':<10} {statistics.median(seen):6.1f} ms, p95 {_p95(seen):6.1f} ms, "
                "de la touche à l’aperçu dans Chromium"
            )


def _draft() -> Issue:
    user = User(email=EMAIL, name="Awa", role=UserRole.COMMUNICATION)
    user.set_password(PASSWORD)
    db.session.add(user)
    for number in range(ITEMS):
        kind = KINDS[number % len(KINDS)]
        db.session.add(_item(kind, number))
    issue = compose(Publication.named("resaclic"), today())
    section = issue.sections[3]
    placed = {placement.item_id for placement in issue.placements}
    for item in db.session.query(Item).filter(Item.id.not_in(placed)):
        section.placements.append(Placement(item=item, position=len(section.placements) + 1))
    db.session.commit()
    return issue


def _item(kind: Kind, number: int) -> Item:
    address = f"https://site.example.org/{number}"
    return Item(
        kind=kind, title=f"Un titre de longueur ordinaire {number}", url=address,
        summary="Deux lignes de texte. " * 8, canonical_url=address[8:], kept=[], tags=[],
        organisation="Association des Deux Rives", published_at=now(),
        ends_on=today() + timedelta(days=40),
    )  # fmt: skip


def _typed(app, issue_id: int):  # type: ignore[no-untyped-def]
    """Milliseconds for each letter added to the editorial."""
    client = signed_in(app, db.session.query(User).filter_by(email=EMAIL).one())
    url = f"/gestion/lettres/numeros/{issue_id}/apercu.html"
    texts = {"subject": "Objet", "preheader": "", "planned_on": today().isoformat()}
    for count in range(LETTERS + 5):
        start = time.perf_counter()
        answer = client.post(url, data=texts | {"editorial": "a" * (count + 1)})
        spent = (time.perf_counter() - start) * 1000
        assert answer.status_code == 200, answer.status
        if count >= 5:
            yield spent


# One letter after the other, as a person types, with a breath every twenty, when all is kept;
# each is looked for in the frame of the preview.
_TYPE = """async (count) => {
  const field = document.querySelector("[name=editorial]");
  const times = [];
  for (let n = 0; n < count; n += 1) {
    const page = document.getElementById("cadre").contentDocument;
    const words = `mot${n}fin`;
    const start = performance.now();
    field.value = words;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((shown) => {
      const watch = new MutationObserver(() => look());
      const look = () => {
        if (page.body.textContent.includes(words)) { watch.disconnect(); shown(); }
      };
      watch.observe(page.body, { subtree: true, childList: true, characterData: true });
      look();
    });
    await new Promise(requestAnimationFrame);
    times.push(performance.now() - start);
    await new Promise((go) => { setTimeout(go, n % 20 === 19 ? 800 : 90); });
  }
  return times;
}"""


def _seen(url: str, issue_id: int) -> list[float]:
    """Milliseconds from each letter typed until the preview says it and is painted."""
    with (
        tempfile.TemporaryDirectory(prefix="maillage-bench-") as folder,
        installation("sqlite", Path(folder), CRM_DATABASE_URL=url) as site,
        sync_playwright() as playwright,
    ):
        browser = chromium(playwright.chromium)
        page = browser.new_page(base_url=site.url, viewport={"width": 1280, "height": 900})
        _sign_in(page)
        page.goto(f"/gestion/lettres/numeros/{issue_id}")
        page.frame_locator("#cadre").locator("h1").wait_for()
        times: list[float] = page.evaluate(_TYPE, LETTERS)[5:]
        browser.close()
        return times


def _sign_in(page: Page) -> None:
    page.goto("/connexion")
    page.get_by_label("Courriel").fill(EMAIL)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    with page.expect_navigation():
        page.get_by_role("button", name="Se connecter").click()


def _drawn(issue: Issue):  # type: ignore[no-untyped-def]
    content = Content.draw(issue)
    for _ in range(20):
        start = time.perf_counter()
        render(content, Identity.current(), "https://lettres.example.org")
        yield (time.perf_counter() - start) * 1000


def _p95(times: list[float]) -> float:
    return times[int(len(times) * 0.95)]


if __name__ == "__main__":
    run()
