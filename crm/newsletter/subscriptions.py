"""Subscriptions: one address, one publication, and the consents that allow writing to it."""

from datetime import datetime
from enum import StrEnum
from typing import Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.terms import Term
from crm.db import Model, db, now
from crm.forgotten import remember
from crm.newsletter.issues import Publication

LEFT = "depart"  # see crm.forgotten


class Basis(StrEnum):
    """How a consent was given."""

    FORM = "form"
    IMPORT = "import"
    STAFF = "staff"
    PROFESSION = "profession"

    @property
    def label(self) -> str:
        return {
            "form": "formulaire",
            "import": "reprise d’une liste",
            "staff": "saisie",
            "profession": "adresse professionnelle, informée de l’envoi (intérêt légitime)",
        }[self]


class Purpose(StrEnum):
    """What a consent allows: each asks for its own (RGPD art. 4 §11, EDPB 05/2020 §42)."""

    RECEIVE = "receive"
    OPENS = "opens"

    @property
    def label(self) -> str:
        return {"receive": "recevoir la lettre", "opens": "mesurer les ouvertures"}[self]


class Rhythm(StrEnum):
    """How often someone wants a letter that leaves more often."""

    EVERY = "every"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"

    @property
    def label(self) -> str:
        return {
            "every": "tous les numéros",
            "monthly": "un numéro par mois au plus",
            "quarterly": "un numéro par trimestre au plus",
        }[self]


class Subscription(Model):
    """One address, one publication. Never deleted by leaving: the moment is kept."""

    __tablename__ = "subscriptions"
    __table_args__ = (sa.UniqueConstraint("publication_id", "email"),)

    publication_id: Mapped[int] = mapped_column(sa.ForeignKey("publications.id"))
    publication: Mapped[Publication] = relationship(back_populates="subscriptions")
    email: Mapped[str] = mapped_column(sa.String(254), index=True)  # in lower case
    first_name: Mapped[str] = mapped_column(sa.String(100), default="")
    last_name: Mapped[str] = mapped_column(sa.String(100), default="")
    organisation_name: Mapped[str] = mapped_column(sa.String(300), default="")
    department: Mapped[str] = mapped_column(sa.String(3), default="")
    actor_type_id: Mapped[int | None] = mapped_column(sa.ForeignKey("terms.id"), index=True)
    actor_type: Mapped[Term | None] = relationship()
    person_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("people.id", ondelete="SET NULL"), index=True
    )
    person: Mapped[Person | None] = relationship()
    organisation_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("organisations.id", ondelete="SET NULL"), index=True
    )
    organisation: Mapped[Organisation | None] = relationship()
    rhythm: Mapped[Rhythm] = mapped_column(default=Rhythm.EVERY)
    created_at: Mapped[datetime] = mapped_column(default=now)
    left_at: Mapped[datetime | None]
    # Nothing is left of the person but the row that other figures count (see readers/erase.py).
    erased_at: Mapped[datetime | None]
    # An address that answers no more: why, in French. Empty: it can be written to.
    suppressed: Mapped[str] = mapped_column(sa.String(200), default="")
    # When someone said that the address works again: returns before that no longer count.
    revived_at: Mapped[datetime | None]
    consents: Mapped[list["Consent"]] = relationship(
        back_populates="subscription", cascade="all, delete-orphan", order_by="Consent.id"
    )

    @classmethod
    def of(cls, publication: Publication, email: str) -> Self | None:
        return db.session.scalar(
            sa.select(cls).where(
                cls.publication_id == publication.id, cls.email == email.strip().lower()
            )
        )

    @classmethod
    def at(cls, email: str) -> list[Self]:
        """All the subscriptions of one address, in the order of the publications."""
        query = sa.select(cls).where(cls.email == email.strip().lower())
        return list(db.session.scalars(query.order_by(cls.publication_id)))

    @classmethod
    def all_of(cls, publication: Publication) -> sa.Select[Self]:
        """Everyone who ever subscribed, with their consents, in few queries."""
        return (
            sa.select(cls)
            .where(cls.publication_id == publication.id)
            .options(selectinload(cls.consents))
        )

    @classmethod
    def listed(cls, publication: Publication, state: str, words: str = "") -> sa.Select[Self]:
        """Those of a publication in one state (« actifs », « attente », « partis », « muets »)."""
        confirmed = cls.agrees(Purpose.RECEIVE)
        present = cls.left_at.is_(None)
        states = {
            "actifs": cls.can_receive(),
            "attente": sa.and_(present, cls.suppressed == "", ~confirmed),
            "partis": sa.and_(cls.left_at.is_not(None), cls.erased_at.is_(None)),
            "muets": sa.and_(present, cls.suppressed != ""),
        }
        query = sa.select(cls).where(cls.publication_id == publication.id, states[state])
        for word in words.split()[:5]:
            columns = (cls.email, cls.first_name, cls.last_name, cls.organisation_name)
            query = query.where(sa.or_(*(c.icontains(word, autoescape=True) for c in columns)))
        return query.order_by(cls.created_at.desc(), cls.id.desc())

    @classmethod
    def can_receive(cls) -> sa.ColumnElement[bool]:
        """No confirmed consent, no mail; nor to who has left, nor to an address that is dead."""
        return sa.and_(
            cls.left_at.is_(None),
            cls.suppressed == "",
            cls.agrees(Purpose.RECEIVE),
        )

    @classmethod
    def agrees(cls, purpose: Purpose) -> sa.ColumnElement[bool]:
        """Whether a consent to this was confirmed, and not taken back."""
        return sa.exists().where(
            Consent.subscription_id == cls.id,
            Consent.purpose == purpose,
            Consent.confirmed_at.is_not(None),
            Consent.withdrawn_at.is_(None),
        )

    @classmethod
    def recipients(cls, publication: Publication) -> sa.Select[Self]:
        return sa.select(cls).where(cls.publication_id == publication.id, cls.can_receive())

    @property
    def is_confirmed(self) -> bool:
        return self.has_agreed(Purpose.RECEIVE)

    def has_agreed(self, purpose: Purpose) -> bool:
        """Whether a consent to this was confirmed, and not taken back."""
        return any(c.is_standing for c in self.consents if c.purpose is purpose)

    @property
    def is_active(self) -> bool:
        return self.is_confirmed and self.left_at is None and not self.suppressed

    def consent(
        self,
        basis: Basis,
        wording: str,
        source: str,
        *,
        confirmed: bool,
        purpose: Purpose = Purpose.RECEIVE,
    ) -> "Consent":
        """Keep the proof of a consent: how, from where, and the exact words that were shown.

        `confirmed` is False for a form: the mail with its link will say so (double opt-in).
        Source of the rule: RGPD art. 7 §1; CPCE L34-5.
        """
        proof = Consent(
            basis=basis,
            purpose=purpose,
            wording=wording,
            source=source,
            confirmed_at=now() if confirmed else None,
        )
        self.consents.append(proof)
        return proof

    def withdraw(self, purpose: Purpose) -> None:
        """Take back what was agreed to, as easily as it was given (RGPD art. 7 §3)."""
        for consent in self.consents:
            if consent.purpose is purpose and consent.is_standing:
                consent.withdrawn_at = now()

    def confirm(self) -> None:
        """The address answered for itself. Safe to repeat; someone who had left comes back."""
        asked = [consent for consent in self.consents if consent.purpose is Purpose.RECEIVE]
        if not asked:
            raise ValueError("nothing to confirm")
        asked[-1].confirmed_at = asked[-1].confirmed_at or now()
        self.left_at = None
        self.suppressed = ""

    def unsubscribe(self) -> None:
        """Leave, at once and for every number to come. Safe to repeat: the first moment stays."""
        if self.left_at is None:
            self.left_at = now()
            remember(LEFT, self.id, self.created_at)


class Consent(Model):
    """The proof of one consent. Written once; only its confirmation, or its end, comes later."""

    __tablename__ = "consents"

    subscription_id: Mapped[int] = mapped_column(
        sa.ForeignKey("subscriptions.id", ondelete="CASCADE"), index=True
    )
    subscription: Mapped[Subscription] = relationship(back_populates="consents")
    purpose: Mapped[Purpose] = mapped_column(default=Purpose.RECEIVE)
    basis: Mapped[Basis]
    wording: Mapped[str] = mapped_column(sa.Text)
    source: Mapped[str] = mapped_column(sa.String(200))
    given_at: Mapped[datetime] = mapped_column(default=now)
    confirmed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    @property
    def is_standing(self) -> bool:
        return self.confirmed_at is not None and self.withdrawn_at is None
