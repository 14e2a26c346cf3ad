"""Forgotten: marks of what was erased, so that a backup older than the erasure forgets it again.

Whoever is erased comes back when an older backup is restored, though they were told that nothing is
left. What is kept to prevent it is a mark: an HMAC (RFC 2104) under the installation’s key, of what
was erased and when. Nobody can read anybody in it; it only answers « was this one erased? ».
Source of the rule: RGPD art. 17; CNIL, guide de la sécurité, « Sauvegarder » and « Archiver ».
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm.config import Settings
from crm.db import Model, change, db, now
from crm.jobs import every

_SHORTEST = timedelta(days=400)  # a year of monthly backups, and the last one’s month


class Forgotten(Model):
    """One thing that was erased, or one letter that was left. `kind` is a word of the code."""

    __tablename__ = "forgotten"

    at: Mapped[datetime] = mapped_column(default=now, index=True)
    kind: Mapped[str] = mapped_column(sa.String(30))
    mark: Mapped[str] = mapped_column(sa.String(32))
    # A backup that was made before has come back: it is to be erased again.
    due_since: Mapped[datetime | None] = mapped_column(index=True)

    @classmethod
    def due(cls) -> sa.Select[Self]:
        return sa.select(cls).where(cls.due_since.is_not(None)).order_by(cls.id)


def remember(kind: str, *what: object) -> None:
    """Keep the mark of what is about to be erased; the caller commits it with the erasure.

    `what` says it exactly as it can be said again by an older backup: an address, the number of a
    row with what it holds.
    """
    [mark] = marks(kind, what, [Settings.current().secret_key])
    db.session.add(Forgotten(kind=kind, mark=mark))


def marks(kind: str, what: Iterable[object], keys: Sequence[str]) -> list[str]:
    """The marks of something under each key, 32 hexadecimal digits each."""
    said = "\0".join([kind, *map(str, what)]).encode("utf-8", "replace")
    return [hmac.digest(_secret(key), said, "sha256").hex()[:32] for key in keys]


def _secret(key: str) -> bytes:
    return hashlib.sha256(f"oubli\0{key}".encode()).digest()


def horizon() -> datetime:
    """No backup kept by the rule is older: the marks of before serve no more."""
    months = timedelta(days=31 * (Settings.current().backup_keep[2] + 1))
    return now() - max(_SHORTEST, months)


@every(hours=24)
def forget_marks() -> None:
    """Delete the marks that serve no more."""
    change(sa.delete(Forgotten).where(Forgotten.at < horizon(), Forgotten.due_since.is_(None)))
