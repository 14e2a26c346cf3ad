"""Searching 3,000, 100,000 and, with BENCH_FULL=1, 1,000,000 contacts, on both databases.

Suggestions and faceted pages beside a plain `LIKE '%…%'` over the same names, and the share of a
fixed list of searches whose card comes first among all those contacts.
"""

import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy as sa
from flask import Flask, json
from flask_migrate import upgrade

from benchmarks._fake_contacts import fill
from benchmarks._pages import newcomer, signed_in
from crm.app import create_app
from crm.config import ROOT, Settings
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.search.criteria import Search
from crm.contacts.search.index import reindex_all
from crm.contacts.search.results import find
from crm.contacts.search.suggest import suggest
from crm.db import db, reading
from crm.defaults import install_defaults
from crm.users import UserRole

sys.path.append(str(ROOT / "tests"))
import network
import services

SIZES = (3_000, 100_000) + ((1_000_000,) if os.environ.get("BENCH_FULL") else ())
PAGES = [
    "",
    "type=association&departement=38",
    "fiche=person&departement=69&secteur=eau",
    "pays=ML&odd=06&tri=commune",
    "type=association&type=collectivite&secteur=education&page=7",
    "q=lyon&type=association",
    "q=sol+eau&departement=26",
    "q=grenoble&tri=modification",
    "etiquette=aucune",
]


def run() -> None:
    """Print, for each database and each size, milliseconds at the median and at 95 %."""
    started = services.start()
    try:
        for size in SIZES:
            for kind in ("sqlite", "postgresql"):
                with tempfile.TemporaryDirectory() as folder:
                    _one(kind, size, Path(folder))
    finally:
        for service in started:
            service.stop()


def _one(kind: str, size: int, folder: Path) -> None:
    app = application(kind, folder)
    if app is None:
        print(f"{kind} : pas de serveur ici, non mesuré")
        return
    with app.app_context():
        start = time.perf_counter()
        fill(size)
        network.install()
        db.session.commit()
        filled = time.perf_counter()
        reindex_all()
        db.session.commit()
        indexed = time.perf_counter()
        print(
            f"\n{_number(size)} contacts, {kind} "
            f"(remplis en {filled - start:.0f} s, indexés en {indexed - filled:.0f} s)"
        )
        measure(app, size)
        db.session.remove()
        db.engine.dispose()


def application(kind: str, folder: Path) -> Flask | None:
    """The application on an empty database of that kind, or none where there is no server."""
    if kind == "postgresql" and "TEST_POSTGRESQL" not in os.environ:
        return None
    url = f"sqlite:///{folder / 'crm.db'}"
    if kind == "postgresql":
        url = _new_postgresql(os.environ["TEST_POSTGRESQL"])
    app = create_app(
        Settings(
            database_url=url, queue_url=f"sqlite:///{folder / 'queue.db'}",
            secret_key="mesure" * 6, instance=folder, testing=True,
        )
    )  # fmt: skip
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        install_defaults()
        db.session.commit()
    return app


def _new_postgresql(server: str) -> str:
    engine = sa.create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("DROP DATABASE IF EXISTS bench"))
        connection.execute(sa.text("CREATE DATABASE bench"))
    engine.dispose()
    return f"{server}/bench"


def measure(app: Flask, size: int) -> None:
    """Print the speeds, then the quality."""
    searches = network.rows("search_queries.csv")
    typed = [text for row in searches for text in _typing(row["query"])]
    random.Random(1).shuffle(typed)
    ask = _asker(app)
    _print("suggestion", _times(ask, typed[:400]))
    _print("référence : LIKE '%…%'", _times(_like, [row["query"] for row in searches][:20]))
    _print("page à facettes", _times(_faceted, PAGES * 5))
    first = five = 0
    for row in searches:
        names = [hit.name.rpartition(" (")[0] or hit.name for hit in suggest(row["query"], 5)]
        first += names[:1] == [row["expected"]]
        five += row["expected"] in names
    print(f"  qualité : {_share(first, searches)} en premier, {_share(five, searches)} dans les 5")


def _typing(query: str) -> Iterator[str]:
    """What the box is asked while someone types: from the third letter, one letter in three."""
    yield from (query[:size] for size in range(3, len(query), 3))
    yield query


def _asker(app: Flask) -> Callable[[str], object]:
    """A request through the whole application where its page is there, the function otherwise."""
    if "/gestion/recherche" not in {str(rule) for rule in app.url_map.iter_rules()}:
        print("  (sans la page : la fonction et son JSON)")
        return lambda text: json.dumps(
            [{"type": hit.type, "id": hit.id, "name": hit.name} for hit in _suggest(text)]
        )
    client = signed_in(app, newcomer(UserRole.OFFICER))
    accept = {"Accept": "application/json"}

    def ask(text: str) -> None:
        answer = client.get("/gestion/recherche", query_string={"q": text}, headers=accept)
        assert answer.status_code == 200
        assert answer.is_json

    return ask


def _suggest(text: str) -> list:
    with reading():
        hits = suggest(text)
        db.session.rollback()
    return hits


def _like(text: str) -> None:
    """What a search without an index does: read every name."""
    for column in (Organisation.name, Person.last_name):
        words = [column.ilike(f"%{word}%") for word in text.split()]
        db.session.execute(sa.select(column).where(*words).limit(20)).all()
    db.session.rollback()


def _faceted(address: str) -> None:
    with reading():
        found = find(Search.parse(address))
        found.total(), found.facets(), found.page()
        db.session.rollback()


def _times(work: Callable[[str], object], questions: list[str]) -> list[float]:
    """Milliseconds for each question; a first one, not counted, warms up."""
    work(questions[0])
    times = []
    for question in questions:
        start = time.perf_counter()
        work(question)
        times.append((time.perf_counter() - start) * 1000)
    return times


def _print(name: str, times: list[float]) -> None:
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    print(f"  {name} : p50 {_ms(cuts[49])} ms, p95 {_ms(cuts[94])} ms, max {_ms(max(times))} ms")


def _ms(value: float) -> str:
    return f"{value:.1f}".replace(".", ",")


def _number(value: int) -> str:
    return f"{value:,}".replace(",", "\u202f")


def _share(count: int, among: list) -> str:
    return f"{100 * count / len(among):.1f} %".replace(".", ",")
