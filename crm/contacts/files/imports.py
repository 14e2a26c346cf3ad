"""Imports: the files that came in, and what each did to each card, so that it can be undone."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.contacts.kinds import ContactKind
from crm.db import Model, now
from crm.users import User


class Stage(StrEnum):
    """How far an import has come; asked for, it is carried out by a worker."""

    DRAFT = "draft"
    ASKED = "asked"
    WRITTEN = "written"  # the search does not know all of it yet
    APPLIED = "applied"
    FAILED = "failed"
    UNDOING = "undoing"
    HALTED = "halted"  # an error stopped the undoing: what remains waits for somebody
    UNDONE = "undone"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Stage.DRAFT: "en préparation",
    Stage.ASKED: "en cours",
    Stage.WRITTEN: "en cours",
    Stage.APPLIED: "appliqué",
    Stage.FAILED: "interrompu",
    Stage.UNDOING: "en cours d’annulation",
    Stage.HALTED: "annulation interrompue",
    Stage.UNDONE: "annulé",
}


class Import(Model):
    """One file of contacts: what it holds, how it was understood, and when it was applied."""

    __tablename__ = "imports"

    name: Mapped[str] = mapped_column(sa.String(255))
    # Kept while the import is being prepared, emptied once it is applied.
    content: Mapped[bytes] = mapped_column(sa.LargeBinary, default=b"", deferred=True)
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # {"12": {"organisation": "new" or an id, …}}: the doubtful lines that someone settled.
    decisions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    creates_terms: Mapped[bool] = mapped_column(default=False)
    stage: Mapped[Stage] = mapped_column(default=Stage.DRAFT)
    # What was counted, and what was said line by line (the first thousand).
    totals: Mapped[dict[str, Any]] = mapped_column(default=dict)
    messages: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    terms: Mapped[list[str]] = mapped_column(default=list)  # ids of those it made, as texts
    created_at: Mapped[datetime] = mapped_column(default=now)
    applied_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]  # while it is being undone: when the last step was taken
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    user: Mapped[User | None] = relationship()
    changes: Mapped[list["ImportChange"]] = relationship(
        back_populates="made_by", cascade="all, delete-orphan", passive_deletes=True
    )

    @classmethod
    def latest(cls) -> sa.Select["Import"]:
        """Every import, the newest first."""
        return sa.select(cls).order_by(cls.id.desc())

    @property
    def is_running(self) -> bool:
        return self.stage in (Stage.ASKED, Stage.WRITTEN, Stage.UNDOING)

    @property
    def can_be_undone(self) -> bool:
        return self.stage in (Stage.APPLIED, Stage.HALTED)

    @property
    def undone(self) -> dict[str, int]:
        """What undoing it did so far: cards `removed`, `restored`, `left`; `terms` that stay; how
        many of its changes are `done`, out of the `total`. Empty when nobody asked for it."""
        counts: dict[str, int] = self.totals.get("undone", {})
        return counts

    def count_undone(self, **more: int) -> None:
        """Add these to what undoing it did; to nothing when it begins."""
        blank = dict.fromkeys(("removed", "restored", "left", "terms", "done", "total"), 0)
        counts = blank | self.undone
        self.totals = self.totals | {
            "undone": {name: count + more.get(name, 0) for name, count in counts.items()}
        }


class ImportChange(Model):
    """What an import did to one card.

    The card is named without a foreign key: this stays true when the card is merged or deleted.
    """

    __tablename__ = "import_changes"

    import_id: Mapped[int] = mapped_column(
        sa.ForeignKey("imports.id", ondelete="CASCADE"), index=True
    )
    made_by: Mapped[Import] = relationship(back_populates="changes")
    line: Mapped[int]  # the first line of the file that speaks of this card
    kind: Mapped[ContactKind]
    contact_id: Mapped[int]
    created: Mapped[bool]
    # Column by column, what the card said before and after, as plain data.
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    # What was added around it: {"details": {id: text}, "other_names": …, "roles": …, "entries": …,
    # "terms": [ids], "changed_roles": [{"id", "before", "after"}]}.
    added: Mapped[dict[str, Any]]
