"""Organisations: their names, where they are, what they do, and how they are tied to others."""

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.contacts.details import Detail, HasDetails
from crm.contacts.journal import HasJournal
from crm.contacts.terms import Term
from crm.db import Model, now

if TYPE_CHECKING:
    from crm.contacts.people import Role

organisation_terms = sa.Table(
    "organisation_terms",
    Model.metadata,
    sa.Column(
        "organisation_id", sa.ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("term_id", sa.ForeignKey("terms.id"), primary_key=True, index=True),
)


class Organisation(HasJournal, HasDetails, Model):
    """An association, a town, a school, a company, a hospital…"""

    __tablename__ = "organisations"

    name: Mapped[str] = mapped_column(sa.String(300))
    acronym: Mapped[str] = mapped_column(sa.String(60), default="")
    actor_type_id: Mapped[int | None] = mapped_column(sa.ForeignKey("terms.id"), index=True)
    actor_type: Mapped[Term | None] = relationship()
    siren: Mapped[str | None] = mapped_column(sa.String(9), index=True)
    siret: Mapped[str | None] = mapped_column(sa.String(14), index=True)
    rna: Mapped[str | None] = mapped_column(sa.String(10), index=True)
    street: Mapped[str] = mapped_column(sa.String(300), default="")
    postcode: Mapped[str] = mapped_column(sa.String(10), default="", index=True)
    commune: Mapped[str] = mapped_column(sa.String(120), default="")
    department: Mapped[str] = mapped_column(sa.String(3), default="", index=True)
    # Where La Lettre is posted, when it is not the head office: the lines as they are printed.
    postal_address: Mapped[str] = mapped_column(sa.Text, default="")
    website: Mapped[str] = mapped_column(sa.String(500), default="")
    languages: Mapped[list[str]] = mapped_column(default=list)
    founded_year: Mapped[int | None]
    staff_count: Mapped[int | None]
    volunteer_count: Mapped[int | None]
    description: Mapped[str] = mapped_column(sa.Text, default="")
    competences: Mapped[str] = mapped_column(sa.Text, default="")
    on_board_since: Mapped[date | None]
    relay_territory: Mapped[str] = mapped_column(sa.String(200), default="")
    relay_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisations.id"), index=True)
    relay: Mapped["Organisation | None"] = relationship(remote_side="Organisation.id")
    # Seen by the public, and offered by the forms, from this moment on.
    public_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)

    terms: Mapped[list[Term]] = relationship(secondary=organisation_terms, order_by=Term.position)
    other_names: Mapped[list["OtherName"]] = relationship(
        back_populates="organisation", cascade="all, delete-orphan", order_by="OtherName.id"
    )
    details: Mapped[list[Detail]] = relationship(
        cascade="all, delete-orphan", order_by=Detail.id, back_populates="organisation"
    )
    roles: Mapped[list["Role"]] = relationship(back_populates="organisation")

    @property
    def title(self) -> str:
        """The name as a list shows it."""
        return f"{self.name} ({self.acronym})" if self.acronym else self.name


class OtherName(Model):
    """A name the organisation had, or is also called by: it is still found by it."""

    __tablename__ = "other_names"

    organisation_id: Mapped[int] = mapped_column(
        sa.ForeignKey("organisations.id", ondelete="CASCADE"), index=True
    )
    organisation: Mapped[Organisation] = relationship(back_populates="other_names")
    name: Mapped[str] = mapped_column(sa.String(300))
    is_former: Mapped[bool] = mapped_column(default=False)


class LinkKind(StrEnum):
    MEMBER = "member"
    ANTENNA = "antenna"
    PARTNER = "partner"

    @property
    def label(self) -> str:
        return {"member": "membre de", "antenna": "antenne de", "partner": "partenaire de"}[self]


class OrganisationLink(Model):
    """One organisation is a member, an antenna or a partner of another."""

    __tablename__ = "organisation_links"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "other_id", "kind"),)

    organisation_id: Mapped[int] = mapped_column(
        sa.ForeignKey("organisations.id", ondelete="CASCADE")
    )
    other_id: Mapped[int] = mapped_column(
        sa.ForeignKey("organisations.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[LinkKind]
    organisation: Mapped[Organisation] = relationship(foreign_keys=organisation_id)
    other: Mapped[Organisation] = relationship(foreign_keys=other_id)
