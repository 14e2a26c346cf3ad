"""Backups: one row for each, asked for, made, checked, and at last removed."""

import socket
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm.db import Model, db, now
from crm.filters import local

LATE = timedelta(hours=30)  # a night that was missed
DEAD = timedelta(hours=3)  # a backup that lasts so long died with its worker


class Why(StrEnum):
    """What it was made for."""

    NIGHT = "night"
    ASKED = "asked"
    UPGRADE = "upgrade"
    RESTORE = "restore"

    @property
    def label(self) -> str:
        return {
            "night": "de la nuit",
            "asked": "demandée",
            "upgrade": "avant une mise à jour",
            "restore": "avant une restauration",
        }[self]

    @property
    def ending(self) -> str:
        """What the names of its files end with."""
        return {"night": "", "asked": "", "upgrade": "-mise-a-jour", "restore": "-restauration"}[
            self
        ]

    def file_name(self, at: datetime) -> str:
        """« maillage-20261121-020000.zip », at the hour of Paris."""
        return f"maillage-{local(at):%Y%m%d-%H%M%S}{self.ending}.zip"


class Backup(Model):
    """One backup, and what its check found."""

    __tablename__ = "backups"

    why: Mapped[Why]
    asked_at: Mapped[datetime] = mapped_column(default=now, index=True)
    begun_at: Mapped[datetime | None]
    made_at: Mapped[datetime | None]
    # On a machine that has a name: with several, each may have a folder of its own.
    host: Mapped[str] = mapped_column(sa.String(60), default=lambda: socket.gethostname()[:60])
    name: Mapped[str] = mapped_column(sa.String(200), default="")
    size: Mapped[int] = mapped_column(sa.BigInteger, default=0)  # bytes
    rows: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    seconds: Mapped[float] = mapped_column(default=0.0)  # making and checking
    # Restored whole in a temporary place, with the same sums.
    checked_at: Mapped[datetime | None]
    trouble: Mapped[str] = mapped_column(sa.String(500), default="")
    removed_at: Mapped[datetime | None]

    @property
    def is_good(self) -> bool:
        return self.checked_at is not None and not self.trouble

    @property
    def is_going_on(self) -> bool:
        return not self.trouble and self.checked_at is None

    @classmethod
    def newest(cls) -> sa.Select[Self]:
        """Those one can see: there, going on, or failed lately."""
        lately = cls.asked_at > now() - timedelta(days=30)
        return (
            sa.select(cls)
            .where(cls.removed_at.is_(None), sa.or_(cls.trouble == "", lately))
            .order_by(cls.asked_at.desc(), cls.id.desc())
        )

    @classmethod
    def last_good(cls) -> Self | None:
        """The last one that was made and checked."""
        return db.session.scalar(
            sa.select(cls)
            .where(cls.checked_at.is_not(None), cls.trouble == "")
            .order_by(cls.made_at.desc())
            .limit(1)
        )

    @classmethod
    def last(cls) -> Self | None:
        """The last one that is over, well or not."""
        return db.session.scalar(
            sa.select(cls)
            .where(sa.or_(cls.checked_at.is_not(None), cls.trouble != ""))
            .order_by(cls.asked_at.desc(), cls.id.desc())
            .limit(1)
        )

    @classmethod
    def waiting(cls) -> sa.Select[Self]:
        """Those that somebody asked for, and those whose worker died."""
        return sa.select(cls).where(
            cls.checked_at.is_(None),
            cls.trouble == "",
            sa.or_(cls.begun_at.is_(None), cls.begun_at < now() - DEAD),
        ).order_by(cls.id)  # fmt: skip

    @classmethod
    def asked_since(cls, moment: datetime) -> bool:
        """Whether the backup of a night was thought of since that moment."""
        found = sa.select(cls.id).where(cls.why == Why.NIGHT, cls.asked_at >= moment)
        return db.session.scalar(found.limit(1)) is not None
