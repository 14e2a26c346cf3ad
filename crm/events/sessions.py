"""Sessions: the days of an event, with their hours when they are known."""

from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Model, now
from crm.events.events import Event
from crm.filters import PARIS, local


class Session(Model):
    """One day of an event. Past tables know days only: no hours then."""

    __tablename__ = "event_sessions"
    __table_args__ = (
        sa.Index("ix_event_sessions_event_id_day", "event_id", "day"),
        sa.CheckConstraint("ends_at > starts_at", name="order"),
        sa.CheckConstraint("(starts_at IS NULL) = (ends_at IS NULL)", name="hours"),
    )

    event_id: Mapped[int] = mapped_column(sa.ForeignKey("events.id", ondelete="CASCADE"))
    event: Mapped[Event] = relationship(back_populates="sessions")
    day: Mapped[date] = mapped_column(index=True)  # in Europe/Paris
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    title: Mapped[str] = mapped_column(sa.String(200), default="")
    # How calendars know it; each change has a higher sequence (RFC 5545 §3.8.7.4).
    uid: Mapped[str] = mapped_column(sa.String(120), unique=True)
    sequence: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    # Taken out of the event: it stays for calendars to be told that it is off.
    cancelled_at: Mapped[datetime | None]

    @property
    def begin(self) -> datetime:
        """When it begins: its hour, or that day's first minute in Paris."""
        return self.starts_at or _midnight(self.day)

    @property
    def end(self) -> datetime:
        """When it is over: its hour, or that day's midnight in Paris."""
        return self.ends_at or _midnight(self.day + timedelta(days=1))

    @property
    def whole_days(self) -> tuple[date, date]:
        """Its day and the next one: how calendars say that something lasts the whole day."""
        return self.day, self.day + timedelta(days=1)

    @property
    def local_hours(self) -> tuple[time | None, time | None]:
        """Its hours as read on a clock in Paris."""
        if self.starts_at is None or self.ends_at is None:
            return None, None
        return local(self.starts_at).time(), local(self.ends_at).time()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, PARIS).astimezone(UTC)
