"""What several processes bring: pages, notes and messages a second with 1 and 4 of them.

`python -m benchmarks growth`, two minutes. Real gunicorn processes and real clients, on this
machine: what is measured with more processes than cores says what several machines would bring, at
the least. SQLite with its queue in a file, PostgreSQL with Redis.
"""

import os
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import redis
import requests
import sqlalchemy as sa

from crm.config import ROOT
from crm.db import db

sys.path.insert(0, str(ROOT / "tests"))
import faults
import services
from factories import nadia
from sending import ready, sent_at
from smtp_server import faulty
from web_faults import Writers

SECONDS = 5
CLIENTS = 8
PEOPLE = 2000
PROCESSES = (1, 4)


@dataclass
class Place:
    """Where it is measured: databases of one kind, and the queue that goes with them."""

    kind: str
    server: services.Service | None = None
    queue: services.Service | None = None

    def new_database(self, name: str, folder: str) -> str:
        if self.server is None:
            return f"sqlite:///{folder}/crm.db"
        engine = sa.create_engine(f"{self.server.url}/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return f"{self.server.url}/{name}"

    @property
    def environ(self) -> dict[str, str]:
        return {"CRM_QUEUE_URL": self.queue.url} if self.queue else {}


def run() -> None:
    """Print a line for the site, and one for deliveries, at each number of processes."""
    server, queue = services.postgresql(), services.redis_server()
    try:
        _measure(Place("SQLite"))
        if server is None or queue is None:
            print("PostgreSQL : il faut PostgreSQL et Redis.")
        else:
            _measure(Place("PostgreSQL", server, queue))
    finally:
        for service in filter(None, (server, queue)):
            service.stop()


def _measure(place: Place) -> None:
    for measure in (_site, _delivery):
        for count in PROCESSES:
            print(f"{place.kind} : {measure(place, count)}", flush=True)


def _site(place: Place, count: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        url = place.new_database(f"site_{count}", folder)
        with faults.installation(url, Path(folder)) as settings:
            nadia()
            db.session.commit()
            writers = Writers(settings, **place.environ)
            try:
                writers.serve(count)
                session = writers.sign_in()
                pages = _pages(writers.url, dict(session.cookies))
                notes = _notes(writers, dict(session.cookies))
            finally:
                writers.stop()
    return (
        f"site, {count} processus : {pages:.0f} pages d’accueil et {notes:.0f} notes écrites "
        f"par seconde ({os.cpu_count()} cœurs, clients compris)"
    )


def _pages(url: str, cookies: dict[str, str]) -> float:
    """The team's first page, by so many people at once."""
    counts, until = [0] * CLIENTS, time.monotonic() + SECONDS

    def look(number: int) -> None:
        with requests.Session() as session:
            while time.monotonic() < until:
                session.get(f"{url}/gestion/", cookies=cookies, timeout=30).raise_for_status()
                counts[number] += 1

    _together(look)
    return sum(counts) / SECONDS


def _notes(writers: Writers, cookies: dict[str, str]) -> float:
    threading.Timer(SECONDS, writers.over.set).start()
    _together(lambda number: writers.write(cookies))
    return writers.written() / SECONDS


def _together(work) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _delivery(place: Place, count: int) -> str:
    """One issue, sent by so many workers, to a server that takes 10 ms for each message."""
    if place.queue is not None:
        redis.Redis.from_url(place.queue.url).flushall()
    with tempfile.TemporaryDirectory() as folder, faulty(delay=0.01) as (smtp, script):
        url = place.new_database(f"envoi_{count}", folder)
        with faults.installation(url, Path(folder)) as settings:
            trial = faults.Trial(settings, 1, **place.environ)
            db.session.execute(sa.text("DELETE FROM issues"))
            issue_id = ready(*(f"lecteur{number}@example.org" for number in range(PEOPLE)))
            for _ in range(count):
                trial.start(smtp)
            start = time.monotonic()
            while not script.received:
                time.sleep(0.005)
            begun = time.monotonic()
            while sent_at(issue_id) is None and time.monotonic() < start + 120:
                time.sleep(0.05)
            seconds = time.monotonic() - begun
            trial.stop()
    return (
        f"envoi, {count} processus : {len(script.received) / seconds:.0f} messages par seconde "
        "(serveur qui met 10 ms à répondre)"
    )
