"""Figures of events: the page of a year, and all its numbers over every registration there is.

20,000 events of ten years, 50 registrations each, four fifths marked, half of them with a card.
Beside it: reading every row of the index that those numbers need, without counting anything.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from crm.config import ROOT

sys.path.insert(0, str(ROOT / "tests"))
import services
from conftest import new_application

from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.db import db, now
from crm.events import figures, who_came
from crm.events.events import Event
from crm.events.registrations import ATTENDED, Registration
from crm.periods import Period

EVENTS, EACH = 20_000, 50
PEOPLE, ORGANISATIONS = 100_000, 20_000
FIRST = date(2016, 1, 1)
YEAR = Period(date(2021, 1, 1), date(2021, 12, 31))
EVER = Period(FIRST, date(2025, 12, 31))


def run(events: int = EVENTS) -> None:
    """Print the times of the figures, on each database."""
    print(f"\nBilan des événements : {events} événements, {events * EACH} inscriptions")
    started = services.start()
    try:
        for kind in ("sqlite", "postgresql"):
            with tempfile.TemporaryDirectory() as folder:
                _measure(new_application(kind, Path(folder)), kind, events)
    finally:
        for service in started:
            service.stop()


def _measure(app: Flask, kind: str, events: int) -> None:
    with app.app_context():
        _fill(events)
        db.session.commit()
        db.session.execute(sa.text("ANALYZE"))
        db.session.commit()
        if kind == "postgresql":
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(sa.text("VACUUM registrations"))
        for name, work in (
            ("une année, toute la page", lambda: _page(YEAR)),
            ("tout, personnes et structures", lambda: who_came.people(EVER)),
            ("tout, toute la page", lambda: _page(EVER)),
            ("référence : lire l’index", _reference),
        ):
            print(f"  {kind:<11}{name:<34}{_best(work):>6.2f} s")
        db.session.remove()
        db.engine.dispose()


def _best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
        db.session.rollback()
    return min(times)


def _page(period: Period) -> None:
    """All that the page of figures asks of the database."""
    held = figures.read(period)
    figures.tables(period, held)
    who_came.people(period)
    figures.apart(period)
    figures.years(period)


def _reference() -> None:
    it = Registration
    query = sa.select(sa.func.count(it.email), sa.func.count(it.organisation_name),
                      sa.func.sum(it.seats)).where(ATTENDED)  # fmt: skip
    db.session.execute(query).one()


def _fill(events: int) -> None:
    moment = now()
    _insert(Person, ({"last_name": f"Nom {n}"} for n in range(1, PEOPLE + 1)))
    _insert(Organisation, ({"name": f"Structure {n}"} for n in range(1, ORGANISATIONS + 1)))
    _insert(Event, (_event(n, moment) for n in range(1, events + 1)))
    _insert(Registration, (_registration(n) for n in range(1, events * EACH + 1)))


def _insert(model: type, rows: object, step: int = 20_000) -> None:
    some: list[dict[str, object]] = []
    for row in rows:  # type: ignore[attr-defined]
        some.append(row)
        if len(some) == step:
            db.session.execute(sa.insert(model), some)
            some = []
    if some:
        db.session.execute(sa.insert(model), some)


def _event(number: int, moment: object) -> dict[str, object]:
    day = FIRST + timedelta(days=number * 3652 // EVENTS % 3650)
    return {"id": number, "slug": f"e-{number}", "uid": f"u-{number}", "title": f"Titre {number}",
            "first_day": day, "last_day": day, "ends_at": moment, "came": EACH * 4 // 5,
            "department": f"{number % 95 + 1:02}"}  # fmt: skip


def _registration(number: int) -> dict[str, object]:
    who = number * 7919 % (2 * PEOPLE)
    known = who < PEOPLE
    return {
        "event_id": (number - 1) // EACH + 1,
        "state": "confirmed",
        "email": f"adresse{who}-{number % EACH}@example.org",
        "organisation_name": f"Structure {who % 30_000}",
        "attendance": "absent" if number % 5 == 0 else "came",
        "person_id": who + 1 if known else None,
        "organisation_id": who % ORGANISATIONS + 1 if known else None,
    }


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS)
