"""Who has been silent too long, among 100,000 or, with BENCH_FULL=1, 1,000,000 people.

Half of them are cards with an address, half are addresses alone; two subscriptions, a registration
and a request come from a part of them. What the clock asks at night, what the page asks, and the
last sign of one person, beside one reading of the same rows.
"""

import itertools
import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from benchmarks._pages import settle
from benchmarks._servers import application, databases
from crm.contacts.details import Detail, DetailKind
from crm.contacts.people import Person
from crm.db import db, now, reading
from crm.events.events import Event
from crm.events.registrations import Registration
from crm.filters import number, today
from crm.newsletter.issues import Publication
from crm.newsletter.subscriptions import Basis, Consent, Purpose, Subscription
from crm.privacy.lapses import Retention
from crm.privacy.retain import ASKED_AT_ONCE, cutoff
from crm.privacy.silence import count_silent, last_sign, silent
from crm.requests.kinds import RequestKind
from crm.requests.requests import SupportRequest

SIZES = (100_000, *((1_000_000,) if os.environ.get("BENCH_FULL") else ()))
READ = (Person, Detail, Subscription, Consent, Registration, SupportRequest)
_STEP = 20_000
_YEARS = 6  # signs are spread over so many: about half of the people are silent


def run() -> None:
    """Print the seconds of each question, on each database."""
    for size in SIZES:
        with databases() as urls:
            for kind, url in urls.items():
                with application(url):
                    _fill(size)
                    db.session.commit()
                    settle()
                    print(f"{kind}\u00a0: {number(size)} personnes", flush=True)
                    _measure()


def _measure() -> None:
    since = cutoff(Retention.current(), now())
    found = silent(since, ASKED_AT_ONCE)
    assert len(found) == ASKED_AT_ONCE
    one = found[0]
    for name, work in (
        ("les 200 de la nuit", lambda: silent(since, ASKED_AT_ONCE)),
        ("combien, pour la page", lambda: count_silent(since)),
        ("le dernier signe d’une personne", lambda: last_sign(one.person_id, one.email)),
        ("référence : lire chaque ligne une fois", _reference),
    ):
        wall, calculation = _timed(work)
        told = f"{wall:>9.3f} s, dont {calculation:.3f} s de calcul ici"
        print(f"  {name:<40}{told}", flush=True)


def _timed(work: Callable[[], Any]) -> tuple[float, float]:
    with reading():
        start, calculation = time.perf_counter(), time.process_time()
        work()
        done = time.perf_counter() - start, time.process_time() - calculation
        db.session.rollback()
    return done


def _reference() -> None:
    for model in READ:
        dated = "closed_at" if model is Detail else "given_at" if model is Consent else "created_at"
        db.session.execute(sa.select(sa.func.max(getattr(model, dated)))).one()


def _fill(size: int) -> None:
    moment, half = now(), size // 2
    _insert(Person, (
        {"first_name": "Awa", "last_name": f"Nom {n}", "created_at": _at(n, moment)}
        for n in range(1, half + 1)
    ))  # fmt: skip
    _insert(Detail, (
        {"person_id": n, "kind": DetailKind.EMAIL, "value": _email(n), "key": _email(n)}
        for n in range(1, half + 1)
    ))  # fmt: skip
    db.session.add(letter := Publication(slug="mesure", name="Mesure"))
    db.session.flush()
    _insert(Subscription, (
        {"id": n, "publication_id": letter.id, "email": _email(n), "created_at": _at(n, moment)}
        for n in range(1, size + 1)
    ))  # fmt: skip
    _insert(Consent, (
        {"subscription_id": n, "purpose": Purpose.RECEIVE, "basis": Basis.FORM,
         "wording": "", "source": "", "given_at": _at(n, moment), "confirmed_at": _at(n, moment)}
        for n in range(1, size + 1)
    ))  # fmt: skip
    _came(size, moment)


def _came(size: int, moment: datetime) -> None:
    """A third of them registered for something, a tenth asked for something."""
    db.session.add(event := Event(
        slug="e", uid="u", title="Titre", first_day=today(), last_day=today(), ends_at=moment,
    ))  # fmt: skip
    db.session.flush()
    _insert(Registration, (
        {"event_id": event.id, "state": "confirmed", "email": _email(n),
         "created_at": _at(n, moment)}
        for n in range(1, size + 1, 3)
    ))  # fmt: skip
    _insert(SupportRequest, (
        {"reference": f"D-{n}", "kind": RequestKind.OTHER, "email": _email(n),
         "created_at": _at(n, moment)}
        for n in range(1, size + 1, 10)
    ))  # fmt: skip


def _at(number: int, moment: datetime) -> datetime:
    return moment - timedelta(days=number * 7919 % (_YEARS * 365))


def _email(number: int) -> str:
    return f"personne{number}@example.org"


def _insert(model: type[Any], rows: Iterator[dict[str, Any]]) -> None:
    while some := list(itertools.islice(rows, _STEP)):
        db.session.execute(sa.insert(model), some)
