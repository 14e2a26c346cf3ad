"""Files put in, rehearsed, then applied: past tables, and lists of those who attended."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Model, now
from crm.events.events import Event
from crm.events.sessions import Session
from crm.users import User


class Purpose(StrEnum):
    TABLE = "table"
    ATTENDANCE = "attendance"


class EventFile(Model):
    """A file that waits to be applied. Once it is, what it held is forgotten."""

    __tablename__ = "event_files"

    purpose: Mapped[Purpose]
    event_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("events.id", ondelete="CASCADE"), index=True
    )
    event: Mapped[Event | None] = relationship()
    session_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("event_sessions.id", ondelete="CASCADE"), index=True
    )
    session: Mapped[Session | None] = relationship()
    name: Mapped[str] = mapped_column(sa.String(200))
    content: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"), index=True)
    user: Mapped[User | None] = relationship()
    created_at: Mapped[datetime] = mapped_column(default=now)
    applied_at: Mapped[datetime | None]
    said: Mapped[str] = mapped_column(sa.String(500), default="")  # what it did, in French

    @classmethod
    def applied(cls, purpose: Purpose) -> sa.Select["EventFile"]:
        """Those that were applied, the last one first."""
        mine = sa.select(cls).where(cls.purpose == purpose, cls.applied_at.is_not(None))
        return mine.order_by(cls.applied_at.desc(), cls.id.desc())

    def settle(self, said: str) -> None:
        """It was applied: what it held is not needed any more."""
        self.applied_at, self.content, self.said = now(), b"", said
