"""Faults done to a delivery while it runs: real processes, and what became of each recipient."""

import os
import random
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import forks
from flask_migrate import upgrade
from sending import counted, ledger, ready, sent_at
from smtp_server import Script, faulty

from crm.app import create_app
from crm.config import ROOT, Settings
from crm.db import db
from crm.defaults import install_defaults

MOST_IN_DOUBT = 16  # for each kill

# Fills the disk under a process, and gives what empties it.
Fill = Callable[[forks.Process], Callable[[], object]]


@dataclass
class Outcome:
    """What became of the recipients of one trial."""

    fault: str
    people: int
    falls: int = 0  # of the process that sends, or of what it stands on
    lost: int = 0  # nobody wrote to them
    doubled: int = 0  # more messages than recipients
    doubted: int = 0  # named « peut-être reçu deux fois »
    unnamed: int = 0  # received it twice and are not named
    early: int = 0  # times it was said to be over, and was not

    @property
    def is_good(self) -> bool:
        held = self.doubted <= MOST_IN_DOUBT * self.falls or not self.falls
        return held and not (self.lost or self.unnamed or self.early)


@contextmanager
def installation(database_url: str, folder: Path) -> Iterator[Settings]:
    """A new database with the application on it, in a context."""
    with application(database_url, folder) as settings:
        upgrade(directory=str(ROOT / "migrations"))
        install_defaults()
        db.session.commit()
        yield settings


@contextmanager
def application(database_url: str, folder: Path) -> Iterator[Settings]:
    """The application on a database without tables, in a context."""
    settings = Settings(
        database_url=database_url,
        queue_url=f"sqlite:///{folder / 'queue.db'}",
        secret_key="faults" * 8,
        instance=folder,
        testing=True,
    )
    with create_app(settings).app_context():
        yield settings
        db.session.remove()
        db.engine.dispose()


class Trial:
    """One issue to some people, on the database of the application in whose context we are."""

    def __init__(self, settings: Settings, people: int, **environ: str) -> None:
        self.people = [f"abonne{number:04}@example.org" for number in range(people)]
        self.environ = os.environ | {
            "CRM_DATABASE_URL": settings.database_url,
            "CRM_QUEUE_URL": settings.queue_url,
            "CRM_SECRET_KEY": settings.secret_key,
            "CRM_INSTANCE": str(settings.instance),
            "CRM_RETRY_DELAYS": "1,1,1,1,1,1",
            **environ,
        }
        self.processes: list[forks.Process] = []
        self.issue_id = ready(*self.people)
        self.falls = self.early = 0

    def start(self, smtp_url: str, *command: str) -> forks.Process:
        words = command or ("newsletter", "send")
        process = forks.start(*words, env=self.environ | {"CRM_SMTP_URL": smtp_url})
        self.processes.append(process)
        return process

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()

    def look(self) -> None:
        """Count whether it is said to be over while somebody still waits."""
        waiting = {row.state.value for row in ledger().values()} & {"queued", "sending", "deferred"}
        db.session.commit()
        self.early += sent_at(self.issue_id) is not None and bool(waiting)

    def finish(self, smtp_url: str, seconds: float = 120) -> None:
        """Start the command again, as often as it takes, until the issue is wholly sent."""
        until = time.monotonic() + seconds
        while sent_at(self.issue_id) is None:
            assert time.monotonic() < until, "not over in time"
            self.start(smtp_url).wait(timeout=seconds)

    def outcome(self, fault: str, script: Script) -> Outcome:
        copies, rows = counted(script.recipients), ledger()
        twice = {email for email, count in copies.items() if count > 1}
        doubted = {email for email, row in rows.items() if row.doubted_at is not None}
        expected = {email for email, row in rows.items() if row.state.value == "sent"}
        db.session.commit()
        return Outcome(
            fault=fault,
            people=len(self.people),
            falls=self.falls,
            lost=len((set(self.people) - set(copies)) & expected) + len(self.people) - len(rows),
            doubled=sum(copies.values()) - len(copies),
            doubted=len(doubted),
            unnamed=len(twice - doubted),
            early=self.early,
        )


def wait_for(script: Script, count: int, process: forks.Process, seconds: float = 30) -> None:
    """Until the server has that many messages, or the process has ended."""
    until = time.monotonic() + seconds
    while len(script.received) < count and process.poll() is None:
        assert time.monotonic() < until, "the server received nothing"
        time.sleep(0.001)


def kills(trial: Trial, count: int, chance: random.Random) -> Outcome:
    """`kill -9` at random instants, again and again."""
    with faulty(delay=0.001) as (url, script):
        while trial.falls < count and sent_at(trial.issue_id) is None:
            process = trial.start(url)
            wait_for(script, len(script.received) + chance.randint(1, 60), process)
            time.sleep(chance.uniform(0, 0.01))
            trial.falls += process.poll() is None
            process.kill()
            process.wait()
            trial.look()
        trial.finish(url)
        return trial.outcome("`kill -9` de l’envoi", script)


def kills_of_two(trial: Trial, count: int, chance: random.Random) -> Outcome:
    """Two commands at once, of which one is killed and started again."""
    with faulty(delay=0.001) as (url, script):
        other = trial.start(url)
        while trial.falls < count and other.poll() is None:
            process = trial.start(url)
            wait_for(script, len(script.received) + chance.randint(10, 80), process)
            trial.falls += process.poll() is None
            process.kill()
            process.wait()
            trial.look()
        other.wait(timeout=120)
        trial.finish(url)
        return trial.outcome("deux envois à la fois, l’un tué", script)


def two_at_once(trial: Trial) -> Outcome:
    with faulty(delay=0.001) as (url, script):
        both = [trial.start(url), trial.start(url)]
        for process in both:
            process.wait(timeout=120)
        trial.look()
        trial.finish(url)
        return trial.outcome("deux envois à la fois", script)


def server_faults(trial: Trial, fault: str, share: float, chance: random.Random) -> Outcome:
    """The mail server does one thing wrong with some of the recipients, once each."""
    hit = chance.sample(trial.people, max(1, round(len(trial.people) * share)))
    with faulty(faults={email: [fault] for email in hit}, stall=3) as (url, script):
        trial.finish(url)
        return trial.outcome(f"SMTP : {fault}", script)


def slow_server(trial: Trial, seconds: float) -> Outcome:
    with faulty(delay=seconds) as (url, script):
        trial.finish(url, seconds=30 + seconds * len(trial.people))
        return trial.outcome(f"SMTP : chaque réponse en {seconds:g} s", script)


def server_away(trial: Trial) -> Outcome:
    """The mail server stops, and another one answers at the next start of the command."""
    with faulty() as (url, script), faulty() as (new_url, new_script):
        script.greetings = ["220 bonjour"] * 2 + ["421 arrêt"] * 1000
        script.hang_up_after = len(trial.people) // 3
        trial.start(url).wait(timeout=120)
        trial.look()
        trial.finish(new_url)
        script.received += new_script.received
        return trial.outcome("SMTP : le serveur s’arrête", script)


def full_disk(trial: Trial, seconds: float, fill: Fill) -> Outcome:
    """The disk of the database is full for a while; `fill` fills it and gives what empties it."""
    with faulty(delay=0.002) as (url, script):
        process = trial.start(url)
        wait_for(script, len(trial.people) // 4, process)
        empty = fill(process)
        time.sleep(seconds)
        empty()
        process.wait(timeout=120)
        trial.look()
        trial.finish(url)
        return trial.outcome("SQLite : disque plein", script)


def no_more_room(process: forks.Process) -> Callable[[], None]:
    """As if the disk were full, for one process: none of its files may grow (setrlimit(2))."""
    hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (4096, hard))
    return lambda: _give_room(process, hard)


def _give_room(process: forks.Process, hard: int) -> None:
    if process.poll() is None:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))


def database_falls(trial: Trial, server, count: int, chance: random.Random) -> Outcome:
    """PostgreSQL is stopped with `immediate` and started again, while the issue leaves."""
    with faulty(delay=0.002) as (url, script):
        process = trial.start(url)
        for _ in range(count):
            wait_for(script, len(script.received) + chance.randint(20, 60), process)
            server.fall()
            time.sleep(chance.uniform(0.1, 1))
            server.rise()
            db.session.rollback()
            db.engine.dispose()
            trial.falls += 1
            if process.poll() is not None:
                process = trial.start(url)
        process.wait(timeout=120)
        trial.look()
        trial.finish(url)
        return trial.outcome("PostgreSQL : arrêt `immediate`", script)


def queue_falls(trial: Trial, server) -> Outcome:
    """Redis is killed while a worker sends; it starts again, empty, and another issue leaves."""
    trial.environ["CRM_QUEUE_URL"] = server.url
    with faulty(delay=0.005) as (url, script):
        worker = trial.start(url, "worker")
        time.sleep(2)  # it is waiting for work by then, or finds it when it is
        trial.start(url, "newsletter", "schedule", "resaclic", "1").wait(timeout=30)
        wait_for(script, len(trial.people) // 4, worker, seconds=90)
        server.fall()
        wait_for(script, len(trial.people), worker)
        server.rise()
        _until(lambda: sent_at(trial.issue_id) is not None)
        trial.falls += worker.poll() is not None
        worker.terminate()
        worker.wait(timeout=30)
        return trial.outcome("Redis : `kill -9`", script)


def _until(is_so: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "not so in time"
        time.sleep(0.05)
