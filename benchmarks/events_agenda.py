"""The public programme with 20,000 events over twenty years, beside an empty one.

The calendar to subscribe to is kept once written; how long that takes is told last.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from datetime import time as hour
from typing import Any

import sqlalchemy as sa

from benchmarks._pages import seconds, settle, show
from benchmarks._servers import application, databases
from crm.contacts.terms import Term, Vocabulary
from crm.db import db, now
from crm.events import feed
from crm.events.events import Event, event_themes
from crm.events.kinds import EventKind
from crm.events.sessions import Session
from crm.filters import PARIS, today

COUNT = 20_000
AN_HOUR = 24 * 365 * 20 / COUNT  # hours between two events: a thousand a year
_DEPARTMENTS = ("01", "03", "07", "15", "26", "38", "42", "43", "63", "69", "73", "74")


def run() -> None:
    """Print the times of each page, on each database."""
    for kind, url in _urls():
        with application(url) as app:
            client = app.test_client()
            show(client, f"Agenda vide, {kind}", {"liste": "/agenda", "calendrier": "/agenda.ics"})
            _fill()
            show(client, f"Agenda de {COUNT:,} événements, {kind}".replace(",", "\u00a0"), _pages())
            feed.forget()
            print(f"  {'calendrier refait':<20}{seconds(client, '/agenda.ics') * 1000:>8.1f} ms")


def _urls() -> Iterator[tuple[str, str]]:
    with databases() as urls:
        yield from urls.items()


def _pages() -> dict[str, str]:
    slug = f"evenement-{COUNT // 2 + 5}"
    return {
        "liste": "/agenda", "page 20": "/agenda?page=20", "passés": "/agenda?passes=1",
        "mois": f"/agenda?mois={today():%Y-%m}", "thème": "/agenda?theme=financement",
        "département": "/agenda?departement=69", "en ligne": "/agenda?lieu=en-ligne",
        "un événement": f"/agenda/{slug}", "son calendrier": f"/agenda/{slug}.ics",
        "calendrier": "/agenda.ics", "calendrier du 69": "/agenda.ics?departement=69",
        "flux": "/agenda/flux.xml", "widget": "/agenda/widget?cadre=1",
    }  # fmt: skip


def _fill() -> None:
    theme = Term.find(Vocabulary.THEME, "financement")
    assert theme is not None
    for first in range(0, COUNT, 2000):
        numbers = range(first, min(first + 2000, COUNT))
        db.session.execute(sa.insert(Event), [_event(number) for number in numbers])
        db.session.execute(sa.insert(Session), [_session(number) for number in numbers])
        db.session.execute(sa.insert(event_themes), [
            {"event_id": number + 1, "term_id": theme.id} for number in numbers if number % 7 == 0
        ])  # fmt: skip
    db.session.commit()
    settle()


def _day(number: int) -> date:
    """Ten years behind, ten ahead."""
    return today() + timedelta(hours=round((number - COUNT // 2) * AN_HOUR))


def _moment(number: int, at: int) -> datetime:
    return datetime.combine(_day(number), hour(at), PARIS)


def _event(number: int) -> dict[str, Any]:
    return {
        "id": number + 1, "slug": f"evenement-{number}", "uid": f"{number}@example.org",
        "title": f"Rencontre numéro {number} des acteurs de l’eau et des sols",
        "text": "Une journée pour partager ce qui marche, et ce qui coince. " * 12,
        "kind": list(EventKind)[number % 9], "is_online": number % 3 == 0, "capacity": 40,
        "department": _DEPARTMENTS[number % 12], "commune": f"Commune {number % 200}",
        "first_day": _day(number), "last_day": _day(number), "ends_at": _moment(number, 17),
        "published_at": now(), "updated_at": now(),
    }  # fmt: skip


def _session(number: int) -> dict[str, Any]:
    return {"event_id": number + 1, "day": _day(number), "uid": f"{number}-1@example.org",
            "starts_at": _moment(number, 14), "ends_at": _moment(number, 17)}  # fmt: skip
