"""Registering: from what was posted to a place, or a rank in the waiting list; once per address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crm.db import db, now
from crm.events import seats
from crm.events.events import Event
from crm.events.kinds import Channel, Owed, State
from crm.events.offers import promote
from crm.events.registrations import Registration
from crm.filters import moment
from crm.users import User

_SAID_ALREADY = timedelta(minutes=10)  # the same mail is not written again before


@dataclass(frozen=True)
class Received:
    """What became of a registration that was posted; `is_again`: the address had one already."""

    registration: Registration
    is_again: bool = False


def refusal(event: Event, at: datetime | None = None) -> str | None:
    """Why nobody can register for this event now, in one French sentence; None when one can."""
    at = at or now()
    if event.is_cancelled:
        return "Cet événement est annulé."
    if event.ends_at is not None and event.ends_at <= at:
        return "Cet événement est passé."
    if not event.takes_registrations:
        return "Cet événement est sans inscription."
    if event.registration_url:
        return "Les inscriptions se font sur le site d’un partenaire."
    if event.opens_at is not None and at < event.opens_at:
        return f"Les inscriptions ouvriront le {moment(event.opens_at)}."
    if event.closes_at is not None and at >= event.closes_at:
        return f"Les inscriptions sont closes depuis le {moment(event.closes_at)}."
    return None


def register(
    event: Event,
    values: Mapping[str, Any],
    along: Sequence[Mapping[str, Any]] = (),
    *,
    suspicion: Sequence[str] = (),
    channel: Channel = Channel.FORM,
    by: User | None = None,
) -> Received:
    """Register somebody, with those who come along. `values` are columns of a registration.

    An address that has a registration keeps it, and gets its mail again. What looks like a robot's
    holds no place until somebody of the team has looked. Nothing is committed; IntegrityError when
    the same address is being registered elsewhere at this very moment: roll back and try again.
    """
    known = of_address(event, str(values.get("email", "")))
    if known is not None and known.state is not State.CANCELLED and not _was_doubtful(known):
        _tell_again(known)
        return Received(known, is_again=True)
    first = known or Registration(event_id=event.id, event=event)
    _fill(first, values, channel, by)
    party = [first, *(_companion(first, one, channel, by) for one in along)]
    if suspicion:
        _set_apart(party, suspicion)
    else:
        first.suspicion = ""
        seats.seat(event, party)
        seats.owe(party)
    db.session.add_all(party)
    db.session.flush()
    if first.state is State.WAITING and event.left != 0:
        promote(event)  # those before may need more places than are left
    return Received(first)


def of_address(event: Event, email: str) -> Registration | None:
    """The registration that this address has, whatever its state."""
    mine = sa.select(Registration).where(
        Registration.event_id == event.id, Registration.email == email.strip().lower()
    )
    return db.session.scalar(mine) if email else None


def _was_doubtful(known: Registration) -> bool:
    """What a robot may have posted in somebody's name keeps nobody from registering."""
    return known.state is State.SUSPECT


def _tell_again(known: Registration) -> None:
    if known.told_at is None or now() - known.told_at > _SAID_ALREADY:
        seats.owe([known])


def _fill(
    registration: Registration, values: Mapping[str, Any], channel: Channel, by: User | None
) -> None:
    for name, value in values.items():
        setattr(registration, name, value)
    registration.channel, registration.user = channel, by
    registration.seats = registration.seats or 1
    registration.cancelled_at = registration.offered_at = registration.offer_ends_at = None


def _companion(
    first: Registration, values: Mapping[str, Any], channel: Channel, by: User | None
) -> Registration:
    """Somebody who comes along: from the same organisation, under the same information."""
    shared = ("organisation_name", "department", "group_name", "consent_text", "consent_version")
    one = Registration(event_id=first.event_id, event=first.event, leader=first)
    _fill(one, {name: getattr(first, name) or "" for name in shared} | dict(values), channel, by)
    return one


def _set_apart(party: Sequence[Registration], suspicion: Sequence[str]) -> None:
    for one in party:
        one.state, one.suspicion = State.SUSPECT, " ; ".join(suspicion)[:300]


def clear(registration: Registration) -> None:
    """« Ce n’est pas un robot » : it takes its turn now, and is told. Safe to repeat."""
    if registration.state is not State.SUSPECT:
        return
    some = seats.party(registration)
    seats.seat(registration.event, some)
    for one in some:
        one.suspicion = ""
    seats.owe(some)
    db.session.flush()


def discard(registration: Registration) -> None:
    """« C’est un robot » : nothing of it is kept. Only what is set apart can be thrown away."""
    if registration.state is State.SUSPECT:
        for one in reversed(seats.party(registration)):
            db.session.delete(one)


def give_up(registration: Registration) -> bool:
    """Leave one's place, or the waiting list, to others; those brought along without an address
    of their own leave too. The next ones are offered the places. False when it was done before."""
    if registration.state in (State.CANCELLED, State.SUSPECT):
        return False
    gone = [one for one in seats.party(registration) if one is registration or not one.email]
    values = {"cancelled_at": now(), "offer_ends_at": None, "rank": None}
    moved = [one for one in gone if seats.move(one, State.CANCELLED, **values)]
    seats.owe(moved)
    promote(registration.event)
    return bool(moved)


def confirm(registration: Registration) -> None:
    """The team gives this person a place now, even if none is left. Safe to repeat."""
    if registration.state in (State.CONFIRMED, State.SUSPECT):
        return
    was = registration.state
    if was is not State.OFFERED:
        seats.force(registration.event, registration.seats)
    values = {"confirmed_at": now(), "cancelled_at": None, "offer_ends_at": None, "rank": None}
    if seats.move(registration, State.CONFIRMED, **values):
        seats.owe([registration])
    elif was is not State.OFFERED:
        seats.give_back(registration.event, taken=registration.seats)


class Taken(ValueError):
    """Another registration has this address; the message is in French."""


def correct(registration: Registration, values: Mapping[str, Any]) -> None:
    """Change what was said. A new address gets the mail. Raises Taken when it is another's."""
    email = str(values.get("email", registration.email))
    if email != registration.email:
        other = of_address(registration.event, email)
        if other is not None and other.id != registration.id:
            raise Taken("Cette adresse a déjà une inscription à cet événement.")
    changed = email != registration.email
    for name, value in values.items():
        setattr(registration, name, value)
    if changed and registration.state is not State.CANCELLED:
        seats.owe([registration], Owed.STATE)
