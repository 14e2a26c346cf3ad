"""Who has been silent too long, among 100,000 or, with BENCH_FULL=1, 1,000,000 people.

What the clock asks at night, what the page asks, and the last sign of one person, beside one
reading of the same rows.
"""

import os
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from benchmarks._crowd import gather
from benchmarks._pages import elsewhere
from benchmarks._servers import application, databases
from crm.contacts.details import Detail
from crm.contacts.people import Person
from crm.db import db, now, reading
from crm.events.registrations import Registration
from crm.filters import number
from crm.newsletter.subscriptions import Consent, Subscription
from crm.privacy.lapses import Retention
from crm.privacy.retain import ASKED_AT_ONCE, cutoff
from crm.privacy.silence import count_silent, last_sign, silent
from crm.requests.requests import SupportRequest

SIZES = (100_000, *((1_000_000,) if os.environ.get("BENCH_FULL") else ()))
READ = (Person, Detail, Subscription, Consent, Registration, SupportRequest)


def run() -> None:
    """Print the seconds of each question, on each database."""
    for size in SIZES:
        with databases() as urls:
            for kind, url in urls.items():
                with application(url):
                    elsewhere(gather, size)
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
