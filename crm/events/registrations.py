"""Registrations: who comes, where each one stands, and whether they came."""

from datetime import datetime
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.db import Model, now
from crm.events.events import Event
from crm.events.kinds import SEATED, Attendance, Channel, Known, Owed, State
from crm.users import User

# Those who came, and the rows that stand for somebody without a name: groups, or nobody at all.
# Figures say it in these very words: SQLite knows the indexes by them.
ATTENDED = sa.text("attendance IN ('came', 'late')")
NAMELESS = sa.text("(seats > 1 OR (person_id IS NULL AND email = ''))")
# `coalesce`: « IS NULL » would send SQLite to the index of everybody who has no card.
BY_ADDRESS = sa.text("coalesce(person_id, 0) = 0 AND email <> ''")
BY_NAME = sa.text("coalesce(organisation_id, 0) = 0")
_ADDRESSED = sa.text("email <> ''")
_OFFERED = sa.text("state = 'offered'")
_OWED = sa.text("owed IS NOT NULL")


def _counted(name: str, *columns: str, where: str = "") -> sa.Index:
    """An index of those who came, in the order in which figures count them."""
    came = sa.text(f"{ATTENDED.text} AND {where}" if where else ATTENDED.text)
    index = f"ix_registrations_counted_{name}"
    return sa.Index(index, *columns, sqlite_where=came, postgresql_where=came)


class Registration(Model):
    """Somebody registers for an event, once per address; a group without names takes `seats`."""

    __tablename__ = "registrations"
    __table_args__ = (
        # One row for an address, however often it is posted.
        sa.Index("uq_registrations_event_id_email", "event_id", "email", unique=True,
                 sqlite_where=_ADDRESSED, postgresql_where=_ADDRESSED),
        # The list of an event, its waiting list in order, and all that figures count.
        sa.Index("ix_registrations_event_id_state_rank", "event_id", "state", "rank", "id"),
        sa.Index("ix_registrations_counted", "event_id", "person_id", "email", "organisation_id",
                 "organisation_name", "seats", sqlite_where=ATTENDED, postgresql_where=ATTENDED),
        _counted("people", "person_id", "event_id", where="person_id IS NOT NULL"),
        _counted("addresses", "email", "event_id", where=BY_ADDRESS.text),
        _counted("cards", "organisation_id", "event_id", where="organisation_id IS NOT NULL"),
        _counted("names", "organisation_name", "event_id", where=BY_NAME.text),
        _counted("nameless", "event_id", "seats", where=NAMELESS.text),
        sa.Index("ix_registrations_offer_ends_at", "offer_ends_at", sqlite_where=_OFFERED,
                 postgresql_where=_OFFERED),
        sa.Index("ix_registrations_owed", "owed", "id", sqlite_where=_OWED, postgresql_where=_OWED),
        sa.CheckConstraint("seats > 0", name="seats"),
        sa.CheckConstraint("state <> 'waiting' OR rank IS NOT NULL", name="rank"),
    )  # fmt: skip

    event_id: Mapped[int] = mapped_column(sa.ForeignKey("events.id", ondelete="CASCADE"))
    event: Mapped[Event] = relationship()
    state: Mapped[State]
    channel: Mapped[Channel] = mapped_column(default=Channel.FORM)
    seats: Mapped[int] = mapped_column(default=1)
    # The place in the waiting list, given once and never to two.
    rank: Mapped[int | None]

    # What was said on the form.
    first_name: Mapped[str] = mapped_column(sa.String(100), default="")
    last_name: Mapped[str] = mapped_column(sa.String(100), default="")
    email: Mapped[str] = mapped_column(sa.String(254), default="")  # in lower case
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    organisation_name: Mapped[str] = mapped_column(sa.String(300), default="")
    function: Mapped[str] = mapped_column(sa.String(200), default="")
    department: Mapped[str] = mapped_column(sa.String(3), default="")
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)  # by the question's key
    access_needs: Mapped[str] = mapped_column(sa.Text, default="")
    # The group one comes with: its name, and the registration that brought this one along.
    group_name: Mapped[str] = mapped_column(sa.String(200), default="")
    leader_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("registrations.id", ondelete="SET NULL"), index=True
    )
    leader: Mapped["Registration | None"] = relationship(remote_side="Registration.id")

    # The proof of what was agreed to: the exact words shown, and the form's version.
    consent_text: Mapped[str] = mapped_column(sa.Text, default="")
    consent_version: Mapped[str] = mapped_column(sa.String(60), default="")
    # Agreed to be told of the next ones, which is apart from coming to this one.
    news_text: Mapped[str] = mapped_column(sa.Text, default="")
    news_at: Mapped[datetime | None]

    # Who they are in the directory.
    person_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("people.id", ondelete="SET NULL"), index=True
    )
    person: Mapped[Person | None] = relationship()
    organisation_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("organisations.id", ondelete="SET NULL"), index=True
    )
    organisation: Mapped[Organisation | None] = relationship()
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"), index=True)
    user: Mapped[User | None] = relationship()  # who of the team registered them

    # Whether they came, how it is known, and since when they were there.
    attendance: Mapped[Attendance | None]
    attendance_known: Mapped[Known | None]
    arrived_at: Mapped[datetime | None]

    created_at: Mapped[datetime] = mapped_column(default=now)
    confirmed_at: Mapped[datetime | None]
    offered_at: Mapped[datetime | None]
    offer_ends_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    # The mail that a worker has to write, when it was last written, and the last reminder.
    owed: Mapped[Owed | None]
    told_at: Mapped[datetime | None]
    # What the journals of the directory were last told.
    logged: Mapped[State | None]
    reminded_at: Mapped[datetime | None]
    # The personal data went away; what figures count stays.
    erased_at: Mapped[datetime | None]
    # Why it looks like a robot's, in French.
    suspicion: Mapped[str] = mapped_column(sa.String(300), default="")
    # Added one to each time the personal link is renewed: those before open nothing any more.
    link_version: Mapped[int] = mapped_column(default=0)

    @classmethod
    def of(cls, event: Event) -> sa.Select[Self]:
        """The registrations of an event, robots' apart, in the order they came."""
        mine = sa.select(cls).where(cls.event_id == event.id, cls.state != State.SUSPECT)
        return mine.order_by(cls.id)

    @classmethod
    def seated(cls, event: Event) -> sa.Select[Self]:
        """Those that hold a place."""
        return cls.of(event).where(cls.state.in_(SEATED))

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def who(self) -> str:
        """The best name there is: the person's, the group's, the organisation's, the address."""
        named = self.name or self.group_name or self.organisation_name or self.email
        return named or "Sans nom"

    @property
    def is_seated(self) -> bool:
        return self.state in SEATED
