"""Organisations: their names, where they are, what they do, and how they are tied to others."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.contacts.details import Detail, HasDetails
from crm.contacts.journal import HasJournal
from crm.contacts.mergeable import STAYS, Mergeable
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


class Organisation(HasJournal, HasDetails, Mergeable, Model):
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
    relay: Mapped["Organisation | None"] = relationship(
        remote_side="Organisation.id", foreign_keys="Organisation.relay_id"
    )
    merged_into_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("organisations.id"), index=True, info=STAYS
    )
    merged_into: Mapped["Organisation | None"] = relationship(
        remote_side="Organisation.id", foreign_keys="Organisation.merged_into_id"
    )
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
        cascade="all, delete-orphan",
        order_by=(Detail.position, Detail.id),
        back_populates="organisation",
    )
    roles: Mapped[list["Role"]] = relationship(back_populates="organisation")
    links: Mapped[list["OrganisationLink"]] = relationship(
        foreign_keys="OrganisationLink.organisation_id",
        back_populates="organisation",
        cascade="all, delete-orphan",
        order_by="OrganisationLink.id",
    )
    linked_from: Mapped[list["OrganisationLink"]] = relationship(
        foreign_keys="OrganisationLink.other_id",
        back_populates="other",
        order_by="OrganisationLink.id",
        passive_deletes=True,
    )

    @property
    def title(self) -> str:
        """The name as a list shows it."""
        return f"{self.name} ({self.acronym})" if self.acronym else self.name

    def names(self, *, former: bool) -> list[str]:
        """The names it had, or those it is also called by."""
        return [other.name for other in self.other_names if other.is_former is former]

    def rename_others(self, names: Sequence[str], *, former: bool) -> None:
        """Have these other names, and no more of that sort."""
        kept = {other.name: other for other in self.other_names if other.is_former is former}
        for name in kept.keys() - set(names):
            self.other_names.remove(kept[name])
        self.other_names.extend(
            OtherName(name=name, is_former=former) for name in names if name not in kept
        )

    def link(self, links: "Sequence[tuple[LinkKind, Organisation]]") -> None:
        """Be tied to these organisations, and to no other."""
        kept = {(link.kind, link.other): link for link in self.links}
        for pair in kept.keys() - set(links):
            self.links.remove(kept[pair])
        self.links.extend(
            OrganisationLink(kind=kind, other=other)
            for kind, other in dict.fromkeys(links)
            if (kind, other) not in kept
        )


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

    @property
    def inverse(self) -> str:
        """What the other organisation says of this one."""
        return {"member": "a pour membre", "antenna": "a pour antenne",
                "partner": "a pour partenaire"}[self]  # fmt: skip


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
    organisation: Mapped[Organisation] = relationship(
        foreign_keys=organisation_id, back_populates="links"
    )
    other: Mapped[Organisation] = relationship(foreign_keys=other_id, back_populates="linked_from")
