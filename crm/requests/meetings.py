"""The weekly meeting: what was decided for each request, its minutes, and who is away."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from crm.db import Model, db, now
from crm.filters import day, today, weekday
from crm.requests.kinds import Outcome
from crm.requests.requests import SupportRequest
from crm.users import User


class Meeting(Model):
    """One weekly meeting: open while it lasts, then closed with its minutes."""

    __tablename__ = "meetings"

    held_on: Mapped[date] = mapped_column(default=today, index=True)
    opened_at: Mapped[datetime] = mapped_column(default=now)
    opened_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"), index=True)
    opened_by: Mapped[User | None] = relationship(foreign_keys=opened_by_id)
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"), index=True)
    closed_by: Mapped[User | None] = relationship(foreign_keys=closed_by_id)
    # The names of those who were there, and what was said beside the decisions.
    present: Mapped[list[str]] = mapped_column(default=list)
    notes: Mapped[str] = mapped_column(sa.Text, default="")
    # Frozen when it closes: what the minutes say does not change with the requests afterwards.
    minutes: Mapped[dict[str, Any]] = mapped_column(default=dict, deferred=True)
    decisions: Mapped[list["Decision"]] = relationship(
        back_populates="meeting", cascade="all, delete-orphan", order_by="Decision.id"
    )

    @classmethod
    def current(cls) -> Self | None:
        """The meeting being held, if there is one."""
        return db.session.scalar(sa.select(cls).where(cls.closed_at.is_(None)).limit(1))

    @classmethod
    def held(cls) -> sa.Select[Self]:
        """Those that are over, the last one first."""
        over = sa.select(cls).where(cls.closed_at.is_not(None))
        return over.order_by(cls.held_on.desc(), cls.id.desc())

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None

    @property
    def title(self) -> str:
        return f"Réunion du {weekday(self.held_on)}"


class Verdict(StrEnum):
    """What a meeting decides of one request."""

    ASSIGN = "assign"
    KEEP = "keep"
    REMIND = "remind"
    CLOSE = "close"

    @property
    def label(self) -> str:
        return {"assign": "attribuée", "keep": "suit son cours", "remind": "à relancer",
                "close": "close"}[self]  # fmt: skip


class Decision(Model):
    """What one meeting decided of one request; decided again, it is changed."""

    __tablename__ = "meeting_decisions"
    __table_args__ = (sa.UniqueConstraint("meeting_id", "request_id"),)

    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meetings.id", ondelete="CASCADE"))
    meeting: Mapped[Meeting] = relationship(back_populates="decisions")
    request_id: Mapped[int] = mapped_column(
        sa.ForeignKey("requests.id", ondelete="CASCADE"), index=True
    )
    request: Mapped[SupportRequest] = relationship()
    verdict: Mapped[Verdict]
    assignee_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"), index=True)
    assignee: Mapped[User | None] = relationship(foreign_keys=assignee_id)
    second_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"), index=True)
    second: Mapped[User | None] = relationship(foreign_keys=second_id)
    # The numbers of the slots that the acknowledgement offers.
    slots: Mapped[list[str]] = mapped_column(default=list)
    outcome: Mapped[Outcome | None]
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"), index=True)
    by: Mapped[User | None] = relationship(foreign_keys=by_id)
    at: Mapped[datetime] = mapped_column(default=now)
    # The acknowledgement left; it leaves once, however often the meeting is closed.
    told_at: Mapped[datetime | None]


class Absence(Model):
    """Days on which an officer is away, both ends included."""

    __tablename__ = "absences"
    __table_args__ = (sa.CheckConstraint("ends_on >= starts_on", name="order"),)

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"), index=True)
    user: Mapped[User] = relationship()
    starts_on: Mapped[date]
    ends_on: Mapped[date] = mapped_column(index=True)
    note: Mapped[str] = mapped_column(sa.String(200), default="")

    @classmethod
    def coming(cls, days: int = 14) -> sa.Select[Self]:
        """Those that last, or begin within `days`, in order."""
        soon = cls.starts_on <= today() + timedelta(days=days)
        query = sa.select(cls).where(cls.ends_on >= today(), soon)
        return query.order_by(cls.starts_on, cls.id).options(joinedload(cls.user))

    @property
    def days(self) -> str:
        """« le 3 mars 2026 », « du 3 au 12 mars 2026 »."""
        if self.starts_on == self.ends_on:
            return f"le {day(self.starts_on)}"
        same = (self.starts_on.year, self.starts_on.month) == (
            self.ends_on.year,
            self.ends_on.month,
        )
        return f"du {day(self.starts_on, 'd' if same else 'd MMMM')} au {day(self.ends_on)}"
