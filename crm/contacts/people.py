"""People, and the dated roles they hold in organisations."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.contacts.details import Detail, HasDetails
from crm.contacts.journal import HasJournal
from crm.contacts.mergeable import STAYS, Mergeable
from crm.contacts.organisations import Organisation
from crm.contacts.terms import Term
from crm.db import Model, now
from crm.users import User

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


class Person(HasJournal, HasDetails, Mergeable, Model):
    """Someone, usually in one or more organisations."""

    __tablename__ = "people"

    first_name: Mapped[str] = mapped_column(sa.String(100), default="")
    last_name: Mapped[str] = mapped_column(sa.String(100))
    language: Mapped[str] = mapped_column(sa.String(10), default="fr")
    channel: Mapped[Channel | None]
    commune: Mapped[str] = mapped_column(sa.String(120), default="")
    department: Mapped[str] = mapped_column(sa.String(3), default="", index=True)
    merged_into_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("people.id"), index=True, info=STAYS
    )
    merged_into: Mapped["Person | None"] = relationship(remote_side="Person.id")
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)

    terms: Mapped[list[Term]] = relationship(secondary=person_terms, order_by=Term.position)
    details: Mapped[list[Detail]] = relationship(
        cascade="all, delete-orphan",
        order_by=(Detail.position, Detail.id),
        back_populates="person",
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

    @property
    def past_roles(self) -> list["Role"]:
        """The functions that are over, the last one first."""
        over = [(role.ended_on, role) for role in self.roles if role.ended_on is not None]
        return [role for _, role in sorted(over, key=lambda one: (one[0], one[1].id), reverse=True)]

    def hold(
        self,
        organisation: Organisation,
        title: str = "",
        since: date | None = None,
        by: User | None = None,
    ) -> "Role":
        """Take a function in an organisation; both journals say it."""
        role = self._take(organisation, title, since)
        role.log(f"Fonction ajoutée\u00a0: {role.place}", f"{self.name} arrive{_as(title)}", by=by)
        return role

    def move(
        self,
        leaving: "Role",
        to: Organisation,
        on: date,
        title: str = "",
        by: User | None = None,
    ) -> "Role":
        """« A changé de structure »: end one function and take the next, the same day.

        Three journals say it: the person's, and those of both organisations. Raises ValueError, in
        French, when that function is over or had not begun.
        """
        if leaving.ended_on is not None:
            raise ValueError(
                f"Cette fonction est déjà terminée, depuis le {_day(leaving.ended_on)}."
            )
        leaving.end(on)
        role = self._take(to, title, on)
        left, day = leaving.organisation, _day(on)
        self.log(f"A changé de structure le {day}\u00a0: {leaving.place} → {role.place}", by=by)
        left.log(f"{self.name} part le {day} pour {to.title}", by=by)
        to.log(f"{self.name} arrive de {left.title} le {day}{_as(title)}", by=by)
        return role

    def _take(self, organisation: Organisation, title: str, since: date | None) -> "Role":
        role = Role(title=title, started_on=since)
        self.roles.append(role)
        role.organisation = organisation
        return role


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

    @property
    def place(self) -> str:
        """« présidente, Sahel-Isère Amitié (SIA) »."""
        title = self.organisation.title
        return f"{self.title}, {title}" if self.title else title

    def end(self, on: date) -> None:
        """The person leaves this function that day. Safe to repeat: the first date stays.

        Raises ValueError, in French, when it had not begun.
        """
        if self.started_on is not None and on < self.started_on:
            raise ValueError(f"Cette fonction a commencé après, le {_day(self.started_on)}.")
        self.ended_on = self.ended_on or on

    def log(self, own: str, theirs: str, by: User | None = None) -> None:
        """Say it in the journal of the person (`own`) and in that of the organisation."""
        self.person.log(own, by=by)
        self.organisation.log(theirs, by=by)


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _as(title: str) -> str:
    return f"\u00a0: {title}" if title else ""
