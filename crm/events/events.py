"""An event: what it is, when and where, who may come, and how many places are left."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.contacts.terms import Term
from crm.db import Model, db, now
from crm.events.kinds import CountKind, EventKind
from crm.text import cut
from crm.users import User

if TYPE_CHECKING:
    from crm.events.documents import Document
    from crm.events.partners import Partnership
    from crm.events.sessions import Session

event_themes = sa.Table(
    "event_themes",
    Model.metadata,
    sa.Column("event_id", sa.ForeignKey("events.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("term_id", sa.ForeignKey("terms.id"), primary_key=True, index=True),
)


class Series(Model):
    """Several events that belong together: a training in five sessions."""

    __tablename__ = "event_series"

    title: Mapped[str] = mapped_column(sa.String(200))
    text: Mapped[str] = mapped_column(sa.Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    events: Mapped[list["Event"]] = relationship(
        back_populates="series", order_by="Event.first_day, Event.id"
    )


class Event(Model):
    """What the network or a partner organises. Its days are in `sessions`."""

    __tablename__ = "events"
    __table_args__ = (
        # What the public sees, in order, with all that its filters ask.
        sa.Index("ix_events_programme", "first_day", "ends_at", "department", "is_online", "id",
                 sqlite_where=sa.text("published_at IS NOT NULL"),
                 postgresql_where=sa.text("published_at IS NOT NULL")),
        sa.Index("ix_events_first_day", "first_day", "id"),
        sa.Index("ix_events_mission_id_first_day", "mission_id", "first_day"),
        sa.CheckConstraint("capacity > 0", name="capacity"),
        sa.CheckConstraint("taken >= 0 AND waiting >= 0", name="places"),
        sa.CheckConstraint("head_count >= 0", name="head_count"),
        sa.CheckConstraint("(head_count IS NULL) = (head_count_kind IS NULL)", name="count_kind"),
    )  # fmt: skip

    slug: Mapped[str] = mapped_column(sa.String(120), unique=True)
    title: Mapped[str] = mapped_column(sa.String(300))
    text: Mapped[str] = mapped_column(sa.Text, default="")  # Markdown
    kind: Mapped[EventKind] = mapped_column(default=EventKind.MEETING)
    mission_id: Mapped[int | None] = mapped_column(sa.ForeignKey("terms.id"))
    mission: Mapped[Term | None] = relationship(foreign_keys=mission_id)
    themes: Mapped[list[Term]] = relationship(secondary=event_themes, order_by=Term.position)
    # The project or the convention it is part of, as the network calls it.
    project: Mapped[str] = mapped_column(sa.String(300), default="", index=True)
    audience: Mapped[str] = mapped_column(sa.String(500), default="")
    series_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("event_series.id", ondelete="SET NULL"), index=True
    )
    series: Mapped[Series | None] = relationship(back_populates="events")
    officer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"), index=True)
    officer: Mapped[User | None] = relationship(foreign_keys=officer_id)

    # Where: online, somewhere, or both. The link is told to those who registered, and nobody else.
    is_online: Mapped[bool] = mapped_column(default=False)
    online_url: Mapped[str] = mapped_column(sa.String(1000), default="")
    venue: Mapped[str] = mapped_column(sa.String(200), default="")
    street: Mapped[str] = mapped_column(sa.String(300), default="")
    postcode: Mapped[str] = mapped_column(sa.String(10), default="")
    commune: Mapped[str] = mapped_column(sa.String(120), default="")
    department: Mapped[str] = mapped_column(sa.String(3), default="", index=True)

    # When, in short: kept from its sessions by `schedule.settle`, for lists and figures.
    first_day: Mapped[date | None]
    last_day: Mapped[date | None]
    ends_at: Mapped[datetime | None] = mapped_column(index=True)

    # Who may register, and when; a partner may do it on a page of its own.
    takes_registrations: Mapped[bool] = mapped_column(default=True)
    registration_url: Mapped[str] = mapped_column(sa.String(1000), default="")
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    capacity: Mapped[int | None]  # None: as many as come
    most_together: Mapped[int] = mapped_column(default=4)  # people in one registration
    offer_hours: Mapped[int] = mapped_column(default=48)  # to accept a freed place
    # What the form asks more: see crm.events.questions.
    questions: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    # Places held, people who wait, and the last rank given in the queue: moved with the
    # registrations, in the same transaction (see crm.events.seats).
    taken: Mapped[int] = mapped_column(default=0)
    waiting: Mapped[int] = mapped_column(default=0)
    last_rank: Mapped[int] = mapped_column(default=0)

    # Afterwards. A head-count nobody gave is missing, and stays so until somebody does.
    replay_url: Mapped[str] = mapped_column(sa.String(1000), default="")
    head_count: Mapped[int | None]
    head_count_kind: Mapped[CountKind | None]
    # Places of those who came by name, kept by whoever marks attendance.
    came: Mapped[int] = mapped_column(default=0)

    # How calendars know it: the same through all its changes.
    uid: Mapped[str] = mapped_column(sa.String(120), unique=True)
    # A past table's own words, cell by cell under its headings, so that it comes out as it came.
    typed: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # What tells that a row of a past table is this event; None for those made here.
    import_key: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, index=True)
    published_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_why: Mapped[str] = mapped_column(sa.String(500), default="")
    # What changed last that those registered have to know, in words.
    news: Mapped[str] = mapped_column(sa.String(1000), default="")

    sessions: Mapped[list["Session"]] = relationship(
        back_populates="event",
        cascade="all, delete-orphan",
        order_by="Session.day, Session.starts_at, Session.id",
    )
    partners: Mapped[list["Partnership"]] = relationship(
        back_populates="event", cascade="all, delete-orphan", order_by="Partnership.position"
    )
    documents: Mapped[list["Document"]] = relationship(
        back_populates="event",
        cascade="all, delete-orphan",
        order_by="Document.id",
        passive_deletes=True,
    )
    steps: Mapped[list["EventStep"]] = relationship(
        back_populates="event", cascade="all, delete-orphan", order_by="EventStep.id"
    )

    @classmethod
    def find(cls, slug: str) -> Self | None:
        return db.session.scalar(sa.select(cls).where(cls.slug == slug))

    @property
    def is_published(self) -> bool:
        return self.published_at is not None

    @property
    def is_cancelled(self) -> bool:
        return self.cancelled_at is not None

    @property
    def is_over(self) -> bool:
        return self.ends_at is not None and self.ends_at <= now()

    @property
    def left(self) -> int | None:
        """How many places are left; None when there is no limit."""
        return None if self.capacity is None else max(self.capacity - self.taken, 0)

    @property
    def is_full(self) -> bool:
        """Nobody new gets a place: none is left, or others wait for it."""
        return self.left == 0 or self.waiting > 0

    @property
    def held(self) -> "list[Session]":
        """Its sessions, those taken out apart, in order."""
        return [session for session in self.sessions if session.cancelled_at is None]

    def tell(self, words: str, by: User | None = None) -> None:
        """Write down one thing that happened to it."""
        self.steps.append(EventStep(text=cut(words, 500), user=by))


class EventStep(Model):
    """One thing that happened to an event, in words: published, moved, cancelled…"""

    __tablename__ = "event_steps"

    event_id: Mapped[int] = mapped_column(
        sa.ForeignKey("events.id", ondelete="CASCADE"), index=True
    )
    event: Mapped[Event] = relationship(back_populates="steps")
    text: Mapped[str] = mapped_column(sa.String(500))
    at: Mapped[datetime] = mapped_column(default=now)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"), index=True)
    user: Mapped[User | None] = relationship()
