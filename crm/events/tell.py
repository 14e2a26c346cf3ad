"""Telling: the mails that registrations are owed, the cards they are matched to, the journals."""

import logging

import sqlalchemy as sa

from crm.contacts.journal import EntryKind
from crm.contacts.matching import organisation_of, owner
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.db import change, db, now, reading
from crm.events import emails, links
from crm.events.events import Event
from crm.events.kinds import Owed, State
from crm.events.registrations import Registration
from crm.events.wording import when
from crm.filters import day
from crm.jobs import enqueue, every
from crm.mail import wake
from crm.users import User

log = logging.getLogger(__name__)

_AT_ONCE = 200
_MAILS = {Owed.STATE: emails.state, Owed.MOVED: emails.moved, Owed.OFF: emails.called_off}
_LOGGED = {
    State.CONFIRMED: "Inscription",
    State.WAITING: "Inscription en liste d’attente",
    State.CANCELLED: "Désistement",
}


@every(minutes=1)
def tell_owed() -> None:
    """Write the mails that are owed: a registration is kept first, whatever comes after.

    Commits as it goes: what was told is not told again.
    """
    owed = sa.select(Registration.id).where(Registration.owed.is_not(None))
    ids = list(
        db.session.scalars(owed.order_by(Registration.owed, Registration.id).limit(_AT_ONCE))
    )
    db.session.commit()
    for one in ids:
        try:
            _tell(one)
            db.session.commit()
        except Exception:
            db.session.rollback()
            log.exception("courriel non écrit (inscription %s)", one)
    if ids:
        wake()
    if len(ids) == _AT_ONCE:
        enqueue(tell_owed)


def _tell(registration_id: int) -> None:
    """Tell one person what they are owed, unless another worker is doing so."""
    match_one(registration_id)
    registration = db.session.get_one(Registration, registration_id)
    what = registration.owed
    mine = sa.update(Registration).where(
        Registration.id == registration_id, Registration.owed == what
    )
    if what is None or not change(mine.values(owed=None, told_at=now())):
        return
    db.session.refresh(registration)
    if registration.email and registration.state is not State.SUSPECT:
        _MAILS[what](registration)
    for one in (registration, *_brought_along(registration)):
        note(one)


def _brought_along(registration: Registration) -> list[Registration]:
    """Those who came with it and have no address of their own: nobody writes to them."""
    along = sa.select(Registration).where(
        Registration.leader_id == registration.id, Registration.email == ""
    )
    return list(db.session.scalars(along))


def match_one(registration_id: int) -> None:
    """Tie a registration to the cards it surely is of, found without holding others up."""
    with reading():
        person_id, organisation_id = _looked_for(registration_id)
        db.session.rollback()
    mine = sa.update(Registration).where(Registration.id == registration_id)
    for column, found in (
        (Registration.person_id, person_id), (Registration.organisation_id, organisation_id),
    ):  # fmt: skip
        if found is not None:
            change(mine.where(column.is_(None)).values({column: found}))


def _looked_for(registration_id: int) -> tuple[int | None, int | None]:
    registration = db.session.get_one(Registration, registration_id)
    person, organisation = look(registration)
    return person.id if person else None, organisation.id if organisation else None


def look(registration: Registration) -> tuple[Person | None, Organisation | None]:
    """The cards that are surely those of somebody who registered. Nothing is changed."""
    person = registration.person or owner(Person, registration.email)
    known = registration.organisation
    return person, known or organisation_of(
        person, registration.organisation_name, registration.email
    )


def note(registration: Registration, by: User | None = None) -> None:
    """Say in the journals of the directory where a registration stands, once for each change."""
    state = registration.state
    if registration.logged is state or state not in _LOGGED:
        return
    if state is State.CANCELLED and registration.logged is None:
        return
    registration.logged = state
    event = registration.event
    text = f"{_LOGGED[state]}\u00a0: {event.title}{_on(event)}"
    link = links.card_url(event)
    if registration.person is not None:
        registration.person.log(text, EntryKind.EVENT, by=by, link=link)
    if registration.organisation is not None:
        theirs = f"{text} – {registration.who}"
        registration.organisation.log(theirs, EntryKind.EVENT, by=by, link=link)


def _on(event: Event) -> str:
    return f" ({day(event.first_day)})" if event.first_day else f" ({when(event)})"
