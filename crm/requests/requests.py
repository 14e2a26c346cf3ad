"""A request for support: who asks, for what, who answers, and where it stands."""

from datetime import date, datetime
from typing import Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.terms import Term
from crm.db import Model, db, now
from crm.requests.kinds import (
    OPEN_STATES,
    Channel,
    Outcome,
    Priority,
    Public,
    RequestKind,
    Stage,
    State,
)
from crm.users import User


class SupportRequest(Model):
    """Someone asks the network for help. What is only suspected stays out of the queue."""

    __tablename__ = "requests"
    __table_args__ = (
        sa.Index("ix_requests_state_created_at", "state", "created_at"),
        sa.Index("ix_requests_assignee_id_state", "assignee_id", "state"),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
    )

    # « D-2026-0123 », in the order of arrival within a year.
    reference: Mapped[str] = mapped_column(sa.String(20), unique=True)
    kind: Mapped[RequestKind] = mapped_column(index=True)
    state: Mapped[State] = mapped_column(default=State.NEW)
    channel: Mapped[Channel] = mapped_column(default=Channel.FORM)
    priority: Mapped[int] = mapped_column(default=Priority.NORMAL.value)
    # Made by what posts it, once per request: the same one sent twice is kept once.
    key: Mapped[str | None] = mapped_column(sa.String(64), unique=True)

    # What the requester said, as it was said.
    subject: Mapped[str] = mapped_column(sa.String(200), default="")
    need: Mapped[str] = mapped_column(sa.Text, default="")
    first_name: Mapped[str] = mapped_column(sa.String(100), default="")
    last_name: Mapped[str] = mapped_column(sa.String(100), default="")
    email: Mapped[str] = mapped_column(sa.String(254), default="", index=True)  # in lower case
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    organisation_name: Mapped[str] = mapped_column(sa.String(300), default="")
    public: Mapped[Public | None]
    commune: Mapped[str] = mapped_column(sa.String(120), default="")
    department: Mapped[str] = mapped_column(sa.String(3), default="", index=True)
    country_id: Mapped[int | None] = mapped_column(sa.ForeignKey("terms.id"), index=True)
    country: Mapped[Term | None] = relationship(foreign_keys=country_id)
    sector_id: Mapped[int | None] = mapped_column(sa.ForeignKey("terms.id"), index=True)
    sector: Mapped[Term | None] = relationship(foreign_keys=sector_id)
    theme_id: Mapped[int | None] = mapped_column(sa.ForeignKey("terms.id"), index=True)
    theme: Mapped[Term | None] = relationship(foreign_keys=theme_id)
    stage: Mapped[Stage | None]
    availability: Mapped[str] = mapped_column(sa.String(500), default="")
    due_on: Mapped[date | None]

    # The proof of what the requester agreed to: the exact words shown, and the form's version.
    consent_text: Mapped[str] = mapped_column(sa.Text, default="")
    consent_version: Mapped[str] = mapped_column(sa.String(60), default="")
    consented_at: Mapped[datetime | None]

    # Who they are in the directory, and who answers.
    person_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("people.id", ondelete="SET NULL"), index=True
    )
    person: Mapped[Person | None] = relationship()
    organisation_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("organisations.id", ondelete="SET NULL"), index=True
    )
    organisation: Mapped[Organisation | None] = relationship()
    assignee_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    assignee: Mapped[User | None] = relationship(foreign_keys=assignee_id)
    second_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"), index=True)
    second: Mapped[User | None] = relationship(foreign_keys=second_id)

    created_at: Mapped[datetime] = mapped_column(default=now)
    assigned_at: Mapped[datetime | None]
    # The first answer that a person of the team gave; the acknowledgement is not one.
    answered_at: Mapped[datetime | None]
    # The last thing that happened between the requester and the team, either way.
    news_at: Mapped[datetime] = mapped_column(default=now)
    # The requester wrote, and nobody answered since.
    unread_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    closed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"), index=True)
    closed_by: Mapped[User | None] = relationship(foreign_keys=closed_by_id)
    outcome: Mapped[Outcome | None]
    outcome_note: Mapped[str] = mapped_column(sa.Text, default="")
    acknowledged_at: Mapped[datetime | None]
    # The personal data went away; what figures count stays.
    erased_at: Mapped[datetime | None]

    # Why it looks like a robot's, in French; it waits in a box of its own until someone says.
    suspicion: Mapped[str] = mapped_column(sa.String(300), default="")
    suspected_at: Mapped[datetime | None] = mapped_column(index=True)
    # Added one to each time the personal link is renewed: the links before open nothing any more.
    link_version: Mapped[int] = mapped_column(default=0)

    @classmethod
    def find(cls, reference: str) -> Self | None:
        return db.session.scalar(sa.select(cls).where(cls.reference == reference.strip().upper()))

    @classmethod
    def queue(cls) -> sa.Select[Self]:
        """What is to be dealt with: everything open that no robot wrote."""
        return sa.select(cls).where(cls.state.in_(OPEN_STATES), cls.suspected_at.is_(None))

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def who(self) -> str:
        """The best name there is: the person's, the organisation's, or the address."""
        return self.name or self.organisation_name or self.email or "Anonyme"

    @property
    def title(self) -> str:
        return self.subject or self.kind.label

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None
