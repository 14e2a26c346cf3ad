"""Telling: the mails that registrations are owed, the cards they are matched to, the journals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
from crm.mail import Mail
from crm.owed import Due, give
from crm.users import User

_MAILS = {Owed.STATE: emails.state, Owed.MOVED: emails.moved, Owed.OFF: emails.called_off}
# What a mail says of a registration, or is drawn for.
_STANDING = ("owed", "state", "email", "rank", "offer_ends_at", "link_version")
_LOGGED = {
    State.CONFIRMED: "Inscription",
    State.WAITING: "Inscription en liste d’attente",
    State.CANCELLED: "Désistement",
}


@dataclass(frozen=True)
class Letter:
    """A mail that somebody is owed, and the cards that are surely theirs: found and drawn while
    others write, it is handed in only if the registration still stands where it `stood`."""

    registration_id: int
    stood: dict[str, Any]
    cards: dict[str, int | None]
    mail: Mail | None


@every(minutes=1)
def tell_owed() -> None:
    """Write the mails that are owed: a registration is kept first, whatever comes after."""
    if give(_LETTERS):
        enqueue(tell_owed)


def _waiting() -> sa.Select[int]:
    owed = sa.select(Registration.id).where(Registration.owed.is_not(None))
    return owed.order_by(Registration.owed, Registration.id)


def _letter(registration: Registration) -> Letter | None:
    if registration.owed is None:
        return None
    person, organisation = look(registration)
    is_told = registration.email and registration.state is not State.SUSPECT
    return Letter(
        registration.id,
        {name: getattr(registration, name) for name in _STANDING},
        {"person_id": person.id if person else None,
         "organisation_id": organisation.id if organisation else None},
        _MAILS[registration.owed](registration) if is_told else None,
    )  # fmt: skip


def _hand_in(letters: Sequence[Letter]) -> None:
    """Write down these mails, the cards, and what journals say, unless another worker has."""
    told = [one for one in letters if _is_first(one)]
    db.session.add_all(one.mail for one in told if one.mail is not None)
    ids = [one.registration_id for one in told]
    # Those who came along and have no address of their own: nobody writes to them.
    along = sa.and_(Registration.leader_id.in_(ids), Registration.email == "")
    for one in db.session.scalars(
        sa.select(Registration).where(sa.or_(Registration.id.in_(ids), along))
    ):
        note(one)


def _is_first(letter: Letter) -> bool:
    """Whether the registration is still owed this mail: from now on it is not."""
    stands = [getattr(Registration, name) == value for name, value in letter.stood.items()]
    mine = sa.update(Registration).where(Registration.id == letter.registration_id, *stands)
    kept = {name: sa.func.coalesce(getattr(Registration, name), found)
            for name, found in letter.cards.items() if found is not None}  # fmt: skip
    return bool(change(mine.values(owed=None, told_at=now(), **kept)))


_LETTERS = Due(Registration, _waiting, _letter, _hand_in, "courriel non écrit (inscription %s)")


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
