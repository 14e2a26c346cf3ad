"""Afterwards: what follows an event, thanks, opinions, certificates and its missing head-count."""

from datetime import datetime
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Model, db, now
from crm.events.events import Event
from crm.events.registrations import Registration
from crm.users import User


class FollowUp(Model):
    """What is done after one event: the words of thanks, and when a head-count was asked for."""

    __tablename__ = "event_follow_ups"

    event_id: Mapped[int] = mapped_column(
        sa.ForeignKey("events.id", ondelete="CASCADE"), unique=True
    )
    event: Mapped[Event] = relationship()
    subject: Mapped[str] = mapped_column(sa.String(200), default="")
    text: Mapped[str] = mapped_column(sa.Text, default="")  # Markdown
    asks_opinion: Mapped[bool] = mapped_column(default=True)
    # Since when the mails leave, and who said so.
    thanked_at: Mapped[datetime | None] = mapped_column(index=True)
    thanked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"), index=True)
    thanked_by: Mapped[User | None] = relationship()
    sent_at: Mapped[datetime | None]  # everyone there was to thank has been
    # When the missing head-count was last asked for by mail; given up when nobody will ever know.
    asked_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]

    @classmethod
    def read(cls, event: Event) -> Self:
        """That of this event, or what a new one would say. Nothing is written."""
        found = db.session.scalar(sa.select(cls).where(cls.event_id == event.id))
        return found or cls(event_id=event.id, subject="", text="", asks_opinion=True)

    @classmethod
    def of(cls, event: Event) -> Self:
        """That of this event, made when there is none yet."""
        found = cls.read(event)
        db.session.add(found)
        return found


class Thanks(Model):
    """Somebody was thanked by mail: it is never done twice."""

    __tablename__ = "event_thanks"

    registration_id: Mapped[int] = mapped_column(
        sa.ForeignKey("registrations.id", ondelete="CASCADE"), unique=True
    )
    registration: Mapped[Registration] = relationship()
    sent_at: Mapped[datetime] = mapped_column(default=now)


class Certificate(Model):
    """What a certificate of attendance said the day it was made; it can be withdrawn."""

    __tablename__ = "certificates"

    registration_id: Mapped[int] = mapped_column(
        sa.ForeignKey("registrations.id", ondelete="CASCADE"), unique=True
    )
    registration: Mapped[Registration] = relationship()
    # Name, title, days, minutes: see crm.events.certify.
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    issued_at: Mapped[datetime] = mapped_column(default=now)
    withdrawn_at: Mapped[datetime | None]


class Opinion(Model):
    """What somebody thought of an event. Nobody's name is in it, nor a way to find it."""

    __tablename__ = "event_opinions"
    __table_args__ = (sa.UniqueConstraint("event_id", "answerer"),)

    event_id: Mapped[int] = mapped_column(sa.ForeignKey("events.id", ondelete="CASCADE"))
    event: Mapped[Event] = relationship()
    # A keyed digest of the personal link: answered again, it replaces what was said.
    answerer: Mapped[str] = mapped_column(sa.String(64))
    marks: Mapped[dict[str, Any]] = mapped_column(default=dict)  # question → 1 to 4
    liked: Mapped[str] = mapped_column(sa.Text, default="")
    better: Mapped[str] = mapped_column(sa.Text, default="")
    at: Mapped[datetime] = mapped_column(default=now)


class EventRules(Model):
    """The one row that says what figures count as the sector, and how head-counts are asked for."""

    __tablename__ = "event_rules"

    # Codes of the types of actors that belong to the sector (see crm.events.figures).
    inside: Mapped[list[str]] = mapped_column(default=list)
    ask_after: Mapped[int] = mapped_column(default=1)  # days after the end of an event
    ask_every: Mapped[int] = mapped_column(default=7)  # days between two mails

    @classmethod
    def current(cls) -> Self:
        """The rules; those of the start when none were saved."""
        found = db.session.scalar(sa.select(cls).limit(1))
        return found or cls(inside=["association", "collectif", "osim"], ask_after=1, ask_every=7)
