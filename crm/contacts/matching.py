"""Matching: which cards of the directory somebody surely has; a doubt ties nothing.

What features above know is an address and names as they were typed; a card is never doubled.
"""

from typing import Any, TypeVar

import sqlalchemy as sa

from crm.contacts.details import Detail, DetailKind, detail_key
from crm.contacts.fold import fold
from crm.contacts.kinds import ContactKind
from crm.contacts.likeness import alike
from crm.contacts.names import split_name
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.search.documents import contact_of
from crm.contacts.search.matching import named
from crm.contacts.search.suggest import Hit, suggest
from crm.db import db

MOST = 6
_LIKE = 65  # percent

Card = TypeVar("Card", Person, Organisation)


def owner(model: type[Card], email: str) -> Card | None:
    """The one card that has this address, in use or not; None when several have."""
    found = {card.id: card for card in _owners(model, email)}
    return next(iter(found.values())) if len(found) == 1 else None


def _owners(model: type[Card], email: str) -> list[Card]:
    if not email:
        return []
    column = Detail.person_id if model is Person else Detail.organisation_id
    key = detail_key(DetailKind.EMAIL, email)
    query = sa.select(model).join(Detail, column == model.id)
    query = query.where(Detail.kind == DetailKind.EMAIL, Detail.key == key).order_by(model.id)
    return [card.survivor for card in db.session.scalars(query)]


def organisation_of(person: Person | None, named: str, email: str) -> Organisation | None:
    """The organisation that was named, or the only one where this person works today."""
    if person is not None:
        at_work = [role.organisation.survivor for role in person.current_roles]
        known = [one for one in at_work if not named or is_called(one, named)]
        if len(set(known)) == 1:
            return known[0]
    return by_name(named) if named else owner(Organisation, email)


def is_called(organisation: Organisation, name: str) -> bool:
    """Whether this is one of its names, whatever its accents."""
    typed = {fold(part) for part in (name, *split_name(name)) if part}
    others = (other.name for other in organisation.other_names)
    return bool(typed & {fold(one) for one in (organisation.name, organisation.acronym, *others)})


def by_name(name: str) -> Organisation | None:
    """The one organisation that bears exactly this name, whatever its accents."""
    found = {}
    for row in named(name, *filter(None, split_name(name))):
        kind, contact_id = contact_of(row.id)
        if kind is ContactKind.ORGANISATION and not row.archived:
            card = db.session.get(Organisation, contact_id)
            if card is not None and is_called(card, name):
                found[card.id] = card
    return next(iter(found.values())) if len(found) == 1 else None


def resembling(kind: ContactKind, name: str) -> list[Hit]:
    """The cards of this kind whose name is like this one, for somebody to choose."""
    hits = [hit for hit in suggest(name) if hit.type is kind] if name else []
    return [hit for hit in hits if _looks_like(hit.name, name)][:MOST]


def _looks_like(known: str, typed: str) -> bool:
    names = [fold(part) for part in (known, *split_name(known)) if part]
    return any(alike(one, fold(typed)) >= _LIKE for one in names)


def public_names(text: str) -> list[str]:
    """The organisations shown to the public whose name has these words, for a form to suggest.

    Nothing else is told: neither the others, nor what a card holds beside its name.
    """
    words = fold(text).split()
    if sum(map(len, words)) < 2:
        return []
    ids = [hit.id for hit in suggest(text, 300) if hit.type is ContactKind.ORGANISATION]
    shown = sa.select(Organisation.id, Organisation.name, Organisation.acronym).where(
        Organisation.id.in_(ids),
        Organisation.public_at.is_not(None),
        Organisation.archived_at.is_(None),
        Organisation.merged_into_id.is_(None),
    )
    named = {row.id: row for row in db.session.execute(shown)}
    found = [named[one] for one in ids if one in named and _begins(named[one], words)]
    return [f"{row.name} ({row.acronym})" if row.acronym else row.name for row in found[:8]]


def _begins(row: Any, words: list[str]) -> bool:
    """Whether it is by its name that it was found, and not by an address it keeps to itself."""
    name = fold(f"{row.name} {row.acronym}").split()
    return all(any(part.startswith(word) for part in name) for word in words)
