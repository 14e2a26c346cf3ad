"""Enrolling: subscribers taken from a list kept elsewhere, each with the consent it came with."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from crm.config import Settings
from crm.contacts.departments import DEPARTMENTS, department_of
from crm.contacts.files.spreadsheets import Table
from crm.contacts.fold import fold
from crm.contacts.terms import Term, Vocabulary
from crm.db import db
from crm.newsletter.issues import Publication
from crm.newsletter.readers.departures import Departure, digests
from crm.newsletter.readers.facets import tell_search
from crm.newsletter.subscriptions import Basis, Subscription
from crm.text import normal_email, one_line

# What each column may be called, folded.
HEADINGS = {
    "email": {"email", "e mail", "mail", "courriel", "adresse email", "adresse e mail"},
    "first_name": {"prenom"},
    "last_name": {"nom", "nom de famille"},
    "organisation_name": {"organisation", "structure", "organisme"},
    "actor_type": {"type", "type d acteur"},
    "department": {"departement", "code postal"},
}
LENGTHS = {"first_name": 100, "last_name": 100, "organisation_name": 300}


class NoAddress(ValueError):
    """The table has no column of addresses; the message says so in French."""


@dataclass
class Enrolment:
    """What became of each line. `refused` gives its number and why, in French."""

    added: int = 0
    confirmed: int = 0
    known: int = 0
    gone: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def enrol(
    table: Table,
    publication: Publication,
    wording: str,
    source: str,
    keys: Sequence[str] = (),
) -> Iterator[Enrolment]:
    """Subscribe the people of `table` to `publication`; yields the running account at each line.

    `wording` is how they agreed, kept as the proof of each. Who has left is never brought back by a
    list (RGPD art. 21), nor is an address that no longer answers; `keys`, by default those of the
    settings, recognise who was erased. Nothing is committed. Raises NoAddress.
    """
    columns = _columns(table.headings)
    roll = _Roll(publication, wording, source, keys or Settings.current().keys)
    for number, cells in table.rows:
        roll.take(number, {name: one_line(cells[index]) for name, index in columns.items()})
        yield roll.account
    db.session.flush()


def _columns(headings: list[str]) -> dict[str, int]:
    folded = [fold(heading) for heading in headings]
    found = {
        name: index
        for name, names in HEADINGS.items()
        for index, heading in enumerate(folded)
        if heading in names
    }
    if "email" not in found:
        raise NoAddress(
            "Ce fichier n’a pas de colonne « email » : ajoutez ce titre au-dessus des adresses."
        )
    return found


class _Roll:
    """The list of a publication while a table is read: who is on it, and what became of each."""

    def __init__(
        self, publication: Publication, wording: str, source: str, keys: Sequence[str]
    ) -> None:
        self.publication, self.wording, self.source = publication, wording, source
        self.keys = keys
        self.erased = set(db.session.scalars(sa.select(Departure.digest)))
        self.left = _who_left_everything()
        everyone = db.session.scalars(Subscription.all_of(publication))
        self.known = {subscription.email: subscription for subscription in everyone}
        terms: Iterable[Term] = db.session.scalars(Term.of(Vocabulary.ACTOR_TYPE))
        self.types = {key: t.id for t in terms for key in (fold(t.label), fold(t.code))}
        self.account = Enrolment()

    def take(self, number: int, values: dict[str, str]) -> None:
        """Enrol the person of one line, or say why not."""
        address = normal_email(values["email"])
        if address is None:
            typed = values["email"][:80]
            words = f"« {typed} » n’est pas une adresse" if typed else "l’adresse est vide"
            self.account.refused.append((number, words))
        elif address not in self.known and self._is_gone(address):
            self.account.gone += 1
        elif address not in self.known:
            self.account.added += 1
            self._agree(self._new(address, values))
        else:
            self._take_again(self.known[address])

    def _is_gone(self, address: str) -> bool:
        """Whether someone who receives nothing more asked not to, or to be forgotten."""
        if address in self.left:
            return True
        return bool(self.erased) and not self.erased.isdisjoint(digests(address, self.keys))

    def _take_again(self, subscription: Subscription) -> None:
        if subscription.left_at is not None or subscription.suppressed:
            self.account.gone += 1
        elif subscription.is_confirmed:
            self.account.known += 1
        else:
            self.account.confirmed += 1
            self._agree(subscription)
            db.session.flush()
            tell_search(subscription)

    def _agree(self, subscription: Subscription) -> None:
        subscription.consent(Basis.IMPORT, self.wording, self.source, confirmed=True)

    def _new(self, address: str, values: dict[str, str]) -> Subscription:
        subscription = self.known[address] = Subscription(
            publication_id=self.publication.id,
            email=address,
            actor_type_id=self.types.get(fold(values.get("actor_type", ""))),
            department=_department(values.get("department", "")),
            **{name: values.get(name, "")[:length] for name, length in LENGTHS.items()},
        )
        db.session.add(subscription)
        return subscription


def _who_left_everything() -> set[str]:
    """The addresses that left a letter and receive none: leaving was meant for all of them."""
    live = sa.select(Subscription.email).where(Subscription.left_at.is_(None))
    left = sa.select(Subscription.email).where(
        Subscription.left_at.is_not(None), Subscription.email.not_in(live)
    )
    return set(db.session.scalars(left))


def _department(value: str) -> str:
    code = value.upper().zfill(2)
    return code if code in DEPARTMENTS else department_of(value)
