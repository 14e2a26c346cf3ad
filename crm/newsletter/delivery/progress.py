"""How a delivery advances: recipients settled each minute, and when it should be over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from crm.db import Model, db
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.delivery.courtesy import Courtesy
from crm.newsletter.issues import Issue

_MINUTE = timedelta(minutes=1)
_LOOK_BACK = timedelta(minutes=5)


class Pulse(Model):
    """Recipients of one issue that were settled in one minute, by whatever workers."""

    __tablename__ = "delivery_pulses"
    __table_args__ = (sa.UniqueConstraint("issue_id", "minute"),)

    issue_id: Mapped[int] = mapped_column(sa.ForeignKey("issues.id", ondelete="CASCADE"))
    minute: Mapped[datetime]
    count: Mapped[int]


@dataclass(frozen=True)
class Progress:
    """Where an issue stands at one moment."""

    counts: dict[State, int]
    per_minute: int  # at its present speed; 0 when it does not advance
    ends_at: datetime | None  # for those who wait for their first try; None when nobody knows
    next_try_at: datetime | None  # of those who were put off

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def waiting(self) -> int:
        return self.counts[State.QUEUED] + self.counts[State.SENDING]

    @property
    def settled(self) -> int:
        return self.total - self.waiting - self.counts[State.DEFERRED]


def beat(connection: sa.Connection, issue_id: int, at: datetime, count: int) -> None:
    """Add so many settled recipients to the present minute."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    added = dialect.insert(Pulse).values(
        issue_id=issue_id, minute=at.replace(second=0, microsecond=0), count=count
    )
    connection.execute(
        added.on_conflict_do_update(
            index_elements=["issue_id", "minute"],
            set_={"count": Pulse.count + added.excluded.count},
        )
    )


def progress_of(issue: Issue, at: datetime) -> Progress:
    """Where `issue` stands, by its ledger and by its last minutes."""
    counts = Delivery.counts(issue)
    waiting = counts[State.QUEUED] + counts[State.SENDING]
    leaves = waiting and issue.paused_at is None and issue.cancelled_at is None
    if Courtesy.current().quiet_until_when(at):
        leaves = False
    per_minute = _per_minute(_pulses(issue, at), issue, at) if leaves else 0
    return Progress(
        counts=counts,
        per_minute=per_minute,
        ends_at=at + waiting / per_minute * _MINUTE if per_minute else None,
        next_try_at=_next_try(issue) if counts[State.DEFERRED] else None,
    )


def _pulses(issue: Issue, at: datetime) -> Sequence[Pulse]:
    return db.session.scalars(
        sa.select(Pulse)
        .where(Pulse.issue_id == issue.id, Pulse.minute > at - _LOOK_BACK - _MINUTE)
        .order_by(Pulse.minute)
    ).all()


def _per_minute(pulses: Sequence[Pulse], issue: Issue, at: datetime) -> int:
    """The speed since the first of these minutes, or since the issue began to leave."""
    if not pulses or issue.started_at is None:
        return 0
    since = max(pulses[0].minute, issue.started_at)
    elapsed = max(at - since, timedelta(seconds=1))
    return round(sum(pulse.count for pulse in pulses) / (elapsed / _MINUTE))


def _next_try(issue: Issue) -> datetime | None:
    return db.session.scalar(
        sa.select(sa.func.min(Delivery.next_try_at)).where(
            Delivery.issue_id == issue.id, Delivery.state == State.DEFERRED
        )
    )
