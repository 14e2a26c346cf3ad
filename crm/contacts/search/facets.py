"""Facets: the ways of narrowing a search. Features above contacts register their own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from crm.contacts.departments import DEPARTMENTS
from crm.contacts.kinds import ContactKind
from crm.contacts.organisations import Organisation, organisation_terms
from crm.contacts.people import Person, Role, person_terms
from crm.contacts.terms import Term, Vocabulary
from crm.db import db

Rows = sa.Select[*tuple[Any, ...]]
Pairs = tuple[Rows, ...]
Labels = Callable[[Iterable[str]], dict[str, str]]


@dataclass(frozen=True)
class Facet:
    """One way of narrowing a search, by a value that a contact has or has not.

    `organisations` and `people` select (contact's id, value): the first column is a plain column.
    Who changes these values says so with `crm.contacts.search.index.index(contact)`.
    """

    code: str  # as the address of a search writes it
    label: str
    labels: Labels
    organisations: Pairs = ()
    people: Pairs = ()

    def pairs(self, kind: ContactKind) -> Pairs:
        return self.organisations if kind is ContactKind.ORGANISATION else self.people


@dataclass(frozen=True)
class Since:
    """One way of narrowing a search to those to whom something happened since a day.

    `organisations` and `people` select the contact's id; they are read at each search.
    """

    code: str
    label: str
    organisations: Callable[[date], Rows]
    people: Callable[[date], Rows]

    def ids(self, kind: ContactKind, day: date) -> Rows:
        return (self.organisations if kind is ContactKind.ORGANISATION else self.people)(day)


FACETS: dict[str, Facet] = {}
SINCE: dict[str, Since] = {}


def register(thing: Facet | Since) -> None:
    """Offer one more way of narrowing a search. Safe to repeat."""
    if isinstance(thing, Facet):
        FACETS[thing.code] = thing
    else:
        SINCE[thing.code] = thing


def _kinds(values: Iterable[str]) -> dict[str, str]:
    return {kind.value: kind.label for kind in ContactKind if kind.value in set(values)}


def _departments(values: Iterable[str]) -> dict[str, str]:
    return {code: f"{DEPARTMENTS[code]} ({code})" for code in sorted(values) if code in DEPARTMENTS}


def _yes(values: Iterable[str]) -> dict[str, str]:
    return dict.fromkeys(values, "Oui")


def _relays(values: Iterable[str]) -> dict[str, str]:
    ids = [int(value) for value in values if value.isascii() and value.isdecimal()]
    found = sa.select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids))
    return {str(key): name for key, name in db.session.execute(found.order_by(Organisation.name))}


def _terms(vocabulary: Vocabulary) -> Labels:
    def labels(values: Iterable[str]) -> dict[str, str]:
        found = sa.select(Term.code, Term.label).where(
            Term.vocabulary == vocabulary, Term.code.in_(list(values))
        )
        return {row[0]: row[1] for row in db.session.execute(found.order_by(Term.position))}

    return labels


_HOLDS = sa.and_(Role.organisation_id == Organisation.id, Role.ended_on.is_(None))


def _through_roles(value: Any) -> Rows:
    """A person has what the organisations they work in today have."""
    return sa.select(Role.person_id, value).join(Organisation, _HOLDS)


def _vocabulary(code: str, vocabulary: Vocabulary, *, inherited: bool = True) -> Facet:
    its, theirs = organisation_terms.c, person_terms.c
    people = [_of(sa.select(theirs.person_id, Term.code), theirs.term_id, vocabulary)]
    if inherited:
        through = _through_roles(Term.code).join(
            organisation_terms, its.organisation_id == Organisation.id
        )
        people.append(_of(through, its.term_id, vocabulary))
    organisations = _of(sa.select(its.organisation_id, Term.code), its.term_id, vocabulary)
    labels = _terms(vocabulary)
    return Facet(code, vocabulary.label, labels, (organisations,), tuple(people))


def _of(statement: Rows, term_id: Any, vocabulary: Vocabulary) -> Rows:
    # « + 0 »: few contacts are asked for, and SQLite would start from the terms, which all have.
    return statement.join(Term, Term.id == term_id + 0).where(Term.vocabulary == vocabulary)


def _actor_type() -> Facet:
    return Facet(
        "type",
        Vocabulary.ACTOR_TYPE.label,
        _terms(Vocabulary.ACTOR_TYPE),
        (sa.select(Organisation.id, Term.code).join(Organisation.actor_type),),
        (_through_roles(Term.code).join(Term, Organisation.actor_type_id == Term.id),),
    )


def _department() -> Facet:
    said = Organisation.department != ""
    through = _through_roles(Organisation.department).join(Person, Role.person_id == Person.id)
    return Facet(
        "departement",
        "Départements",
        _departments,
        (sa.select(Organisation.id, Organisation.department).where(said),),
        (
            sa.select(Person.id, Person.department).where(Person.department != ""),
            through.where(said, Person.department == ""),
        ),
    )


def _board() -> Facet:
    held = sa.select(Organisation.id, sa.literal("oui")).where(
        Organisation.on_board_since.is_not(None)
    )
    return Facet("ca", "Au conseil d’administration", _yes, (held,))


def _relay() -> Facet:
    relay = sa.cast(Organisation.relay_id, sa.String)
    return Facet(
        "relais",
        "Relais",
        _relays,
        (sa.select(Organisation.id, relay).where(Organisation.relay_id.is_not(None)),),
    )


for _facet in (
    Facet("fiche", "Fiches", _kinds),  # the index knows which is which
    _actor_type(),
    _department(),
    _vocabulary("secteur", Vocabulary.SECTOR),
    _vocabulary("pays", Vocabulary.COUNTRY),
    _vocabulary("odd", Vocabulary.SDG),
    _vocabulary("etiquette", Vocabulary.TAG, inherited=False),
    _board(),
    _relay(),
):
    register(_facet)
