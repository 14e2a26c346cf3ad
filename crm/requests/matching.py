"""Matching: which cards a requester has in the directory; found or made, never doubled."""

from crm.contacts.details import DetailKind
from crm.contacts.fold import fold
from crm.contacts.journal import EntryKind
from crm.contacts.kinds import ContactKind
from crm.contacts.matching import by_name, organisation_of, owner, resembling
from crm.contacts.names import split_name
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.search.index import index
from crm.contacts.search.suggest import Hit
from crm.db import db, in_turn
from crm.requests.requests import SupportRequest
from crm.users import User


def recognise(request: SupportRequest) -> None:
    """Tie a request to the cards that are surely its requester's; a doubt ties nothing."""
    request.person, request.organisation = look(request)


def look(request: SupportRequest) -> tuple[Person | None, Organisation | None]:
    """The cards that are surely its requester's. Nothing is changed."""
    person = request.person or owner(Person, request.email)
    known = request.organisation
    return person, known or organisation_of(person, request.organisation_name, request.email)


def candidates(request: SupportRequest) -> dict[ContactKind, list[Hit]]:
    """The cards that this requester may have, for somebody to choose."""
    return {
        ContactKind.PERSON: resembling(ContactKind.PERSON, request.name),
        ContactKind.ORGANISATION: resembling(ContactKind.ORGANISATION, request.organisation_name),
    }


def make_person(request: SupportRequest, by: User) -> Person:
    """The requester's card: the one that has their address, else a new one.

    Raises ValueError, in French, when nothing says who they are.
    """
    in_turn(f"personne {request.email or request.name}")
    known = request.person or owner(Person, request.email)
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
