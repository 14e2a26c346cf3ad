"""Details: the mails and phones of a contact, kept when they are no longer in use."""

import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Model, now

if TYPE_CHECKING:
    from crm.contacts.organisations import Organisation
    from crm.contacts.people import Person


class DetailKind(StrEnum):
    EMAIL = "email"
    PHONE = "phone"

    @property
    def label(self) -> str:
        return {"email": "courriel", "phone": "téléphone"}[self]


class Detail(Model):
    """One mail or phone of an organisation or a person. Closed, it still finds its owner."""

    __tablename__ = "details"
    __table_args__ = (
        sa.CheckConstraint("(organisation_id IS NULL) <> (person_id IS NULL)", name="one_owner"),
        sa.Index("ix_details_kind_key", "kind", "key"),
    )

    organisation_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("organisations.id", ondelete="CASCADE"), index=True
    )
    person_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("people.id", ondelete="CASCADE"), index=True
    )
    organisation: Mapped["Organisation | None"] = relationship(back_populates="details")
    person: Mapped["Person | None"] = relationship(back_populates="details")
    kind: Mapped[DetailKind]
    value: Mapped[str] = mapped_column(sa.String(254))
    # What two writings of the same mail or number have in common.
    key: Mapped[str] = mapped_column(sa.String(254))
    # The preferred one comes first.
    position: Mapped[int] = mapped_column(default=0)
    closed_at: Mapped[datetime | None]

    @classmethod
    def make(cls, kind: DetailKind, value: str) -> "Detail":
        return cls(kind=kind, value=value, key=detail_key(kind, value))


def detail_key(kind: DetailKind, value: str) -> str:
    """Mails in lower case; phones as digits, French numbers in national form (0612345678)."""
    if kind is DetailKind.EMAIL:
        return value.strip().lower()
    digits = re.sub(r"[^0-9+]", "", value.replace("(0)", ""))
    digits = re.sub(r"^(\+33|0033)0?", "0", digits)
    return digits.lstrip("+")


class HasDetails:
    """A contact with mails and phones."""

    details: Mapped[list[Detail]]

    def current(self, kind: DetailKind) -> list[Detail]:
        """The details in use, the preferred one first."""
        return [item for item in self.details if item.kind is kind and item.closed_at is None]

    @property
    def email(self) -> str:
        """The preferred mail, or an empty text."""
        return next((item.value for item in self.current(DetailKind.EMAIL)), "")

    @property
    def phone(self) -> str:
        return next((item.value for item in self.current(DetailKind.PHONE)), "")

    def closed(self, kind: DetailKind | None = None) -> list[Detail]:
        """The details no longer in use, of one kind or of all."""
        return [
            item for item in self.details if item.closed_at and (kind is None or item.kind is kind)
        ]

    def close_detail(self, detail: Detail) -> None:
        """Stop using this mail or number; it still finds its owner."""
        detail.closed_at = detail.closed_at or now()

    def use_details(self, kind: DetailKind, values: Sequence[str]) -> None:
        """Use these mails or numbers from now on, the preferred one first.

        Those left out are closed; one that was closed is used again.
        """
        known = {item.key: item for item in self.details if item.kind is kind}
        wanted = {detail_key(kind, value): value for value in reversed(values)}
        for key in known.keys() - wanted.keys():
            self.close_detail(known[key])
        for position, key in enumerate(reversed(wanted)):
            detail = known.get(key) or Detail.make(kind, wanted[key])
            detail.value, detail.position, detail.closed_at = wanted[key], position, None
            if key not in known:
                self.details.append(detail)
        self.details.sort(key=lambda item: (item.position, item.id or 0))
