"""The conversation of a request: what the requester said, what the team answered, and notes."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Model, now
from crm.mail import Mail
from crm.requests.links import page_url
from crm.requests.requests import SupportRequest
from crm.users import User


class Direction(StrEnum):
    """Who speaks to whom."""

    IN = "in"
    OUT = "out"
    NOTE = "note"

    @property
    def label(self) -> str:
        return {"in": "Demandeur", "out": "Équipe", "note": "Note interne"}[self]


class Message(Model):
    """One message of a conversation, whatever way it came: page, mail or telephone."""

    __tablename__ = "messages"
    __table_args__ = (sa.Index("ix_messages_request_id_at", "request_id", "at"),)

    request_id: Mapped[int] = mapped_column(sa.ForeignKey("requests.id", ondelete="CASCADE"))
    request: Mapped[SupportRequest] = relationship()
    direction: Mapped[Direction]
    text: Mapped[str] = mapped_column(sa.Text)
    # What a mail quoted of those before it: kept, and folded on the page.
    quoted: Mapped[str] = mapped_column(sa.Text, default="")
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"), index=True)
    user: Mapped[User | None] = relationship()
    # Who wrote, when it was by mail and from another address than the request's.
    sender: Mapped[str] = mapped_column(sa.String(254), default="")
    at: Mapped[datetime] = mapped_column(default=now)
    # As the mail's own header says (RFC 5322 §3.6.4): replies name it, and it is kept once.
    message_id: Mapped[str | None] = mapped_column(sa.String(250), unique=True)
    # An absence message, a report of delivery: shown, and never answered (RFC 3834).
    is_automatic: Mapped[bool] = mapped_column(default=False)
    mail_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("mails.id", ondelete="SET NULL"), index=True
    )
    mail: Mapped[Mail | None] = relationship()
    files: Mapped[list["RequestFile"]] = relationship(
        back_populates="message", order_by="RequestFile.id", passive_deletes=True
    )

    @property
    def is_note(self) -> bool:
        return self.direction is Direction.NOTE


class RequestFile(Model):
    """A file of a request, kept in the database; it is downloaded, never shown inside a page."""

    __tablename__ = "request_files"

    request_id: Mapped[int] = mapped_column(
        sa.ForeignKey("requests.id", ondelete="CASCADE"), index=True
    )
    request: Mapped[SupportRequest] = relationship()
    message_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("messages.id", ondelete="CASCADE"), index=True
    )
    message: Mapped[Message | None] = relationship(back_populates="files")
    name: Mapped[str] = mapped_column(sa.String(200))
    media_type: Mapped[str] = mapped_column(sa.String(100))
    size: Mapped[int]  # bytes
    content: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def is_internal(self) -> bool:
        """Whether it belongs to a note, which only the team reads."""
        return self.message is not None and self.message.is_note


class ModelAnswer(Model):
    """An answer written once: the requester's words are put where it names them, as text."""

    __tablename__ = "model_answers"

    title: Mapped[str] = mapped_column(sa.String(120), unique=True)
    text: Mapped[str] = mapped_column(sa.Text)
    position: Mapped[int] = mapped_column(default=0)
    closed_at: Mapped[datetime | None]

    @classmethod
    def listed(cls) -> sa.Select[Self]:
        """Those one can choose today, in their order."""
        return sa.select(cls).where(cls.closed_at.is_(None)).order_by(cls.position, cls.title)

    def filled(self, request: SupportRequest, by: User) -> str:
        """The answer to this request. What people wrote is text: it is never looked into again."""
        words = {
            "prénom": request.first_name, "nom": request.name or request.who,
            "organisation": request.organisation_name or "votre organisation",
            "référence": request.reference, "demande": request.title,
            "pays": request.country.label if request.country else "votre pays d’intervention",
            "lien": page_url(request), "signature": by.display_name,
        }  # fmt: skip
        return _HOLE.sub(lambda found: words[found[1]], self.text).replace("Bonjour ,", "Bonjour,")


# What a model answer may name, and what it stands for.
HOLES = {
    "{prénom}": "le prénom", "{nom}": "le nom complet", "{organisation}": "l’organisation",
    "{référence}": "la référence", "{demande}": "l’objet", "{pays}": "le pays",
    "{lien}": "le lien personnel", "{signature}": "votre nom",
}  # fmt: skip
_HOLE = re.compile(r"\{(" + "|".join(hole.strip("{}") for hole in HOLES) + r")\}")
