"""The preview of the desk for 40 items: what one letter typed costs, from the request to the mail.

In a browser, add what it takes to read 60 KB of HTML and to replace what differs.
"""

import statistics
import time
from datetime import timedelta

from benchmarks._servers import application, databases
from crm.accounts.sessions import Browser, sign_in_session
from crm.db import db, now
from crm.filters import today
from crm.identity import Identity
from crm.newsletter.compose import compose
from crm.newsletter.content import Content
from crm.newsletter.issues import Issue, Publication
from crm.newsletter.items import Item, Kind
from crm.newsletter.render import render
from crm.users import User, UserRole

LETTERS = 120  # typed
ITEMS = 40
KINDS = (Kind.NEWS, Kind.FUNDING, Kind.JOB, Kind.RESOURCE)


def run() -> None:
    """Print the median and the 95th percentile, beside drawing the same letter in one process."""
    print(f"Aperçu à chaque lettre tapée, {ITEMS} contenus ({LETTERS} lettres)")
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


def _draft() -> Issue:
    user = User(email="awa@example.org", name="Awa", role=UserRole.COMMUNICATION)
    user.set_password("un mot de passe de mesure")
    db.session.add(user)
    for number in range(ITEMS):
        kind = KINDS[number % len(KINDS)]
        db.session.add(_item(kind, number))
    issue = compose(Publication.named("resaclic"), today())
    section = issue.sections[3]
    placed = {placement.item_id for placement in issue.placements}
    for item in db.session.query(Item).filter(Item.id.not_in(placed)):
        section.placements.append(_place(item, len(section.placements) + 1))
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


def _place(item: Item, position: int):  # type: ignore[no-untyped-def]
    from crm.newsletter.placements import Placement

    return Placement(item=item, position=position)


def _typed(app, issue_id: int):  # type: ignore[no-untyped-def]
    """Milliseconds for each letter added to the editorial."""
    client = app.test_client()
    user = db.session.query(User).filter_by(email="awa@example.org").one()
    _, key = sign_in_session(user, Browser())
    db.session.commit()
    with client.session_transaction() as session:
        session["key"] = key
    url = f"/gestion/lettres/numeros/{issue_id}/apercu.html"
    texts = {"subject": "Objet", "preheader": "", "planned_on": today().isoformat()}
    for count in range(LETTERS + 5):
        start = time.perf_counter()
        answer = client.post(url, data=texts | {"editorial": "a" * (count + 1)})
        spent = (time.perf_counter() - start) * 1000
        assert answer.status_code == 200, answer.status
        if count >= 5:
            yield spent


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
