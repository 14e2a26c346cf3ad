"""Scrubbing: after an erasure, nothing stays in the files of the database, nor of the queue."""

from datetime import datetime

import sqlalchemy as sa

from crm.config import Settings
from crm.contacts.search.forget import settle
from crm.db import begin_writing, change, db, now
from crm.filters import local
from crm.forgotten import Forgotten
from crm.jobs import Tick, enqueue, every
from crm.newsletter.subscriptions import LEFT
from crm.privacy.erasures import Erasure
from crm.privacy.rewrite import rewrite, weight

_HEAVY = 1 << 30  # bytes beyond which a database is written again at night only
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
    """Write the database again, and the queue. Whether nothing is left behind. Commits."""
    settle()
    db.session.commit()
    db.session.remove()
    done = [rewrite(url) for url in _places(settings)]
    return all(done)


def must_wait(settings: Settings) -> bool:
    """Whether a database is so large that writing it again would hinder who works today."""
    if local(now()).hour in _NIGHT:
        return False
    return any(weight(url) > _HEAVY for url in _places(settings))


def _places(settings: Settings) -> list[str]:
    """The database, and the queue unless it is in there too."""
    return list(dict.fromkeys((settings.database_url, settings.queue_url)))
