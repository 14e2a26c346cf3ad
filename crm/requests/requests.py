"""A request for support: who asks, for what, who answers, and where it stands."""

from datetime import date, datetime
from typing import Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.terms import Term
from crm.db import Model, db, now
from crm.filters import today
from crm.requests.kinds import (
    Channel,
    Outcome,
    Priority,
    Public,
    RequestKind,
    Stage,
    State,
)
from crm.text import cut, one_line
from crm.users import User

_OPEN = sa.text("closed_at IS NULL AND suspected_at IS NULL")
_OVER = sa.text("closed_at IS NOT NULL AND suspected_at IS NULL")
_SUSPECT = sa.text("suspected_at IS NOT NULL")


class SupportRequest(Model):
    """Someone asks the network for help. What is only suspected stays out of the queue."""

    __tablename__ = "requests"
    __table_args__ = (
        # The queue in its usual order, with all that is counted; then what is over.
        sa.Index("ix_requests_queue", "priority", "created_at", "id", "state", "assignee_id",
                 "second_id", "news_at", "unread_at", "closed_at", "suspected_at",
                 sqlite_where=_OPEN, postgresql_where=_OPEN),
        sa.Index("ix_requests_over", "closed_at", "id", "suspected_at",
                 sqlite_where=_OVER, postgresql_where=_OVER),
        sa.Index("ix_requests_suspected_at", "suspected_at", sqlite_where=_SUSPECT,
                 postgresql_where=_SUSPECT),
        sa.Index("ix_requests_assignee_id", "assignee_id"),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
    )  # fmt: skip

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

    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    assigned_at: Mapped[datetime | None]
    # The first answer that a person of the team gave; the acknowledgement is not one.
    answered_at: Mapped[datetime | None]
    # The last thing that was said between the requester and the team, either way.
    news_at: Mapped[datetime] = mapped_column(default=now)
    # The requester wrote, and nobody answered since.
    unread_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"), index=True)
    closed_by: Mapped[User | None] = relationship(foreign_keys=closed_by_id)
    outcome: Mapped[Outcome | None]
    outcome_note: Mapped[str] = mapped_column(sa.Text, default="")
    # When its acknowledgement was written down.
    acknowledged_at: Mapped[datetime | None]
    # The personal data went away; what figures count stays.
    erased_at: Mapped[datetime | None]

    # Why it looks like a robot's, in French; it waits in a box of its own until someone says.
    suspicion: Mapped[str] = mapped_column(sa.String(300), default="")
    suspected_at: Mapped[datetime | None]
    # Added one to each time the personal link is renewed: the links before open nothing any more.
    link_version: Mapped[int] = mapped_column(default=0)

    steps: Mapped[list["Step"]] = relationship(
        back_populates="request", cascade="all, delete-orphan", order_by="Step.id"
    )

    @classmethod
    def find(cls, reference: str) -> Self | None:
        return db.session.scalar(sa.select(cls).where(cls.reference == reference.strip().upper()))

    @classmethod
    def at(cls, email: str) -> list[Self]:
        """The requests made with this address, the last one first."""
        mine = sa.select(cls).where(cls.email == email.strip().lower(), cls.email != "")
        return list(db.session.scalars(mine.order_by(cls.id.desc()).limit(50)))

    @classmethod
    def queue(cls) -> sa.Select[Self]:
        """What is to be dealt with: everything open that no robot wrote."""
        return sa.select(cls).where(cls.suspected_at.is_(None), cls.closed_at.is_(None))

    @classmethod
    def suspects(cls) -> sa.Select[Self]:
        """The box of what looks like a robot's, newest first."""
        return sa.select(cls).where(cls.suspected_at.is_not(None)).order_by(cls.id.desc())

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def who(self) -> str:
        """The best name there is: the person's, the organisation's, or the address."""
        return self.name or self.organisation_name or self.email or self.phone or "Anonyme"

    @property
    def title(self) -> str:
        """What it is about, on one line."""
        return self.subject or cut(one_line(self.need), 90) or self.kind.label

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None

    @property
    def is_suspect(self) -> bool:
        return self.suspected_at is not None

    @property
    def is_erased(self) -> bool:
        return self.erased_at is not None

    @property
    def is_late(self) -> bool:
        """The date it had to be answered by has passed."""
        return self.due_on is not None and not self.is_closed and self.due_on < today()

    def tell(self, words: str, by: User | None = None) -> None:
        """Write down one thing that happened. Both the team and the requester may read it."""
        self.steps.append(Step(text=cut(words, 500), user=by))

    def assign(self, to: User, second: User | None = None, by: User | None = None) -> None:
        """Give it to an officer, and a second one if need be. Safe to repeat."""
        if to is second:
            second = None
        if (to, second) == (self.assignee, self.second):
            return
        self.assignee, self.second = to, second
        self.assigned_at = self.assigned_at or now()
        if self.state is State.NEW:
            self.state = State.ASSIGNED
        also = f", avec {second.display_name}" if second is not None else ""
        self.tell(f"Attribuée à {to.display_name}{also}", by)

    def start(self, by: User | None = None) -> None:
        """Work on it; news are expected from the team. Safe to repeat."""
        self._go(State.ONGOING, "Reprise par l’équipe" if self.is_waiting else "En cours", by)

    def wait(self, by: User | None = None) -> None:
        """Wait for the requester to say more. Safe to repeat."""
        self._go(State.WAITING, "En attente d’une réponse du demandeur", by)

    @property
    def is_waiting(self) -> bool:
        return self.state is State.WAITING

    def _go(self, state: State, words: str, by: User | None) -> None:
        if self.is_closed or self.state is state:
            return
        self.state = state
        self.tell(words, by)

    def close(self, outcome: Outcome, note: str = "", by: User | None = None) -> None:
        """End it, with what it led to. Safe to repeat: the first end stays."""
        if self.is_closed:
            return
        self.state, self.closed_at, self.closed_by = State.CLOSED, now(), by
        self.outcome, self.outcome_note, self.unread_at = outcome, note, None
        self.tell(f"Close : {outcome.label[:1].lower()}{outcome.label[1:]}", by)

    def reopen(self, by: User | None = None) -> None:
        """Take it up again where it was left: with its officer, if it had one. Safe to repeat."""
        if not self.is_closed:
            return
        self.state = State.ONGOING if self.assignee is not None else State.NEW
        self.closed_at = self.closed_by = self.outcome = None
        self.outcome_note = ""
        self.tell("Rouverte", by)

    @property
    def likely_outcome(self) -> Outcome:
        """What it most often leads to, once somebody answered."""
        if self.kind in (RequestKind.PROJECT, RequestKind.YOUTH):
            return Outcome.ACCOMPANIED
        return Outcome.ANSWERED


class Step(Model):
    """One thing that happened to a request, in words: assigned, closed, opened again…"""

    __tablename__ = "request_steps"

    request_id: Mapped[int] = mapped_column(
        sa.ForeignKey("requests.id", ondelete="CASCADE"), index=True
    )
    request: Mapped[SupportRequest] = relationship(back_populates="steps")
    text: Mapped[str] = mapped_column(sa.String(500))
    at: Mapped[datetime] = mapped_column(default=now)
    # Nobody of the team: the requester, or the house by itself.
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"), index=True)
    user: Mapped[User | None] = relationship()


class Numbering(Model):
    """The last number given in a year: references follow each other."""

    __tablename__ = "request_numberings"

    year: Mapped[int] = mapped_column(unique=True)
    last: Mapped[int] = mapped_column(default=0)
