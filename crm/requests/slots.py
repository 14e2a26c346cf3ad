"""Appointments: when an officer is free, which of it is offered to whom, and what was chosen."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from crm.db import Model, now
from crm.filters import hour, weekday
from crm.requests.requests import SupportRequest
from crm.users import User

NOTICE = timedelta(hours=2)  # nobody chooses a slot that begins sooner


class Way(StrEnum):
    """How an officer and a requester meet."""

    PHONE = "phone"
    VIDEO = "video"
    OFFICE = "office"

    @property
    def label(self) -> str:
        return {"phone": "par téléphone", "video": "en visioconférence", "office": "sur place"}[
            self
        ]

    @property
    def icon(self) -> str:
        return {"phone": "telephone", "video": "camera-video", "office": "geo-alt"}[self]


class Hours(Model):
    """The same stretch of every week, cut into slots, some weeks ahead."""

    __tablename__ = "weekly_hours"
    __table_args__ = (
        sa.CheckConstraint("ends > starts", name="order"),
        sa.CheckConstraint("minutes > 0", name="minutes"),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
    )

    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"), index=True)
    officer: Mapped[User] = relationship()
    weekday: Mapped[int]  # 0 is Monday
    starts: Mapped[time]  # as read on a clock in Paris
    ends: Mapped[time]
    minutes: Mapped[int] = mapped_column(default=45)
    way: Mapped[Way] = mapped_column(default=Way.PHONE)
    place: Mapped[str] = mapped_column(sa.String(200), default="")
    video_url: Mapped[str] = mapped_column(sa.String(500), default="")
    # Slots were made up to that day: those taken away since are not made again.
    made_until: Mapped[date | None]
    ended_on: Mapped[date | None]


class Slot(Model):
    """A stretch of time that an officer keeps free for requesters."""

    __tablename__ = "slots"
    __table_args__ = (
        sa.UniqueConstraint("officer_id", "starts_at"),
        sa.CheckConstraint("ends_at > starts_at", name="order"),
    )

    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    officer: Mapped[User] = relationship()
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    way: Mapped[Way] = mapped_column(default=Way.PHONE)
    place: Mapped[str] = mapped_column(sa.String(200), default="")
    video_url: Mapped[str] = mapped_column(sa.String(500), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)

    @classmethod
    def coming(cls, at: datetime | None = None) -> sa.Select[Self]:
        """The slots that have not begun, in order."""
        later = cls.starts_at > (at or now())
        return sa.select(cls).where(later).order_by(cls.starts_at, cls.id)

    @classmethod
    def free(cls, at: datetime | None = None) -> sa.Select[Self]:
        """The slots one may still choose: far enough, and their officer meets nobody then."""
        busy = sa.exists().where(
            Appointment.officer_id == cls.officer_id,
            Appointment.cancelled_at.is_(None),
            Appointment.starts_at < cls.ends_at,
            Appointment.ends_at > cls.starts_at,
        )
        active = cls.officer.has(User.disabled_at.is_(None))
        soon = (at or now()) + NOTICE
        query = cls.coming(soon).where(~busy, active)
        return query.options(joinedload(cls.officer))

    @property
    def when(self) -> str:
        return span(self.starts_at, self.ends_at)

    @property
    def where(self) -> str:
        """« par téléphone », « sur place, 27 quai… »."""
        return f"{self.way.label}, {self.place}" if self.place else self.way.label


class Offer(Model):
    """A slot that a requester may choose; the same slot may be offered to several."""

    __tablename__ = "slot_offers"
    __table_args__ = (sa.UniqueConstraint("request_id", "slot_id"),)

    request_id: Mapped[int] = mapped_column(sa.ForeignKey("requests.id", ondelete="CASCADE"))
    request: Mapped[SupportRequest] = relationship()
    slot_id: Mapped[int] = mapped_column(sa.ForeignKey("slots.id", ondelete="CASCADE"), index=True)
    slot: Mapped[Slot] = relationship()
    at: Mapped[datetime] = mapped_column(default=now)


class Appointment(Model):
    """An officer and a requester meet. Moved or cancelled, its invitation follows (RFC 5546)."""

    __tablename__ = "appointments"
    __table_args__ = (sa.CheckConstraint("ends_at > starts_at", name="order"),)

    request_id: Mapped[int] = mapped_column(
        sa.ForeignKey("requests.id", ondelete="CASCADE"), index=True
    )
    request: Mapped[SupportRequest] = relationship()
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"), index=True)
    officer: Mapped[User] = relationship()
    # Taken by one only; free again when the appointment is cancelled or moved elsewhere.
    slot_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("slots.id", ondelete="SET NULL"), unique=True
    )
    slot: Mapped[Slot | None] = relationship()
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    way: Mapped[Way] = mapped_column(default=Way.PHONE)
    place: Mapped[str] = mapped_column(sa.String(200), default="")
    video_url: Mapped[str] = mapped_column(sa.String(500), default="")
    # The same through all its changes; each change has a higher sequence (RFC 5545 §3.8.7.4).
    uid: Mapped[str] = mapped_column(sa.String(120), unique=True)
    sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    # The last change that calendars were told.
    updated_at: Mapped[datetime] = mapped_column(default=now)
    reminded_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    # Who called it off, in words that both read.
    cancelled_why: Mapped[str] = mapped_column(sa.String(300), default="")

    @classmethod
    def coming(cls, at: datetime | None = None) -> sa.Select[Self]:
        """Those that hold and are not over, in order."""
        holds = cls.cancelled_at.is_(None), cls.ends_at > (at or now())
        query = sa.select(cls).where(*holds).order_by(cls.starts_at, cls.id)
        return query.options(joinedload(cls.officer), joinedload(cls.request))

    @property
    def is_cancelled(self) -> bool:
        return self.cancelled_at is not None

    @property
    def is_over(self) -> bool:
        return self.ends_at <= now()

    @property
    def when(self) -> str:
        return span(self.starts_at, self.ends_at)

    @property
    def where(self) -> str:
        return f"{self.way.label}, {self.place}" if self.place else self.way.label


def span(starts_at: datetime, ends_at: datetime) -> str:
    """« mardi 3 mars 2026, de 14 h à 14 h 45 »."""
    return f"{weekday(starts_at)}, de {hour(starts_at)} à {hour(ends_at)}"
