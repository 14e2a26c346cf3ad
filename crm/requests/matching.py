"""Matching: which cards a requester has in the directory; found or made, never doubled."""

from collections.abc import Iterable
from typing import Any, TypeVar

import sqlalchemy as sa

from crm.contacts.details import Detail, DetailKind, detail_key
from crm.contacts.fold import fold
from crm.contacts.journal import EntryKind
from crm.contacts.kinds import ContactKind
from crm.contacts.likeness import alike
from crm.contacts.names import split_name
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.search.index import index
from crm.contacts.search.suggest import Hit, suggest
from crm.db import db, in_turn
from crm.requests.requests import SupportRequest
from crm.users import User

MOST = 6
_LIKE = 65  # percent

Card = TypeVar("Card", Person, Organisation)


def recognise(request: SupportRequest) -> None:
    """Tie a request to the cards that are surely its requester's; a doubt ties nothing."""
    request.person, request.organisation = look(request)


def look(request: SupportRequest) -> tuple[Person | None, Organisation | None]:
    """The cards that are surely its requester's. Nothing is changed."""
    person = request.person or _owner(Person, _keys(request))
    return person, request.organisation or _organisation(request, person)


def _keys(request: SupportRequest) -> list[tuple[DetailKind, str]]:
    return [(DetailKind.EMAIL, request.email)] if request.email else []


def _owner(model: type[Card], keys: Iterable[tuple[DetailKind, str]]) -> Card | None:
    """The one card that has one of these details, in use or not; None when several have."""
    found = {owner.id: owner for owner in _owners(model, keys)}
    return next(iter(found.values())) if len(found) == 1 else None


def _owners(model: type[Card], keys: Iterable[tuple[DetailKind, str]]) -> list[Card]:
    column = Detail.person_id if model is Person else Detail.organisation_id
    said = [
        sa.and_(Detail.kind == kind, Detail.key == detail_key(kind, value)) for kind, value in keys
    ]
    if not said:
        return []
    query = sa.select(model).join(Detail, column == model.id).where(sa.or_(*said))
    return [card.survivor for card in db.session.scalars(query.order_by(model.id))]


def _organisation(request: SupportRequest, person: Person | None) -> Organisation | None:
    """The organisation that was named, or the only one where this person works today."""
    named = request.organisation_name
    if person is not None:
        at_work = [role.organisation.survivor for role in person.current_roles]
        known = [one for one in at_work if not named or _is_called(one, named)]
        if len(set(known)) == 1:
            return known[0]
    if named:
        return by_name(named)
    return _owner(Organisation, _keys(request))


def _is_called(organisation: Organisation, name: str) -> bool:
    typed = {fold(part) for part in (name, *split_name(name)) if part}
    others = (other.name for other in organisation.other_names)
    return bool(typed & {fold(one) for one in (organisation.name, organisation.acronym, *others)})


def by_name(name: str) -> Organisation | None:
    """The one organisation that bears exactly this name, whatever its accents."""
    found = {}
    for hit in suggest(name):
        if hit.type is ContactKind.ORGANISATION and not hit.is_archived:
            card = db.session.get(Organisation, hit.id)
            if card is not None and _is_called(card, name):
                found[card.id] = card
    return next(iter(found.values())) if len(found) == 1 else None


def candidates(request: SupportRequest) -> dict[ContactKind, list[Hit]]:
    """The cards that this requester may have, for somebody to choose."""
    found = {}
    for kind, name in (
        (ContactKind.PERSON, request.name),
        (ContactKind.ORGANISATION, request.organisation_name),
    ):
        hits = [hit for hit in suggest(name) if hit.type is kind] if name else []
        found[kind] = [hit for hit in hits if _looks_like(hit.name, name)][:MOST]
    return found


def _looks_like(known: str, typed: str) -> bool:
    names = [fold(part) for part in (known, *split_name(known)) if part]
    return any(alike(one, fold(typed)) >= _LIKE for one in names)


def make_person(request: SupportRequest, by: User) -> Person:
    """The requester's card: the one that has their address, else a new one.

    Raises ValueError, in French, when nothing says who they are.
    """
    in_turn(f"personne {request.email or request.name}")
    known = request.person or _owner(Person, _keys(request))
    if known is None:
        known = _new_person(request, by)
    if request.organisation is not None and not _works_at(known, request.organisation):
        known.hold(request.organisation, by=by)
    request.person = known
    index(known)
    return known


def _works_at(person: Person, organisation: Organisation) -> bool:
    return any(role.organisation_id == organisation.id for role in person.roles)


def _new_person(request: SupportRequest, by: User) -> Person:
    if not request.last_name and not request.first_name:
        raise ValueError("Il manque un nom : complétez la demande d’abord.")
    last_name, first_name = request.last_name or request.first_name, request.first_name
    person = Person(
        first_name=first_name if request.last_name else "",
        last_name=last_name,
        commune=request.commune if request.organisation is None else "",
        department=request.department if request.organisation is None else "",
    )
    db.session.add(person)
    _reach(person, request)
    person.log(f"Fiche créée depuis la demande {request.reference}", EntryKind.CARD, by=by)
    return person


def _reach(card: Person | Organisation, request: SupportRequest) -> None:
    if request.email:
        card.use_details(DetailKind.EMAIL, [request.email])
    if request.phone:
        card.use_details(DetailKind.PHONE, [request.phone])


def make_organisation(request: SupportRequest, by: User) -> Organisation:
    """The organisation that was named: the one that bears that name, else a new one.

    Raises ValueError, in French, when none was named.
    """
    if not request.organisation_name:
        raise ValueError("Aucune organisation n’est nommée dans cette demande.")
    in_turn(f"organisation {fold(request.organisation_name)}")
    known = request.organisation or by_name(request.organisation_name)
    if known is None:
        name, acronym = split_name(request.organisation_name)
        known = Organisation(
            name=name, acronym=acronym, commune=request.commune, department=request.department
        )
        db.session.add(known)
        known.log(f"Fiche créée depuis la demande {request.reference}", EntryKind.CARD, by=by)
    request.organisation = known
    index(known)
    return known


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
