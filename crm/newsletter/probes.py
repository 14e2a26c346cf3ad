"""Probes: what the pages that letters lead to answered, kept for a while."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm.db import Model, db

FRESH = timedelta(hours=12)  # how long an answer is good for


class Probe(Model):
    """One address, and what was found there the last time it was asked for."""

    __tablename__ = "probes"

    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)  # of the address
    url: Mapped[str] = mapped_column(sa.Text)
    # Waiting for its answer since then; None: it has one.
    asked_at: Mapped[datetime | None] = mapped_column(index=True)
    checked_at: Mapped[datetime | None]
    # Where it leads in the end, when that is another page.
    leads_to: Mapped[str] = mapped_column(sa.Text, default="")
    # Why it does not answer, in French; and whether the site says that the page is no more.
    error: Mapped[str] = mapped_column(sa.String(300), default="")
    is_gone: Mapped[bool] = mapped_column(default=False)
    # Someone opened it and found it right: robots are not always welcome.
    vouched_at: Mapped[datetime | None]

    @classmethod
    def of(cls, urls: Iterable[str]) -> dict[str, "Probe"]:
        """Those there are of these addresses, by address."""
        digests = [digest(url) for url in urls]
        found = db.session.scalars(sa.select(cls).where(cls.digest.in_(digests)))
        return {probe.url: probe for probe in found}

    def is_fresh(self, at: datetime) -> bool:
        return self.checked_at is not None and self.checked_at > at - FRESH


def digest(url: str) -> str:
    return hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()
