"""Merges: two cards that became one, and all it takes to make them two again."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.contacts.files.cards import MODELS
from crm.contacts.kinds import ContactKind
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.db import Model, db, now
from crm.users import User


class Merge(Model):
    """One card took all that another had. The other keeps its row, and leads to it.

    The cards are named without foreign keys: a merge must never be moved by the next one.
    """

    __tablename__ = "merges"
    __table_args__ = (sa.Index("ix_merges_kind_kept_id", "kind", "kept_id"),)

    kind: Mapped[ContactKind]
    kept_id: Mapped[int]
    absorbed_id: Mapped[int] = mapped_column(index=True)
    # The columns of the kept card that changed, as plain data.
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # [{"table", "column", "keys": […]}]: the rows that pointed to the absorbed card, and those
    # that already pointed to the kept one: whatever else does later was added since.
    moved: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    own: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    # [{"table", "row": {…}}]: the rows that would have said the same thing twice.
    dropped: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    # The other names the kept card got from it.
    names: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    made_at: Mapped[datetime] = mapped_column(default=now)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    user: Mapped[User | None] = relationship(foreign_keys=user_id)
    undone_at: Mapped[datetime | None]

    @property
    def kept(self) -> Organisation | Person | None:
        return _card(self.kind, self.kept_id)

    @property
    def absorbed(self) -> Organisation | Person | None:
        return _card(self.kind, self.absorbed_id)

    @classmethod
    def of(cls, kind: ContactKind, contact_id: int) -> sa.Select["Merge"]:
        """The merges in force that this card took part in, the newest first."""
        return (
            sa.select(cls)
            .where(cls.kind == kind, cls.undone_at.is_(None))
            .where(sa.or_(cls.kept_id == contact_id, cls.absorbed_id == contact_id))
            .order_by(cls.id.desc())
        )


def _card(kind: ContactKind, contact_id: int) -> Organisation | Person | None:
    model: Any = MODELS[kind]
    card: Organisation | Person | None = db.session.get(model, contact_id)
    return card
