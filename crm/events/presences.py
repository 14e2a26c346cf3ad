"""Presences: who came to which day, and the gestures that said so, each taken once."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Model, now
from crm.events.kinds import Attendance, Known
from crm.events.registrations import Registration
from crm.events.sessions import Session
from crm.users import User


class Presence(Model):
    """What is known of one registration on one day. The last gesture made is the one believed."""

    __tablename__ = "presences"
    __table_args__ = (sa.UniqueConstraint("registration_id", "session_id"),)

    registration_id: Mapped[int] = mapped_column(
        sa.ForeignKey("registrations.id", ondelete="CASCADE")
    )
    registration: Mapped[Registration] = relationship()
    session_id: Mapped[int] = mapped_column(
        sa.ForeignKey("event_sessions.id", ondelete="CASCADE"), index=True
    )
    session: Mapped[Session] = relationship()
    # None: marked by mistake, then taken back.
    attendance: Mapped[Attendance | None]
    known: Mapped[Known]
    arrived_at: Mapped[datetime | None]
    minutes: Mapped[int | None]  # how long, when a webinar's list says it
    # When somebody said so last, by the clock of their device.
    changed_at: Mapped[datetime] = mapped_column(default=now)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"), index=True)
    user: Mapped[User | None] = relationship()


class Gesture(Model):
    """One gesture at the door. Its key is drawn on the device: sent twice, it is taken once."""

    __tablename__ = "gestures"

    key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    registration_id: Mapped[int] = mapped_column(
        sa.ForeignKey("registrations.id", ondelete="CASCADE"), index=True
    )
    registration: Mapped[Registration] = relationship()
    received_at: Mapped[datetime] = mapped_column(default=now)
