"""Pairs: two cards that look like one contact, until someone merges them or says they are two."""

from datetime import datetime
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship, selectinload

from crm.contacts.kinds import ContactKind
from crm.contacts.mergeable import STAYS
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.db import Model, now
from crm.users import User


class Pair:
    """Two cards, how sure it is that they are one, and why one may think so."""

    __tablename__: str
    id: Mapped[int]
    first_id: Mapped[Any]
    second_id: Mapped[Any]
    first: Mapped[Any]
    second: Mapped[Any]
    score: Mapped[int]  # percent
    reasons: Mapped[list[str]]
    found_at: Mapped[datetime] = mapped_column(default=now)
    # Someone said that these are two: they are never shown again.
    dismissed_at: Mapped[datetime | None]

    dismissed_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL")
    )

    def dismiss(self, by: User | None = None) -> None:
        """Never show this pair again. Safe to repeat."""
        self.dismissed_at = self.dismissed_at or now()
        self.dismissed_by_id = self.dismissed_by_id or (by.id if by else None)

    @classmethod
    def open(cls) -> sa.Select[Self]:
        """The pairs to look at, the surest first; a card that was merged is in none."""
        first, second = aliased(cls.first.property.mapper), aliased(cls.second.property.mapper)
        return (
            sa.select(cls)
            .join(cls.first.of_type(first))
            .join(cls.second.of_type(second))
            .where(cls.dismissed_at.is_(None))
            .where(first.merged_into_id.is_(None), second.merged_into_id.is_(None))
            .order_by(cls.score.desc(), cls.id)
            .options(selectinload(cls.first), selectinload(cls.second))
        )


def _reference(table: str) -> Any:
    return mapped_column(sa.ForeignKey(f"{table}.id", ondelete="CASCADE"), index=True, info=STAYS)


class OrganisationPair(Pair, Model):
    """Two organisations that may be one; the first has the lower id."""

    __tablename__ = "organisation_pairs"
    __table_args__ = (sa.UniqueConstraint("first_id", "second_id"),)

    first_id: Mapped[int] = _reference("organisations")
    second_id: Mapped[int] = _reference("organisations")
    first: Mapped[Organisation] = relationship(foreign_keys=first_id)
    second: Mapped[Organisation] = relationship(foreign_keys=second_id)


class PersonPair(Pair, Model):
    """Two people who may be one; the first has the lower id."""

    __tablename__ = "person_pairs"
    __table_args__ = (sa.UniqueConstraint("first_id", "second_id"),)

    first_id: Mapped[int] = _reference("people")
    second_id: Mapped[int] = _reference("people")
    first: Mapped[Person] = relationship(foreign_keys=first_id)
    second: Mapped[Person] = relationship(foreign_keys=second_id)


PAIRS: dict[ContactKind, type[OrganisationPair] | type[PersonPair]] = {
    ContactKind.ORGANISATION: OrganisationPair,
    ContactKind.PERSON: PersonPair,
}
