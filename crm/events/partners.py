"""Partners: who organises, speaks, hosts or pays, in the order they were typed."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.contacts.organisations import Organisation
from crm.db import Model
from crm.events.events import Event
from crm.events.kinds import Part


class Partnership(Model):
    """One partner of an event: a name as it was typed, and the card it is surely the name of."""

    __tablename__ = "partnerships"
    __table_args__ = (sa.Index("ix_partnerships_event_id_position", "event_id", "position"),)

    event_id: Mapped[int] = mapped_column(sa.ForeignKey("events.id", ondelete="CASCADE"))
    event: Mapped[Event] = relationship(back_populates="partners")
    organisation_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("organisations.id", ondelete="SET NULL"), index=True
    )
    organisation: Mapped[Organisation | None] = relationship()
    name: Mapped[str] = mapped_column(sa.String(300))
    # The name folded: what two writings of a partner that has no card have in common.
    name_key: Mapped[str] = mapped_column(sa.String(300), default="", index=True)
    part: Mapped[Part] = mapped_column(default=Part.PARTNER)
    position: Mapped[int] = mapped_column(default=0)
