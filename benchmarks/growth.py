"""What several processes bring: pages and notes a second with 1 and 4 of them, on PostgreSQL.

`python -m benchmarks growth`. Real gunicorn processes and real clients, on this machine: what is
measured with more processes than cores says what several machines would bring, at the least.
"""

import os
import sys
import tempfile
import threading
import time
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


def run() -> None:
    """Print a line for the site, and one for deliveries, at each number of processes."""
    server, queue = services.postgresql(), services.redis_server()
    if server is None or queue is None:
        print("Croissance : il faut PostgreSQL et Redis.")
        return
    try:
        for count in PROCESSES:
            print(_site(server, queue, count), flush=True)
        for count in PROCESSES:
            print(_delivery(server, queue, count), flush=True)
    finally:
        server.stop()
        queue.stop()


def _site(server: services.Service, queue: services.Service, count: int) -> str:
    with tempfile.TemporaryDirectory() as place:
        url = _new_database(server, f"site_{count}")
        with faults.installation(url, Path(place)) as settings:
            nadia()
            db.session.commit()
            writers = Writers(settings, CRM_QUEUE_URL=queue.url)
            try:
                writers.serve(count)
                session = writers.sign_in()
                pages = _pages(writers.url, dict(session.cookies))
                notes = _notes(writers, dict(session.cookies))
            finally:
                writers.stop()
    return (
        f"Site, {count} processus : {pages:.0f} pages d’accueil et {notes:.0f} notes écrites "
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


def _delivery(server: services.Service, queue: services.Service, count: int) -> str:
    """One issue, sent by so many workers, to a server that takes 10 ms for each message."""
    redis.Redis.from_url(queue.url).flushall()
    with tempfile.TemporaryDirectory() as place, faulty(delay=0.01) as (smtp, script):
        url = _new_database(server, f"envoi_{count}")
        with faults.installation(url, Path(place)) as settings:
            trial = faults.Trial(settings, 1, CRM_QUEUE_URL=queue.url)
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
        f"Envoi, {count} processus : {len(script.received) / seconds:.0f} messages par seconde "
        "(serveur qui met 10 ms à répondre)"
    )


def _new_database(server: services.Service, name: str) -> str:
    engine = sa.create_engine(f"{server.url}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{server.url}/{name}"
