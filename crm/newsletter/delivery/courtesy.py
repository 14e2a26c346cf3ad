"""Courtesy: how fast, and at what hours, letters may leave. What the settings' page says."""

from datetime import datetime, time, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm.db import Model, db
from crm.filters import PARIS

MINUTE, HOUR = 60, 3600
# Seconds by which a message may be early or late on its place: limits leave room for that.
SLACK = 3
MOST_CONNECTIONS = 8


class Courtesy(Model):
    """The one row that says when and by how many connections letters leave."""

    __tablename__ = "courtesy"

    connections: Mapped[int] = mapped_column(default=2)
    # On a clock in Paris; both or neither.
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]
    spares_weekends: Mapped[bool] = mapped_column(default=False)

    @classmethod
    def current(cls) -> "Courtesy":
        """What was decided; the defaults as long as nothing was."""
        return db.session.scalar(cls.query_one()) or cls(connections=2, spares_weekends=False)

    @classmethod
    def query_one(cls) -> sa.Select["Courtesy"]:
        return sa.select(cls).order_by(cls.id).limit(1)

    def quiet_until_when(self, at: datetime) -> datetime | None:
        """When letters may leave again, if they may not at that moment."""
        end = at.astimezone(PARIS)
        while self._is_quiet(end):
            end = self._next_boundary(end)
        return end if end > at else None

    def _is_quiet(self, local: datetime) -> bool:
        if self.spares_weekends and local.weekday() >= 5:
            return True
        if self.quiet_from is None or self.quiet_until is None:
            return False
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= local.time() < self.quiet_until
        return local.time() >= self.quiet_from or local.time() < self.quiet_until

    def _next_boundary(self, local: datetime) -> datetime:
        """The next midnight, or the end of the quiet hours, whichever comes first."""
        tomorrow = local.date() + timedelta(days=1)
        midnight = datetime.combine(tomorrow, time(), PARIS)
        if self.quiet_until is None:
            return midnight
        end = datetime.combine(local.date(), self.quiet_until, PARIS)
        return min(midnight, end) if end > local else midnight


class RuleKind(StrEnum):
    RELAY = "relay"
    DOMAIN = "domain"


class Rule(Model):
    """How many messages a server of ours, or a domain of our readers, is given at the most."""

    __tablename__ = "sending_rules"
    __table_args__ = (
        sa.UniqueConstraint("kind", "name"),
        sa.CheckConstraint("per_minute > 0", name="per_minute"),
        sa.CheckConstraint("per_hour > 0", name="per_hour"),
    )

    kind: Mapped[RuleKind]
    # The server's host and port, or the domain; empty: each of the others, on its own.
    name: Mapped[str] = mapped_column(sa.String(254), default="")
    per_minute: Mapped[int | None]
    per_hour: Mapped[int | None]

    @classmethod
    def all(cls) -> sa.Select["Rule"]:
        return sa.select(cls).order_by(cls.kind, cls.name)

    @classmethod
    def of(cls, kind: RuleKind, name: str) -> "Rule | None":
        return db.session.scalar(sa.select(cls).where(cls.kind == kind, cls.name == name))

    @property
    def spacing(self) -> float:
        """Seconds from one message to the next, so that no minute and no hour holds too many."""
        return max(
            (MINUTE + SLACK) / self.per_minute if self.per_minute else 0,
            (HOUR + SLACK) / self.per_hour if self.per_hour else 0,
        )


class Pace(Model):
    """Where a server or a domain stands: its next free place, and how slow it asked us to be.

    Shared by all workers, on all machines; there is a row only where something keeps us back.
    """

    __tablename__ = "sending_paces"

    key: Mapped[str] = mapped_column(sa.String(300), unique=True)  # « domain example.org »
    free_at: Mapped[datetime]
    # Until when its places are promised to recipients who wait.
    booked_until: Mapped[datetime]
    # Seconds between two messages since it last said « not so fast », and when it did.
    slowness: Mapped[float] = mapped_column(default=0.0)
    slowed_at: Mapped[datetime | None]

    @property
    def name(self) -> str:
        return self.key.partition(" ")[2]

    @classmethod
    def slowed(cls, since: datetime) -> sa.Select["Pace"]:
        return sa.select(cls).where(cls.slowed_at > since).order_by(cls.key)
