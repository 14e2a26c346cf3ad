"""What a publication set aside: left for good, or kept for its next number."""

from datetime import datetime
from enum import StrEnum
from typing import Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Model, db, now
from crm.newsletter.issues import Issue, Publication
from crm.newsletter.items import Item
from crm.users import User


class Choice(StrEnum):
    """What was decided of an item, for one publication."""

    NEVER = "never"
    NEXT = "next"

    @property
    def label(self) -> str:
        return {"never": "laissé pour de bon", "next": "gardé pour la prochaine fois"}[self]


class Aside(Model):
    """One item that one publication set aside. Another publication knows nothing of it."""

    __tablename__ = "asides"
    __table_args__ = (sa.UniqueConstraint("publication_id", "item_id"),)

    publication_id: Mapped[int] = mapped_column(sa.ForeignKey("publications.id"))
    publication: Mapped[Publication] = relationship()
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("items.id", ondelete="CASCADE"), index=True)
    item: Mapped[Item] = relationship()
    choice: Mapped[Choice]
    # The number it was decided for: what is kept comes back in those that follow.
    number: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=now)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    by: Mapped[User | None] = relationship()

    @classmethod
    def of(cls, publication: Publication, item: Item) -> Self | None:
        return db.session.scalar(
            sa.select(cls).where(cls.publication_id == publication.id, cls.item_id == item.id)
        )

    @classmethod
    def hidden_from(cls, publication: Publication, number: int) -> sa.Select[int]:
        """The items that this number does not propose."""
        later = sa.and_(cls.choice == Choice.NEXT, cls.number >= number)
        return sa.select(cls.item_id).where(
            cls.publication_id == publication.id, sa.or_(cls.choice == Choice.NEVER, later)
        )

    @classmethod
    def kept_for(cls, publication: Publication, number: int) -> sa.Select[int]:
        """The items kept for this number by one before."""
        return sa.select(cls.item_id).where(
            cls.publication_id == publication.id, cls.choice == Choice.NEXT, cls.number < number
        )


def set_aside(issue: Issue, item: Item, choice: Choice, *, by: User | None = None) -> Aside:
    """Leave `item` for good, or keep it for the number after `issue`. Safe to repeat."""
    aside = Aside.of(issue.publication, item)
    if aside is None:
        aside = Aside(publication=issue.publication, item=item)
        db.session.add(aside)
    aside.choice, aside.number, aside.by, aside.at = choice, issue.number, by, now()
    return aside


def take_back(publication: Publication, item: Item) -> None:
    """Forget what was decided of `item`: it is proposed again. Safe to repeat."""
    db.session.execute(
        sa.delete(Aside).where(Aside.publication_id == publication.id, Aside.item_id == item.id)
    )
