"""Segments: a search kept by name, always current, or a list of cards that someone fixed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.contacts.kinds import ContactKind
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.search.criteria import Search
from crm.contacts.search.facets import Rows
from crm.contacts.search.results import results
from crm.contacts.search.tables import documents
from crm.db import Model, db, now
from crm.users import User


class Segment(Model):
    """Some contacts one writes to or exports: those a search finds, or those of a fixed list."""

    __tablename__ = "segments"

    name: Mapped[str] = mapped_column(sa.String(120), unique=True)
    # The query string of a search; none: the list is fixed.
    query: Mapped[str | None] = mapped_column(sa.Text)
    created_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL")
    )
    created_by: Mapped[User | None] = relationship()
    created_at: Mapped[datetime] = mapped_column(default=now)
    cards: Mapped[list["SegmentCard"]] = relationship(
        back_populates="segment", cascade="all, delete-orphan", passive_deletes=True
    )

    @classmethod
    def keep(cls, name: str, search: Search, by: User | None = None) -> "Segment":
        """Keep a search by name; what it finds changes with the cards."""
        return cls._add(name, search.at(1).query_string(), by)

    @classmethod
    def fix(cls, name: str, search: Search, by: User | None = None) -> "Segment":
        """Make a fixed list of those whom a search finds today."""
        segment = cls._add(name, None, by)
        cards = sa.insert(SegmentCard)
        for kind, column in _COLUMNS.items():
            ids = ids_of(results(search), kind).subquery()
            found = sa.select(sa.literal(segment.id), ids.c[0])
            db.session.execute(cards.from_select(["segment_id", column], found))
        return segment

    @classmethod
    def _add(cls, name: str, query: str | None, by: User | None) -> "Segment":
        segment = cls(name=name, query=query, created_by=by)
        db.session.add(segment)
        db.session.flush()
        return segment

    @classmethod
    def by_name(cls) -> sa.Select["Segment"]:
        return sa.select(cls).order_by(sa.func.lower(cls.name))

    @property
    def is_fixed(self) -> bool:
        return self.query is None

    @property
    def search(self) -> Search:
        """The search that is kept; an empty one for a fixed list."""
        return Search.parse(self.query or "")

    def add(self, contacts: Iterable[Organisation | Person]) -> None:
        """Put these cards on the fixed list. Safe to repeat."""
        listed = {(card.organisation_id, card.person_id) for card in self.cards}
        for contact in contacts:
            card = SegmentCard.of(contact)
            if (card.organisation_id, card.person_id) not in listed:
                self.cards.append(card)
                listed.add((card.organisation_id, card.person_id))

    def remove(self, contacts: Iterable[Organisation | Person]) -> None:
        """Take these cards off the fixed list. Safe to repeat."""
        leaving = {(type(contact), contact.id) for contact in contacts}
        self.cards = [card for card in self.cards if card.points_to not in leaving]


class SegmentCard(Model):
    """One card on a fixed list."""

    __tablename__ = "segment_cards"
    __table_args__ = (
        sa.CheckConstraint("(organisation_id IS NULL) <> (person_id IS NULL)", name="one_card"),
        sa.UniqueConstraint("segment_id", "organisation_id"),
        sa.UniqueConstraint("segment_id", "person_id"),
    )

    segment_id: Mapped[int] = mapped_column(sa.ForeignKey("segments.id", ondelete="CASCADE"))
    segment: Mapped[Segment] = relationship(back_populates="cards")
    organisation_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("organisations.id", ondelete="CASCADE"), index=True
    )
    person_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("people.id", ondelete="CASCADE"), index=True
    )

    @classmethod
    def of(cls, contact: Organisation | Person) -> "SegmentCard":
        if isinstance(contact, Organisation):
            return cls(organisation_id=contact.id)
        return cls(person_id=contact.id)

    @property
    def points_to(self) -> tuple[type[Any], int | None]:
        if self.organisation_id is not None:
            return Organisation, self.organisation_id
        return Person, self.person_id


def members(segment: Segment) -> Rows:
    """The keys of the documents of a segment's cards, by name, as a statement that can be paged.

    A fixed list keeps the archived ones out, as a search does.
    """
    if not segment.is_fixed:
        return results(segment.search)
    its, cards = documents.c, SegmentCard
    listed = sa.or_(
        its.id.in_(sa.select(cards.organisation_id * 2).where(cards.segment_id == segment.id)),
        its.id.in_(sa.select(cards.person_id * 2 + 1).where(cards.segment_id == segment.id)),
    )
    shown = sa.select(its.id).where(listed, its.archived.is_(False))
    return shown.order_by(its.sort_name, its.id)


def member_ids(segment: Segment, kind: ContactKind) -> Rows:
    """The identifiers of the cards of one kind in a segment, as a statement: to write to them."""
    return ids_of(members(segment), kind)


_COLUMNS = {ContactKind.ORGANISATION: "organisation_id", ContactKind.PERSON: "person_id"}


def ids_of(keys: Rows, kind: ContactKind) -> Rows:
    """The identifiers of the cards of one kind among these documents, as a statement."""
    found = keys.order_by(None).subquery()
    return sa.select(found.c.id // 2).where(found.c.id % 2 == int(kind is ContactKind.PERSON))
