"""Attendees: the people, the structures and the presences that a number of who_came counted.

Each function returns one page of rows; how many there are in all is the number itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.terms import Term
from crm.db import db
from crm.events.afterwards import EventRules
from crm.events.events import Event
from crm.events.registrations import BY_ADDRESS, NAMELESS, Registration
from crm.events.who_came import (
    BY_CARD,
    OF_A_CARD,
    OF_A_NAME,
    OF_NOTHING,
    UNKNOWN_TYPE,
    names,
    those_of,
)
from crm.periods import Period


@dataclass(frozen=True)
class Coming:
    """An event somebody came to."""

    event_id: int
    title: str
    day: Any


@dataclass(frozen=True)
class Attendee:
    """A person or a structure, once, with the events it came to, the last one first."""

    name: str
    detail: str
    card_id: int | None
    comings: Sequence[Coming]


def people(period: Period, *, offset: int = 0, limit: int = 50) -> list[Attendee]:
    """The people of a period: those who have a card by name, then the others by address."""
    came = those_of(period)
    mine = sa.select(Registration.person_id).where(*came, BY_CARD)
    by_card = sa.select(Person).where(Person.id.in_(mine))
    order = (sa.func.lower(Person.last_name), sa.func.lower(Person.first_name), Person.id)
    cards = db.session.scalars(by_card.order_by(*order).offset(offset).limit(limit)).all()
    found = _comings(came, Registration.person_id, [one.id for one in cards])
    told = [Attendee(one.name, "", one.id, found[one.id]) for one in cards]
    if len(told) < limit:
        known = db.session.scalar(sa.select(sa.func.count()).select_from(by_card.subquery())) or 0
        told += _by_address(came, max(offset - known, 0), limit - len(told))
    return told


def _by_address(came: Sequence[Any], offset: int, limit: int) -> list[Attendee]:
    it = Registration
    mine = sa.select(it.email).distinct().where(*came, BY_ADDRESS).order_by(it.email)
    addresses = db.session.scalars(mine.offset(offset).limit(limit)).all()
    found = _comings([*came, BY_ADDRESS], it.email, addresses)
    rows = db.session.execute(
        sa.select(it.email, sa.func.max(it.first_name + " " + it.last_name))
        .where(*came, BY_ADDRESS, it.email.in_(addresses)).group_by(it.email)
    )  # fmt: skip
    said = {address: name.strip() for address, name in rows}
    return [Attendee(said[one] or one, one, None, found[one]) for one in addresses]


def structures(
    period: Period, *, code: str | None = None, outside: bool | None = None,
    offset: int = 0, limit: int = 50,
) -> list[Attendee]:  # fmt: skip
    """The structures of a period: all, those of a type (`code`, nothing for unknown), those whose
    type is known (`outside` False) or known and outside the sector (True). Those that have a card
    come first, by name, then those that were only typed."""
    came = those_of(period)
    cards = _cards(came, code, outside)
    rows = db.session.execute(cards.offset(offset).limit(limit)).all()
    found = _comings(came, Registration.organisation_id, [one.id for one, _ in rows])
    told = [Attendee(one.name, label or UNKNOWN_TYPE, one.id, found[one.id]) for one, label in rows]
    if len(told) < limit and not code and outside is None:
        known = db.session.scalar(sa.select(sa.func.count()).select_from(cards.subquery())) or 0
        told += _by_name(came, max(offset - known, 0), limit - len(told))
    return told


def _cards(
    came: Sequence[Any], code: str | None, outside: bool | None
) -> sa.Select[Organisation, str]:
    mine = sa.select(Registration.organisation_id).where(*came, OF_A_CARD)
    query = (
        sa.select(Organisation, Term.label)
        .outerjoin(Term, Term.id == Organisation.actor_type_id)
        .where(Organisation.id.in_(mine))
        .order_by(sa.func.lower(Organisation.name), Organisation.id)
    )
    if code is not None:
        query = query.where(Term.code == code if code else Term.code.is_(None))
    if outside is not None:
        query = query.where(Term.code.is_not(None))
    if outside:
        query = query.where(Term.code.not_in(EventRules.current().inside))
    return query


def _by_name(came: Sequence[Any], offset: int, limit: int) -> list[Attendee]:
    every = sorted(names(came).items())[offset : offset + limit]
    typed = [name for _, some in every for name in some]
    found = _comings([*came, *OF_A_NAME], Registration.organisation_name, typed)
    return [
        Attendee(some[0], UNKNOWN_TYPE, None, _merged(found[name] for name in some))
        for _, some in every
    ]


def _merged(comings: Iterable[Sequence[Coming]]) -> list[Coming]:
    every = {one.event_id: one for some in comings for one in some}
    return sorted(every.values(), key=lambda one: (one.day, one.event_id), reverse=True)


def _comings(came: Sequence[Any], key: Any, keys: Sequence[Any]) -> dict[Any, list[Coming]]:
    """The events that each of these came to."""
    found: dict[Any, list[Coming]] = {one: [] for one in keys}
    rows = db.session.execute(
        sa.select(key, Event.id, Event.title, Event.first_day).distinct()
        .join(Event, Event.id == Registration.event_id)
        .where(*came, key.in_(keys)).order_by(Event.first_day.desc(), Event.id.desc())
    )  # fmt: skip
    for one, event_id, title, day in rows:
        found[one].append(Coming(event_id, title, day))
    return found


_PRESENCES: dict[str, tuple[Any, ...]] = {
    "": (), "sans-nom": (NAMELESS,), "sans-structure": OF_NOTHING,
}  # fmt: skip
KINDS_OF_PRESENCES = tuple(_PRESENCES)


def presences(period: Period, what: str = "") -> sa.Select[Registration]:
    """The presences that figures counted: all, « sans-nom » or « sans-structure »."""
    it = Registration
    query = sa.select(it).where(*those_of(period), *_PRESENCES[what])
    shown = query.options(joinedload(it.event), joinedload(it.organisation))
    return shown.order_by(it.event_id.desc(), it.last_name, it.first_name, it.email, it.id)


def each(page: Any, step: int = 1000) -> Iterator[Attendee]:
    """All the rows that `page` gives some at a time."""
    offset = 0
    while some := page(offset=offset, limit=step):
        yield from some
        offset += step
