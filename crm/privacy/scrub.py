"""Scrubbing: after an erasure, nothing stays in the free pages of the files of the database.

A deleted row leaves its bytes in its page, in the journal of writes (WAL) and in the full-text
index until they are written over. SQLite: https://www.sqlite.org/lang_vacuum.html. PostgreSQL only
frees the room: its own journal forgets when it turns (`wal_keep_size`, archives).
"""

import logging
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from crm.config import Settings
from crm.contacts.search.forget import settle
from crm.db import begin_writing, change, db, now
from crm.filters import local
from crm.forgotten import Forgotten
from crm.jobs import Tick, enqueue, every
from crm.newsletter.subscriptions import LEFT
from crm.privacy.erasures import Erasure

log = logging.getLogger(__name__)

_HEAVY = 1 << 30  # bytes of a SQLite file beyond which it is written again at night only
_NIGHT = range(1, 6)
_DONE = "fichiers réécrits"  # the row of the clock that says when they last were


def wake() -> None:
    """Have the files written again now. Call it after the commit of an erasure."""
    enqueue(scrub_due)


@every(minutes=15)
def scrub_due() -> None:
    """Write the files again if someone was erased since, by the team or on a page of theirs.
    Commits."""
    settings = Settings.current()
    since = now()
    if not _is_owed() or must_wait(settings):
        return
    if scrub(settings):
        begin_writing()
        waiting = Erasure.settled_at.is_(None), Erasure.at <= since
        change(sa.update(Erasure).where(*waiting).values(settled_at=now()))
        _note(since)
        db.session.commit()


def _is_owed() -> bool:
    if db.session.scalar(Erasure.unsettled().limit(1)) is not None:
        return True
    last = db.session.scalar(sa.select(Tick.started_at).where(Tick.name == _DONE))
    # Leaving a letter erases nobody.
    erased = sa.select(sa.func.max(Forgotten.at)).where(Forgotten.kind != LEFT)
    latest = db.session.scalar(erased)
    return latest is not None and (last is None or latest > last)


def _note(at: datetime) -> None:
    """Remember up to when nothing is left behind."""
    row = db.session.scalar(sa.select(Tick).where(Tick.name == _DONE)) or Tick(name=_DONE)
    row.started_at = at
    db.session.add(row)


def scrub(settings: Settings) -> bool:
    """Write the database again, and the file of the queue. Whether nothing is left behind.

    It waits for no reader: when one holds the journal open, it is for next time. Commits.
    """
    settle()
    db.session.commit()
    db.session.remove()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("VACUUM")
            done = True
        else:
            done = _rewrite(connection.connection.dbapi_connection)
    queue = _file(settings.queue_url)
    if queue is not None and queue.is_file():
        with closing(sqlite3.connect(queue, timeout=15)) as other:
            done &= _rewrite(other)
    return done


def _rewrite(connection: object) -> bool:
    assert isinstance(connection, sqlite3.Connection)
    try:
        connection.execute("VACUUM")
        busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError as error:
        log.warning("la base sera réécrite plus tard\u00a0: %s", error)
        return False
    return not busy


def must_wait(settings: Settings) -> bool:
    """Whether the database is so large that writing it again would hinder who works today."""
    file = _file(settings.database_url)
    is_heavy = file is not None and file.is_file() and file.stat().st_size > _HEAVY
    return is_heavy and local(now()).hour not in _NIGHT


def _file(url: str) -> Path | None:
    path = url.removeprefix("sqlite:///")
    return Path(path) if path != url else None
