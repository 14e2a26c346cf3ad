"""Vocabularies: lists of terms that an administrator edits, never constants in code."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Model, db


class Vocabulary(StrEnum):
    """The lists there are. Departments are not one of them: the law fixes those."""

    ACTOR_TYPE = "actor_type"
    SECTOR = "sector"
    SDG = "sdg"
    COUNTRY = "country"
    TAG = "tag"
    MISSION = "mission"
    THEME = "theme"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Vocabulary.ACTOR_TYPE: "Types d’acteurs",
    Vocabulary.SECTOR: "Secteurs",
    Vocabulary.SDG: "Objectifs de développement durable",
    Vocabulary.COUNTRY: "Pays",
    Vocabulary.TAG: "Étiquettes",
    Vocabulary.MISSION: "Missions",
    Vocabulary.THEME: "Thèmes des demandes",
}


class Term(Model):
    """One entry of a vocabulary. Never deleted once used: closed, or merged into another."""

    __tablename__ = "terms"
    __table_args__ = (sa.UniqueConstraint("vocabulary", "code"),)

    vocabulary: Mapped[Vocabulary]
    code: Mapped[str] = mapped_column(sa.String(60))
    label: Mapped[str] = mapped_column(sa.String(200))
    position: Mapped[int] = mapped_column(default=0)
    closed_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(sa.ForeignKey("terms.id"), index=True)
    merged_into: Mapped["Term | None"] = relationship(remote_side="Term.id")

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> sa.Select["Term"]:
        """The terms one can choose today, in their order."""
        return (
            sa.select(cls)
            .where(cls.vocabulary == vocabulary, cls.closed_at.is_(None))
            .order_by(cls.position, cls.label)
        )

    @classmethod
    def find(cls, vocabulary: Vocabulary, code: str) -> "Term | None":
        """The term with this code, or what it was merged into."""
        term = db.session.scalar(
            sa.select(cls).where(cls.vocabulary == vocabulary, cls.code == code)
        )
        while term is not None and term.merged_into is not None:
            term = term.merged_into
        return term

    def step(self, by: int) -> None:
        """Go up (-1) or down (1) one place among the terms one can choose."""
        terms = list(db.session.scalars(Term.of(self.vocabulary)))
        if self not in terms:
            return
        place = terms.index(self)
        terms.insert(max(place + by, 0), terms.pop(place))
        for position, term in enumerate(terms, 1):
            term.position = position
