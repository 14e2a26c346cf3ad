"""Figures of events: the page of a year, and the page of every registration there is.

3,000, 100,000 and, with BENCH_FULL=1, 1,000,000 registrations: events of ten years, 50 each, four
fifths marked, half of them with a card. Beside it: reading every row of the index that those
numbers need, without counting anything. On a machine that is busy, look at the seconds of
calculation; PostgreSQL makes its own in another process, which they leave out.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from benchmarks._pages import elsewhere, newcomer, settle, signed_in
from benchmarks._rows import insert
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
from crm.users import UserRole

EACH = 50
SIZES = (60, 2_000, *((20_000,) if os.environ.get("BENCH_FULL") else ()))  # events
PEOPLE, ORGANISATIONS = 100_000, 20_000
FIRST = date(2016, 1, 1)
YEAR = Period(date(2021, 1, 1), date(2021, 12, 31))
EVER = Period(FIRST, date(2025, 12, 31))


def run(sizes: Sequence[int] = SIZES) -> None:
    """Print the times of the figures, on each database."""
    started = services.start()
    try:
        for events in sizes:
            print(f"\nBilan des événements : {events} événements, {events * EACH} inscriptions")
            for kind in ("sqlite", "postgresql"):
                with tempfile.TemporaryDirectory() as folder:
                    _measure(new_application(kind, Path(folder)), kind, events)
    finally:
        for service in started:
            service.stop()


def _measure(app: Flask, kind: str, events: int) -> None:
    with app.app_context():
        elsewhere(_fill, events)
        client = signed_in(app, newcomer(UserRole.COMMUNICATION))
        for name, work in (
            ("la page d’une année", lambda: _page(client, YEAR)),
            ("la page de tout", lambda: _page(client, EVER)),
            ("ses personnes et structures", lambda: who_came.people(EVER)),
            ("ses événements", lambda: figures.tables(EVER, figures.read(EVER))),
            ("référence : lire l’index", _reference),
        ):
            wall, calculation = _best(work)
            print(f"  {kind:<11}{name:<30}{wall:>6.2f} s, dont {calculation:>5.2f} s de calcul")
        db.session.remove()
        db.engine.dispose()


def _best(work: Callable[[], object]) -> tuple[float, float]:
    times = []
    for _ in range(3):
        start, calculation = time.perf_counter(), time.process_time()
        work()
        times.append((time.perf_counter() - start, time.process_time() - calculation))
        db.session.rollback()
    return min(times)


def _page(client: FlaskClient, period: Period) -> None:
    answer = client.get("/gestion/evenements/bilan", query_string=period.args())
    assert answer.status_code == 200


def _reference() -> None:
    it = Registration
    query = sa.select(sa.func.count(it.email), sa.func.count(it.organisation_name),
                      sa.func.sum(it.seats)).where(ATTENDED)  # fmt: skip
    db.session.execute(query).one()


def _fill(events: int) -> None:
    moment = now()
    insert(Person, ({"last_name": f"Nom {n}"} for n in range(1, PEOPLE + 1)))
    insert(Organisation, ({"name": f"Structure {n}"} for n in range(1, ORGANISATIONS + 1)))
    insert(Event, (_event(n, events, moment) for n in range(1, events + 1)))
    insert(Registration, (_registration(n) for n in range(1, events * EACH + 1)))
    db.session.commit()
    settle()


def _event(number: int, events: int, moment: object) -> dict[str, object]:
    day = FIRST + timedelta(days=number * 3652 // events % 3650)
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
    run([int(sys.argv[1])] if len(sys.argv) > 1 else SIZES)
