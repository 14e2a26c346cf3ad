"""Appointments: when an officer is free, which of it is offered to whom, and what was chosen."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Model, now
from crm.requests.requests import SupportRequest
from crm.users import User


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
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
    reminded_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    # Who called it off, in words that both read.
    cancelled_why: Mapped[str] = mapped_column(sa.String(300), default="")
