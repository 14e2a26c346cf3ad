"""Departures: what is kept of someone whose data was erased, a keyed hash of the address alone.

Nobody can read an address in it; it only answers « did this one leave? » when a list is taken in.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm.db import Model, db, now
from crm.text import normal_email


class Departure(Model):
    """An address that asked to be forgotten."""

    __tablename__ = "departures"

    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    @classmethod
    def remember(cls, email: str, keys: Sequence[str]) -> None:
        """Keep the hash of `email`; `keys` as `Settings.keys`. Safe to repeat."""
        if not cls.includes(email, keys):
            db.session.add(cls(digest=digests(email, keys)[0]))

    @classmethod
    def includes(cls, email: str, keys: Sequence[str]) -> bool:
        """Whether this address was erased, under the present key or an old one."""
        found = sa.select(cls.id).where(cls.digest.in_(digests(email, keys)))
        return db.session.scalar(found.limit(1)) is not None

    @classmethod
    def forget(cls, email: str, keys: Sequence[str]) -> None:
        """The person came back by itself."""
        db.session.execute(sa.delete(cls).where(cls.digest.in_(digests(email, keys))))


def digests(email: str, keys: Sequence[str]) -> list[str]:
    """The hashes of an address, 64 hexadecimal digits each, with each key (HMAC, RFC 2104)."""
    address = (normal_email(email) or email.strip().lower()).encode()
    return [
        hmac.digest(hashlib.sha256(f"depart\0{key}".encode()).digest(), address, "sha256").hex()
        for key in keys
    ]
