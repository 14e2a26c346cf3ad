"""The journal: what happened with a contact, written down when it happens."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from crm.db import Model, db, now
from crm.text import one_line
from crm.users import User

if TYPE_CHECKING:
    from crm.contacts.organisations import Organisation
    from crm.contacts.people import Person

MAX_BYTES = 10 * 1024 * 1024  # one file of the journal


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


# What someone writes by hand, and may correct.
BY_HAND = (EntryKind.NOTE, EntryKind.CALL, EntryKind.FILE)

_LABELS = {
    EntryKind.NOTE: "Note",
    EntryKind.CALL: "Appel",
    EntryKind.FILE: "Document",
    EntryKind.CARD: "Fiche",
    EntryKind.LETTER: "Lettre",
    EntryKind.REQUEST: "Demande",
    EntryKind.EVENT: "Événement",
}


@dataclass(frozen=True)
class Change:
    """What became of one fact of a card, as people read it."""

    field: str
    label: str
    before: str
    after: str
    said: str  # « téléphones changés »
    several: bool = False  # both sides list values: only those that came or went are told

    @property
    def gone(self) -> str:
        """What the card no longer says."""
        return self._less(self.before, self.after)

    @property
    def come(self) -> str:
        """What the card says now and did not."""
        return self._less(self.after, self.before)

    def _less(self, text: str, other: str) -> str:
        if not self.several:
            return text
        return ", ".join(one for one in text.split(", ") if one not in other.split(", "))


def sentence(changes: Sequence[Change]) -> str:
    """« Téléphones changés, site changé »."""
    text = ", ".join(change.said for change in changes)
    return text[:1].upper() + text[1:]


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
    # What changed on the card, as people read it: [{"field", "label", "before", "after"}, …].
    changes: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    attachment: Mapped["Attachment | None"] = relationship(
        back_populates="entry", cascade="all, delete-orphan", passive_deletes=True
    )

    @classmethod
    def of(cls, contact: "Organisation | Person", kind: EntryKind | None = None) -> sa.Select[Self]:
        """The journal of a contact, newest first, with all that a page shows of it."""
        query = sa.select(cls).where(cls._owner(contact) == contact.id)
        if kind is not None:
            query = query.where(cls.kind == kind)
        shown = (cls.user, cls.person, cls.organisation, cls.attachment)
        return query.order_by(cls.at.desc(), cls.id.desc()).options(
            *(selectinload(thing) for thing in shown)
        )

    @classmethod
    def kinds_of(cls, contact: "Organisation | Person") -> sa.Select[EntryKind, int]:
        """How many lines of each kind a contact has."""
        return (
            sa.select(cls.kind, sa.func.count(cls.id))
            .where(cls._owner(contact) == contact.id)
            .group_by(cls.kind)
        )

    @classmethod
    def _owner(cls, contact: "Organisation | Person") -> Any:
        is_person = type(contact).__name__ == "Person"
        return cls.person_id if is_person else cls.organisation_id

    @property
    def told(self) -> list[Change]:
        """What changed on the card, fact by fact."""
        return [Change(**change) for change in self.changes]

    @property
    def is_by_hand(self) -> bool:
        return self.kind in BY_HAND


class Attachment(Model):
    """A file put in the journal by hand. It is kept in the database, and never shown inline."""

    __tablename__ = "attachments"

    entry_id: Mapped[int] = mapped_column(
        sa.ForeignKey("entries.id", ondelete="CASCADE"), unique=True
    )
    entry: Mapped[Entry] = relationship(back_populates="attachment")
    name: Mapped[str] = mapped_column(sa.String(200))
    size: Mapped[int]  # bytes
    content: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)

    @classmethod
    def make(cls, name: str, content: bytes) -> Self:
        """The attachment made of this file. Raises ValueError, in French, when it cannot be."""
        if not content:
            raise ValueError("Ce fichier est vide.")
        if len(content) > MAX_BYTES:
            raise ValueError("Ce fichier est trop lourd\u00a0: 10 Mo au plus.")
        return cls(name=file_name(name), size=len(content), content=content)


def file_name(name: str) -> str:
    """The last part of a path, without what a system refuses in a name, its ending kept."""
    last = re.split(r"[/\\]", one_line(name))[-1]
    stem, dot, ending = re.sub(r'[<>:"|?*]', "", last).strip(" .").rpartition(".")
    if not stem:
        stem, dot, ending = ending, "", ""
    return f"{stem[:150].strip()}{dot}{ending[:20]}" or "document"


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

    def log_changes(self, changes: Sequence[Change], *, by: User | None = None) -> Entry:
        """Write down, in one line, what changed on the card, and keep both values."""
        entry = self.log(sentence(changes), by=by)
        entry.changes = [asdict(change) for change in changes]
        return entry
