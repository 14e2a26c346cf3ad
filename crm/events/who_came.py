"""Who came: people and structures known by name, each counted once, whatever the events.

What each number counted is listed by crm.events.attendees.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from crm.contacts.fold import fold
from crm.contacts.organisations import Organisation
from crm.contacts.terms import Term
from crm.db import db
from crm.events.afterwards import EventRules
from crm.events.events import Event
from crm.events.figures import within
from crm.events.registrations import ATTENDED, BY_ADDRESS, BY_NAME, NAMELESS, Registration
from crm.periods import Period

BY_CARD = Registration.person_id.is_not(None)
OF_A_CARD = Registration.organisation_id.is_not(None)
OF_A_NAME = (BY_NAME, Registration.organisation_name != "")
OF_NOTHING = (BY_NAME, Registration.organisation_name == "")
UNKNOWN_TYPE = "type non précisé"


@dataclass(frozen=True)
class OfType:
    """How many structures of one type of actor came."""

    code: str  # nothing when the type is not known
    label: str
    number: int


@dataclass(frozen=True)
class People:
    """Those who came and are known by name, each counted once."""

    people: int = 0
    nameless: int = 0  # places of groups, and rows without an address: they may be anybody
    structures: int = 0
    by_type: tuple[OfType, ...] = ()
    inside: int = 0
    outside: int = 0
    untyped: int = 0
    homeless: int = 0  # presences of people who said no structure

    @property
    def typed(self) -> int:
        return self.inside + self.outside

    @property
    def share_outside(self) -> float | None:
        """From 0 to 1, among the structures whose type is known; None when there are none."""
        return self.outside / self.typed if self.typed else None


def people(period: Period) -> People:
    """Who came, by name, in the period: each person and each structure once."""
    it, came = Registration, those_of(period)
    named = len(names(came))
    types = _types(came)
    inside = set(EventRules.current().inside)
    within_it = sum(one.number for one in types if one.code in inside)
    untyped = sum(one.number for one in types if not one.code)
    known = sum(one.number for one in types)
    return People(
        people=_once(it.person_id, *came, BY_CARD) + _once(it.email, *came, BY_ADDRESS),
        nameless=_nameless(came),
        structures=known + named,
        by_type=_with_unknown(types, named),
        inside=within_it,
        outside=known - untyped - within_it,
        untyped=untyped + named,
        homeless=_number(sa.select(it.id).where(*came, *OF_NOTHING)),
    )


def those_of(period: Period) -> list[Any]:
    """What says that somebody came to an event of the period.

    The lists of a few events are read one by one. Of many events it is quicker to leave out the
    others; `+ 0` keeps databases from going by event, so that they walk the index of what is
    counted in its own order, and have nobody to remember.
    """
    held = sa.select(Event.id).where(*within(period)).correlate(None)
    if _are_few(period):
        return [ATTENDED, Registration.event_id.in_(held)]
    others = sa.select(Event.id).where(Event.id.not_in(held)).correlate(None)
    return [ATTENDED, (Registration.event_id + 0).not_in(others)]


def _are_few(period: Period) -> bool:
    """Whether less than a quarter of all that was held is in the period."""
    every = sa.select(sa.func.count(Event.id))
    mine = db.session.scalar(every.where(*within(period))) or 0
    return mine < (db.session.scalar(every) or 0) / 4


def _once(column: Any, *where: Any) -> int:
    """How many values `column` has. A distinct count that can follow an index, unlike
    `count(distinct …)` on PostgreSQL, which sorts."""
    return _number(sa.select(column).distinct().where(*where))


def _number(query: sa.Select[Any]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0


def _nameless(came: Sequence[Any]) -> int:
    it = Registration
    nobody = sa.case((it.person_id.is_(None) & (it.email == ""), it.seats), else_=it.seats - 1)
    return db.session.scalar(sa.select(sa.func.sum(nobody)).where(*came, NAMELESS)) or 0


def names(came: Sequence[Any]) -> dict[str, list[str]]:
    """The names of structures without a card, as they were typed, by what they have in common."""
    found: dict[str, list[str]] = {}
    typed = sa.select(Registration.organisation_name).distinct().where(*came, *OF_A_NAME)
    for name in db.session.scalars(typed):
        found.setdefault(fold(name), []).append(name)
    return found


def _types(came: Sequence[Any]) -> list[OfType]:
    """The types of the structures that have a card, the most frequent first."""
    once = sa.select(Registration.organisation_id).distinct().where(*came, OF_A_CARD).subquery()
    rows = db.session.execute(
        sa.select(Term.code, Term.label, sa.func.count())
        .select_from(once)
        .join(Organisation, Organisation.id == once.c.organisation_id)
        .outerjoin(Term, Term.id == Organisation.actor_type_id)
        .group_by(Term.code, Term.label)
        .order_by(sa.func.count().desc(), Term.label)
    ).all()
    return [OfType(code or "", label or UNKNOWN_TYPE, number) for code, label, number in rows]


def _with_unknown(types: Sequence[OfType], named: int) -> tuple[OfType, ...]:
    """Every structure has a line: those without a card are of an unknown type too."""
    unknown = named + sum(one.number for one in types if not one.code)
    last = [OfType("", UNKNOWN_TYPE, unknown)] if unknown else []
    return (*(one for one in types if one.code), *last)
