"""Lapses: people who gave no sign of life for years, what they were asked, what they answered."""

from datetime import datetime
from typing import Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.contacts.people import Person
from crm.db import Model, db, now
from crm.users import User

YEARS = 3  # CNIL, référentiel relatif à la gestion commerciale (2022), §6
DAYS = 60  # from the question to the erasure


class Retention(Model):
    """How long people are kept, and whether it is done by itself."""

    __tablename__ = "retention"

    years: Mapped[int] = mapped_column(default=YEARS)
    days: Mapped[int] = mapped_column(default=DAYS)
    # Nothing is asked, nor erased, before an administrator has seen what would be.
    started_at: Mapped[datetime | None]
    started_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL")
    )
    started_by: Mapped[User | None] = relationship()
    ran_at: Mapped[datetime | None]

    @classmethod
    def current(cls) -> Self:
        """The rule in force; the CNIL’s, not started, when nobody has set one."""
        return db.session.scalar(sa.select(cls).limit(1)) or cls(years=YEARS, days=DAYS)

    @property
    def is_started(self) -> bool:
        return self.started_at is not None

    def start(self, by: User) -> None:
        """Let the clock do it every night. Safe to repeat."""
        if not self.is_started:
            self.started_at, self.started_by = now(), by
        db.session.add(self)

    def stop(self) -> None:
        self.started_at = self.started_by = None
        db.session.add(self)


class Lapse(Model):
    """Someone who gave no sign for too long: a card, or an address that is on none."""

    __tablename__ = "lapses"

    person_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("people.id", ondelete="SET NULL"), index=True
    )
    person: Mapped[Person | None] = relationship()
    email: Mapped[str] = mapped_column(sa.String(254), default="", index=True)
    # The last sign that was known when they were found.
    last_at: Mapped[datetime]
    found_at: Mapped[datetime] = mapped_column(default=now, index=True)
    # None: nobody could be written to.
    asked_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]  # « oui, gardez-moi »
    # Someone of the team keeps them for now, and says why.
    kept_until: Mapped[datetime | None]
    kept_why: Mapped[str] = mapped_column(sa.String(300), default="")
    erased_at: Mapped[datetime | None]

    @classmethod
    def waiting(cls) -> sa.Select[Self]:
        """Those who were found and neither answered nor went, the oldest first."""
        open_ones = cls.answered_at.is_(None), cls.erased_at.is_(None), cls.kept_until.is_(None)
        return sa.select(cls).where(*open_ones).order_by(cls.found_at, cls.id)

    @property
    def is_open(self) -> bool:
        return self.answered_at is None and self.erased_at is None

    def stay(self) -> None:
        """They want to be kept. Safe to repeat: the first answer stays."""
        self.answered_at = self.answered_at or now()
