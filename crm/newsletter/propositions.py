"""Propositions: news, events and offers that somebody outside would like the letters to tell."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Model, db, now
from crm.newsletter.items import Item, Kind
from crm.users import User


class Answer(StrEnum):
    """What became of a proposition."""

    ACCEPTED = "accepted"
    KNOWN = "known"
    REFUSED = "refused"

    @property
    def label(self) -> str:
        return {"accepted": "acceptée", "known": "déjà connue", "refused": "refusée"}[self]


class Proposition(Model):
    """Something proposed by the public form. Who proposed it is forgotten some time afterwards."""

    __tablename__ = "propositions"

    # Of the page it was typed on: a button pressed twice proposes once.
    key: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    kind: Mapped[Kind]
    title: Mapped[str] = mapped_column(sa.String(300))
    summary: Mapped[str] = mapped_column(sa.Text, default="")
    url: Mapped[str] = mapped_column(sa.String(2000), default="")
    canonical_url: Mapped[str] = mapped_column(sa.String(2000), default="")
    organisation: Mapped[str] = mapped_column(sa.String(300), default="")
    place: Mapped[str] = mapped_column(sa.String(200), default="")
    department: Mapped[str] = mapped_column(sa.String(3), default="")
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    # Who proposes it: to answer, and for nothing else.
    name: Mapped[str] = mapped_column(sa.String(200), default="")
    email: Mapped[str] = mapped_column(sa.String(254), default="", index=True)
    consent_text: Mapped[str] = mapped_column(sa.Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    # Why it looks like a robot's, in French; None: it does not, or somebody said it is none.
    suspicion: Mapped[str] = mapped_column(sa.String(300), default="")
    suspected_at: Mapped[datetime | None]
    answer: Mapped[Answer | None]
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL")
    )
    answered_by: Mapped[User | None] = relationship()
    item_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("items.id", ondelete="SET NULL"), index=True
    )
    item: Mapped[Item | None] = relationship()
    word: Mapped[str] = mapped_column(sa.Text, default="")  # what the author was told
    erased_at: Mapped[datetime | None]

    # What becomes an item when it is accepted.
    CONTENT = (
        "kind", "title", "summary", "url", "canonical_url", "organisation", "place", "department",
        "starts_on", "ends_on",
    )  # fmt: skip

    @classmethod
    def waiting(cls) -> sa.Select["Proposition"]:
        """Those to answer, the oldest first, without what robots sent."""
        return (
            sa.select(cls)
            .where(cls.answered_at.is_(None), cls.suspected_at.is_(None))
            .order_by(cls.created_at, cls.id)
        )

    @classmethod
    def suspects(cls) -> sa.Select["Proposition"]:
        return sa.select(cls).where(cls.suspected_at.is_not(None)).order_by(cls.id.desc())

    @classmethod
    def answered(cls) -> sa.Select["Proposition"]:
        """What was decided, the latest first."""
        return (
            sa.select(cls)
            .where(cls.answered_at.is_not(None))
            .order_by(cls.answered_at.desc(), cls.id.desc())
        )

    @classmethod
    def count_waiting(cls) -> int:
        query = cls.waiting().order_by(None).subquery()
        return db.session.scalar(sa.select(sa.func.count()).select_from(query)) or 0
