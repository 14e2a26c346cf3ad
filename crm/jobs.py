"""The queue and the clock: Huey on SQLite, Redis or PostgreSQL, chosen by one URL.

The database is the truth, the queue only wakes workers: a task that dies with its worker is found
again by the clock, because the state of the work is in rows.
"""

import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import redis
import sqlalchemy as sa
from flask import Flask, current_app
from huey import Huey, PostgresHuey, PriorityRedisHuey, SqliteHuey, crontab
from huey.consumer import Consumer
from huey.exceptions import HueyException
from huey.serializer import SignedSerializer
from sqlalchemy.orm import Mapped, mapped_column

from crm.db import Model, begin_writing, change, database_time, db

log = logging.getLogger(__name__)

Job = Callable[..., None]

_SET_BACK = timedelta(minutes=1)
_REST = 3  # times as long as each step of a job that others may wait for
_LONGEST_REST = 0.5  # seconds: a longer step waits for somebody else's server, and holds nobody up
_LOOKED_THROUGH = 20  # jobs that wait; more of them are a queue that nobody serves

_jobs: dict[str, Job] = {}
_periods: dict[str, timedelta] = {}


class Tick(Model):
    """When a periodic job last started: whichever clock moves this row first runs the job."""

    __tablename__ = "ticks"

    name: Mapped[str] = mapped_column(sa.String(200), unique=True)
    started_at: Mapped[datetime]


def job(function: Job) -> Job:
    """Make `function` something that `enqueue` can hand to a worker. Its arguments are plain."""
    _jobs[_name(function)] = function
    return function


def every(**period: int) -> Callable[[Job], Job]:
    """Make `function` a job that the clock runs each `period` (`minutes=5`, `hours=1`…)."""

    def keep(function: Job) -> Job:
        _periods[_name(function)] = timedelta(**period)
        return job(function)

    return keep


def enqueue(function: Job, *arguments: Any) -> None:
    """Wake a worker for `function`. Call it after the commit: the worker reads the database.

    One that has not begun yet will see what was just committed: it is not woken twice. A queue
    that does not answer loses nothing: the clock finds the work again.
    """
    name, given = _name(function), list(arguments)
    try:
        if not _is_waiting(name, given):
            current_app.extensions["queue_task"](name, given)
    except (redis.RedisError, sqlite3.Error, OSError, sa.exc.SQLAlchemyError) as error:
        log.warning("la file d’attente ne répond pas\u00a0: %s", type(error).__name__)


def _is_waiting(name: str, arguments: list[Any]) -> bool:
    """Whether this very job is among the next ones that no worker has taken."""
    queue: Huey = current_app.extensions["queue"]
    try:
        return any(task.args == (name, arguments) for task in queue.pending(limit=_LOOKED_THROUGH))
    except (ValueError, HueyException):  # written by somebody else, or before a change of secret
        return False


def gently(steps: Iterable[int]) -> Iterator[int]:
    """These steps of a job, each followed by a rest three times as long as itself (half a second at
    most): most of the processor, and of the database, is left to those who wait for a page."""
    for step in steps:
        begun = time.monotonic()
        yield step
        time.sleep(min(_REST * (time.monotonic() - begun), _LONGEST_REST))


def tell(name: str, value: Any) -> None:
    """Say how far a long job has come: a page reads it while the job's transaction lasts."""
    try:
        current_app.extensions["queue"].put(name, value)
    except (redis.RedisError, sqlite3.Error, OSError, sa.exc.SQLAlchemyError) as error:
        log.warning("la file d’attente ne répond pas\u00a0: %s", type(error).__name__)


def told(name: str) -> Any:
    """What a job said last under this name, or None."""
    try:
        return current_app.extensions["queue"].get(name, peek=True)
    except (redis.RedisError, sqlite3.Error, OSError, sa.exc.SQLAlchemyError) as error:
        log.warning("la file d’attente ne répond pas\u00a0: %s", type(error).__name__)
        return None


def run_due(at: datetime | None = None) -> list[str]:
    """Run the periodic jobs whose time has come, and return their names.

    One clock per job wins, however many are started: the row that says when it last ran moves once.
    """
    moment = at or database_time()
    return [name for name, period in _periods.items() if _takes(name, period, moment)]


def last_tick() -> datetime | None:
    """When the clock last started a job."""
    return db.session.scalar(sa.select(sa.func.max(Tick.started_at)))


def _takes(name: str, period: timedelta, at: datetime) -> bool:
    if not _moves(name, at - period, at):
        return False
    _run(name, [])
    return True


def _moves(name: str, before: datetime, at: datetime) -> bool:
    """Whether this clock is the one that moves the row of `name`."""
    # A moment that has not come yet was written before the clock of this machine was set back.
    later = at + max(at - before, _SET_BACK)
    is_due = sa.or_(Tick.started_at <= before, Tick.started_at > later)
    moved = change(sa.update(Tick).where(Tick.name == name, is_due).values(started_at=at))
    if not moved and db.session.scalar(sa.select(Tick.id).where(Tick.name == name)) is None:
        db.session.add(Tick(name=name, started_at=at))
    elif not moved:
        db.session.rollback()
        return False
    try:
        db.session.commit()
    except sa.exc.IntegrityError:
        db.session.rollback()
        return False
    return True


def _run(name: str, arguments: list[Any]) -> None:
    """Run one job; what it raises is logged, without its data, and the session starts afresh."""
    begin_writing()
    try:
        _jobs[name](*arguments)
        db.session.commit()
    except Exception:
        db.session.rollback()
        log.exception("tâche %s interrompue", name)
    finally:
        db.session.remove()


def is_reachable() -> bool:
    """Whether the queue answers."""
    try:
        current_app.extensions["queue"].storage.queue_size()
    except Exception:  # each store raises its own errors; the answer is the same
        log.warning("la file d’attente ne répond pas")
        return False
    return True


def consumer(app: Flask, workers: int = 2) -> Consumer:
    """A worker process: threads that run jobs, and a clock."""
    queue: Huey = app.extensions["queue"]
    return queue.create_consumer(
        workers=workers, periodic=True, max_delay=1, check_worker_health=True
    )


def init_app(app: Flask) -> None:
    """Open the queue named by the settings, and give it its two tasks."""
    settings = app.extensions["settings"]
    queue = _open(settings.queue_url, settings.secret_key)

    def run(name: str, arguments: list[Any]) -> None:
        with app.app_context():
            _run(name, arguments)

    def tick() -> None:
        with app.app_context():
            run_due()

    app.extensions["queue"] = queue
    app.extensions["queue_task"] = queue.task(name="run")(run)
    queue.periodic_task(crontab(), name="tick")(tick)


def _open(url: str, secret: str) -> Huey:
    options: dict[str, Any] = {
        "name": "maillage",
        "results": False,
        "serializer": SignedSerializer(secret=secret),
        "store_intermediate_errors": False,
    }
    if url.startswith("sqlite:///"):
        file = Path(url.removeprefix("sqlite:///"))
        file.parent.mkdir(parents=True, exist_ok=True)
        return SqliteHuey(filename=str(file), fsync=True, **options)
    if url.startswith(("redis://", "rediss://", "unix://")):
        return PriorityRedisHuey(url=url, **options)
    return PostgresHuey(dsn=url.replace("postgresql+psycopg://", "postgresql://"), **options)


def _name(function: Job) -> str:
    return f"{function.__module__}.{function.__name__}"
