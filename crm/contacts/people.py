"""People, and the dated roles they hold in organisations."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.contacts.details import Detail, HasDetails
from crm.contacts.journal import HasJournal
from crm.contacts.organisations import Organisation
from crm.contacts.terms import Term
from crm.db import Model, now

person_terms = sa.Table(
    "person_terms",
    Model.metadata,
    sa.Column("person_id", sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("term_id", sa.ForeignKey("terms.id"), primary_key=True, index=True),
)


class Channel(StrEnum):
    EMAIL = "email"
    PHONE = "phone"
    POST = "post"

    @property
    def label(self) -> str:
        return {"email": "courriel", "phone": "téléphone", "post": "courrier"}[self]


class Person(HasJournal, HasDetails, Model):
    """Someone, usually in one or more organisations."""

    __tablename__ = "people"

    first_name: Mapped[str] = mapped_column(sa.String(100), default="")
    last_name: Mapped[str] = mapped_column(sa.String(100))
    language: Mapped[str] = mapped_column(sa.String(10), default="fr")
    channel: Mapped[Channel | None]
    commune: Mapped[str] = mapped_column(sa.String(120), default="")
    department: Mapped[str] = mapped_column(sa.String(3), default="", index=True)
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)

    terms: Mapped[list[Term]] = relationship(secondary=person_terms, order_by=Term.position)
    details: Mapped[list[Detail]] = relationship(
        cascade="all, delete-orphan", order_by=Detail.id, back_populates="person"
    )
    roles: Mapped[list["Role"]] = relationship(
        back_populates="person", cascade="all, delete-orphan", order_by="Role.id"
    )

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    title = name

    @property
    def current_roles(self) -> list["Role"]:
        return [role for role in self.roles if role.ended_on is None]


class Role(Model):
    """A person's function in an organisation, from a date to a date."""

    __tablename__ = "roles"

    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("people.id", ondelete="CASCADE"), index=True
    )
    organisation_id: Mapped[int] = mapped_column(
        sa.ForeignKey("organisations.id", ondelete="CASCADE"), index=True
    )
    person: Mapped[Person] = relationship(back_populates="roles")
    organisation: Mapped[Organisation] = relationship(back_populates="roles")
    title: Mapped[str] = mapped_column(sa.String(200), default="")
    started_on: Mapped[date | None]
    ended_on: Mapped[date | None]

    def end(self, on: date) -> None:
        """The person leaves this function. Safe to repeat: the first date stays."""
        self.ended_on = self.ended_on or on
