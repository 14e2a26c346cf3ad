"""Enrolling: subscribers taken from a list kept elsewhere, each with the consent it came with."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from crm.contacts.departments import DEPARTMENTS, department_of
from crm.contacts.fold import fold
from crm.contacts.spreadsheets import Table
from crm.contacts.terms import Term, Vocabulary
from crm.db import db
from crm.newsletter.issues import Publication
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


def enrol(table: Table, publication: Publication, wording: str, source: str) -> Iterator[Enrolment]:
    """Subscribe the people of `table` to `publication`; yields the running account at each line.

    `wording` is how they agreed, kept as the proof of each. Who has left is never brought back by a
    list (RGPD art. 21), nor is an address that no longer answers. Nothing is committed.
    Raises NoAddress.
    """
    columns = _columns(table.headings)
    known = _known(publication)
    types = _actor_types()
    account = Enrolment()
    for number, cells in table.rows:
        values = {name: one_line(cells[index]) for name, index in columns.items()}
        _enrol(number, values, publication, known, types, account, wording, source)
        yield account
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
            "Ce fichier n’a pas de colonne « email » : ajoutez ce titre au-dessus des adresses."
        )
    return found


def _known(publication: Publication) -> dict[str, Subscription]:
    return {row.email: row for row in db.session.scalars(Subscription.all_of(publication))}


def _actor_types() -> dict[str, int]:
    terms: Iterable[Term] = db.session.scalars(Term.of(Vocabulary.ACTOR_TYPE))
    return {key: term.id for term in terms for key in (fold(term.label), fold(term.code))}


def _enrol(  # noqa: PLR0913
    number: int,
    values: dict[str, str],
    publication: Publication,
    known: dict[str, Subscription],
    types: dict[str, int],
    account: Enrolment,
    wording: str,
    source: str,
) -> None:
    address = normal_email(values["email"])
    if address is None:
        words = f"« {values['email'][:80]} » n’est pas une adresse" if values["email"] else "vide"
        account.refused.append((number, words))
        return
    subscription = known.get(address)
    if subscription is None:
        subscription = known[address] = _new(address, values, publication, types)
        account.added += 1
    elif subscription.left_at is not None or subscription.suppressed:
        account.gone += 1
        return
    elif subscription.is_confirmed:
        account.known += 1
        return
    else:
        account.confirmed += 1
    subscription.consent(Basis.IMPORT, wording, source, confirmed=True)


def _new(
    address: str, values: dict[str, str], publication: Publication, types: dict[str, int]
) -> Subscription:
    subscription = Subscription(
        publication_id=publication.id,
        email=address,
        actor_type_id=types.get(fold(values.get("actor_type", ""))),
        department=_department(values.get("department", "")),
        **{name: values.get(name, "")[:length] for name, length in LENGTHS.items()},
    )
    db.session.add(subscription)
    return subscription


def _department(value: str) -> str:
    code = value.upper().zfill(2)
    return code if code in DEPARTMENTS else department_of(value)
