"""The search of contacts put right, and made again from scratch: how long others wait to write.

Three cases: nothing differs; every card does; the search is emptied and made again.
"""

import sys
import time
from collections.abc import Callable

import sqlalchemy as sa

from benchmarks._fake_contacts import fill
from benchmarks._servers import application, databases
from benchmarks._waiting import somebody_writing
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.search.correct import correct
from crm.contacts.search.index import reindex_all
from crm.db import db

SIZES = (3_000, 100_000)


def run(*sizes: int) -> None:
    """Print, for each size and each database, how long it lasts and how long others wait."""
    for size in sizes or SIZES:
        with databases() as urls:
            for name, url in urls.items():
                with application(url):
                    _measure(name, url, size)


def _measure(name: str, url: str, size: int) -> None:
    print(f"\n{name}, {size} fiches")
    fill(size)
    db.session.commit()
    reindex_all()
    db.session.commit()
    _time("corrigée, rien ne diffère", url, correct)
    for model in (Organisation, Person):
        db.session.execute(sa.update(model).values(commune="Vif"))
    db.session.commit()
    _time("corrigée, tout diffère", url, correct)
    _time("refaite d’un coup", url, reindex_all)


def _time(what: str, url: str, work: Callable[[], object]) -> None:
    with somebody_writing(url) as waits:
        begun = time.perf_counter()
        work()
        db.session.commit()
        seconds = time.perf_counter() - begun
    print(f"  {what:<28} {seconds:7.1f} s ; qui écrit attend {waits.longest:.2f} s au plus")


if __name__ == "__main__":
    run(*map(int, sys.argv[1:]))
