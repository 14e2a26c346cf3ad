"""Short answers: what was told by telephone or at a stand, logged in ten seconds."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.terms import Term
from crm.db import Model, now
from crm.requests.kinds import Channel, Public
from crm.requests.requests import SupportRequest
from crm.users import User


class Answer(Model):
    """One short answer. Nobody is named unless someone wished it so."""

    __tablename__ = "answers"

    # Made on the device that logs it: sent twice by a poor network, it is kept once.
    key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    channel: Mapped[Channel]
    theme_id: Mapped[int | None] = mapped_column(sa.ForeignKey("terms.id"), index=True)
    theme: Mapped[Term | None] = relationship()
    department: Mapped[str] = mapped_column(sa.String(3), default="", index=True)
    public: Mapped[Public | None]
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    # Where it was, when that is worth counting: « Salon de la mobilité ».
    place: Mapped[str] = mapped_column(sa.String(120), default="")
    # How many people were told the same at once.
    people: Mapped[int] = mapped_column(default=1)
    # When it was given, as the device says; then when it reached us.
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    received_at: Mapped[datetime] = mapped_column(default=now)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"), index=True)
    user: Mapped[User] = relationship()
    person_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("people.id", ondelete="SET NULL"), index=True
    )
    person: Mapped[Person | None] = relationship()
    organisation_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("organisations.id", ondelete="SET NULL"), index=True
    )
    organisation: Mapped[Organisation | None] = relationship()
    # The request it became, when a short answer was not enough.
    request_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("requests.id", ondelete="SET NULL"), index=True
    )
    request: Mapped[SupportRequest | None] = relationship()
