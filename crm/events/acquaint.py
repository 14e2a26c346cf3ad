"""Acquainting: the card of the directory that somebody who registered has, or gets."""

from crm.contacts.details import DetailKind
from crm.contacts.fold import fold
from crm.contacts.journal import EntryKind
from crm.contacts.matching import by_name, owner
from crm.contacts.names import split_name
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.search.index import index
from crm.db import db, in_turn
from crm.events.registrations import Registration
from crm.events.tell import note
from crm.users import User


def make_person(registration: Registration, by: User) -> Person:
    """The card of somebody who registered: the one that has their address, else a new one; in the
    organisation they named. Raises ValueError, in French, when nothing says who they are."""
    in_turn(f"personne {registration.email or registration.name}")
    known = registration.person or owner(Person, registration.email)
    if known is None:
        known = _new_person(registration, by)
    if registration.organisation is None and registration.organisation_name:
        registration.organisation = make_organisation(registration, by)
    place = registration.organisation
    if place is not None and place.id not in {role.organisation_id for role in known.roles}:
        known.hold(place, registration.function, by=by)
    registration.person, registration.logged = known, None
    index(known)
    note(registration, by)
    return known


def _new_person(registration: Registration, by: User) -> Person:
    last_name, first_name = registration.last_name, registration.first_name
    if not last_name and not first_name:
        raise ValueError("Il manque un nom\u00a0: complétez l’inscription d’abord.")
    person = Person(
        first_name=first_name if last_name else "",
        last_name=last_name or first_name,
        department=registration.department if not registration.organisation_name else "",
    )
    db.session.add(person)
    if registration.email:
        person.use_details(DetailKind.EMAIL, [registration.email])
    if registration.phone:
        person.use_details(DetailKind.PHONE, [registration.phone])
    person.log(f"Fiche créée depuis une inscription\u00a0: {registration.event.title}",
               EntryKind.CARD, by=by)  # fmt: skip
    return person


def make_organisation(registration: Registration, by: User) -> Organisation:
    """The organisation that was named: the one that bears that name, else a new one."""
    in_turn(f"organisation {fold(registration.organisation_name)}")
    known = by_name(registration.organisation_name)
    if known is None:
        name, acronym = split_name(registration.organisation_name)
        known = Organisation(name=name, acronym=acronym, department=registration.department)
        db.session.add(known)
        known.log(f"Fiche créée depuis une inscription\u00a0: {registration.event.title}",
                  EntryKind.CARD, by=by)  # fmt: skip
        index(known)
    return known
