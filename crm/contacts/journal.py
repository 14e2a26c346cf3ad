"""The journal: what happened with a contact, written down when it happens."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Model, db, now
from crm.users import User

if TYPE_CHECKING:
    from crm.contacts.organisations import Organisation
    from crm.contacts.people import Person


class EntryKind(StrEnum):
    NOTE = "note"
    CALL = "call"
    FILE = "file"
    CARD = "card"
    LETTER = "letter"
    REQUEST = "request"
    EVENT = "event"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    EntryKind.NOTE: "Note",
    EntryKind.CALL: "Appel",
    EntryKind.FILE: "Document",
    EntryKind.CARD: "Fiche",
    EntryKind.LETTER: "Lettre",
    EntryKind.REQUEST: "Demande",
    EntryKind.EVENT: "Événement",
}


class Entry(Model):
    """One line of the journal of a person, an organisation, or both."""

    __tablename__ = "entries"
    __table_args__ = (
        sa.CheckConstraint("organisation_id IS NOT NULL OR person_id IS NOT NULL", name="subject"),
        sa.Index("ix_entries_organisation_id_at", "organisation_id", "at"),
        sa.Index("ix_entries_person_id_at", "person_id", "at"),
    )

    organisation_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("organisations.id", ondelete="CASCADE")
    )
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id", ondelete="CASCADE"))
    organisation: Mapped["Organisation | None"] = relationship()
    person: Mapped["Person | None"] = relationship()
    kind: Mapped[EntryKind]
    text: Mapped[str] = mapped_column(sa.Text)
    # Where the thing itself is, inside this site: « /gestion/… ».
    link: Mapped[str] = mapped_column(sa.String(300), default="")
    at: Mapped[datetime] = mapped_column(default=now)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    user: Mapped[User | None] = relationship()


class HasJournal:
    """A contact with a journal."""

    def log(
        self,
        text: str,
        kind: EntryKind = EntryKind.CARD,
        *,
        by: User | None = None,
        at: datetime | None = None,
        link: str = "",
    ) -> Entry:
        """Write a line in this contact's journal."""
        entry = Entry(text=text, kind=kind, user=by, at=at or now(), link=link)
        setattr(entry, type(self).__name__.lower(), self)
        db.session.add(entry)
        return entry
