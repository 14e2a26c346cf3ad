"""Documents: files that go with an event, kept in the database and never shown inline."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Model, now
from crm.events.events import Event
from crm.events.kinds import Shown


class Document(Model):
    """A programme, slides, minutes…"""

    __tablename__ = "event_documents"

    event_id: Mapped[int] = mapped_column(
        sa.ForeignKey("events.id", ondelete="CASCADE"), index=True
    )
    event: Mapped[Event] = relationship(back_populates="documents")
    name: Mapped[str] = mapped_column(sa.String(200))
    title: Mapped[str] = mapped_column(sa.String(200), default="")
    size: Mapped[int]  # bytes
    content: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    shown: Mapped[Shown] = mapped_column(default=Shown.REGISTERED)
    created_at: Mapped[datetime] = mapped_column(default=now)
