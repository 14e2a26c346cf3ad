"""Figures: how many events and participants a period had, shared out, and what is missing.

Numbers of participants are read from the events; see crm.events.who_came for people by name.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from crm.contacts.departments import DEPARTMENTS
from crm.contacts.organisations import Organisation
from crm.contacts.terms import Term, Vocabulary
from crm.db import db, now
from crm.events.events import Event
from crm.events.kinds import CountKind, EventKind
from crm.events.partners import Partnership
from crm.filters import day
from crm.periods import Period

NOTHING = "-"  # the value, in an address, of what was not said
# What was counted, else those marked by name; nothing when nobody said.
_PARTICIPANTS = sa.func.coalesce(Event.head_count, sa.func.nullif(Event.came, 0))


class Held(NamedTuple):
    """One event that took place, as far as figures go. A tuple: thousands are read at once."""

    id: int
    first_day: date
    kind: EventKind
    mission_id: int | None
    is_online: bool
    department: str
    venue: str
    participants: int | None  # None: nobody said
    count_kind: CountKind | None  # None: those who were marked by name
    came: int
    partners: tuple[tuple[str, str], ...] = ()  # key, name


@dataclass(frozen=True)
class Dimension:
    """One way of sharing events out; an event may have several values (partners)."""

    key: str
    title: str
    values: Callable[[Held], Sequence[str]]
    labels: Callable[[Period, Sequence[Held]], Mapping[str, str]]
    keeps_order: bool = False


def where_of(event: Held) -> str:
    if event.is_online:
        return "les-deux" if event.department or event.venue else "en-ligne"
    return "sur-place" if event.department or event.venue else ""


_PLACES = {"en-ligne": "En ligne", "sur-place": "Sur place", "les-deux": "Sur place et en ligne"}


def _missions(_period: Period, _events: Sequence[Held]) -> dict[str, str]:
    every = sa.select(Term).where(Term.vocabulary == Vocabulary.MISSION).order_by(Term.position)
    return {str(term.id): term.label for term in db.session.scalars(every)}


def _partners(_period: Period, events: Sequence[Held]) -> dict[str, str]:
    return {key: name for event in events for key, name in event.partners}


_COUNTS: dict[str, str] = {**{kind.value: f"Nombre {kind.label}" for kind in CountKind},
           "named": "Personnes pointées par leur nom", "missing": "Effectif manquant"}  # fmt: skip


def count_of(event: Held) -> str:
    """How the number of participants of an event is known."""
    if event.count_kind is not None:
        return event.count_kind.value
    return "missing" if event.participants is None else "named"


DIMENSIONS = (
    Dimension("mission", "Par mission",
              lambda one: [str(one.mission_id)] if one.mission_id else [], _missions, True),
    Dimension("mois", "Par mois", lambda one: [f"{one.first_day:%Y-%m}"],
              lambda period, _: {f"{month:%Y-%m}": day(month, "MMMM y")
                                 for month in period.months()}, True),
    Dimension("annee", "Par année", lambda one: [str(one.first_day.year)],
              lambda period, _: {str(year): str(year) for year in
                                 range(period.starts.year, period.ends.year + 1)}, True),
    Dimension("lieu", "Par lieu", lambda one: [where_of(one)] if where_of(one) else [],
              lambda *_: _PLACES, True),
    Dimension("departement", "Par département", lambda one: [one.department] if one.department
              else [], lambda *_: {code: f"{code} – {name}" for code, name in DEPARTMENTS.items()}),
    Dimension("partenaire", "Par projet ou partenaire",
              lambda one: [key for key, _ in one.partners], _partners),
    Dimension("genre", "Par genre", lambda one: [one.kind.value],
              lambda *_: {kind.value: kind.label for kind in EventKind}),
    Dimension("comptage", "D’où vient le nombre de participants", lambda one: [count_of(one)],
              lambda *_: _COUNTS, True),
)  # fmt: skip
BY_KEY = {one.key: one for one in DIMENSIONS}


@dataclass(frozen=True)
class Count:
    """One value of a dimension: its words, events, participants, and head-counts missing."""

    value: str
    label: str
    events: int
    participants: int
    missing: int

    @property
    def number(self) -> int:
        return self.participants


def within(period: Period) -> list[Any]:
    """The events of the period that took place: neither called off, nor still to come."""
    return [_of(period), Event.ends_at <= now(), Event.cancelled_at.is_(None)]


def read(period: Period, where: Sequence[Any] = ()) -> list[Held]:
    """The events of a period that took place, or those of `where`: two queries, however many."""
    it, where = Event, where or within(period)
    venue = sa.func.coalesce(sa.func.nullif(it.venue, ""), it.commune)
    rows = db.session.execute(
        sa.select(it.id, it.first_day, it.kind, it.mission_id, it.is_online, it.department,
                  venue, _PARTICIPANTS, it.head_count_kind, it.came)
        .where(*where).order_by(it.last_day, it.id)
    )  # fmt: skip
    named = {event_id: tuple(its.items()) for event_id, its in _partners_of(where).items()}
    return [Held._make((*row, named.get(row.id, ()))) for row in rows]


def _partners_of(where: Sequence[Any]) -> dict[int, dict[str, str]]:
    """The partners of each event: those that have the same card, or the same name, are one."""
    it = Partnership
    rows = db.session.execute(
        sa.select(it.event_id, it.organisation_id, it.name_key, it.name, Organisation.name)
        .join(Event, Event.id == it.event_id)
        .outerjoin(Organisation, Organisation.id == it.organisation_id)
        .where(*where).order_by(it.event_id, it.position)
    ).all()  # fmt: skip
    found: dict[int, dict[str, str]] = {}
    for event_id, organisation_id, name_key, name, known in rows:
        key = f"o{organisation_id}" if organisation_id else f"n{name_key or name}"
        found.setdefault(event_id, {})[key] = known or name
    return found


def tables(period: Period, events: Sequence[Held]) -> list[tuple[Dimension, list[Count]]]:
    """Every dimension with its values; a long period by years rather than by months."""
    left_out = "mois" if _is_long(period) else "annee"
    return [(one, counts(one, period, events)) for one in DIMENSIONS if one.key != left_out]


def _is_long(period: Period) -> bool:
    """Longer than the months that a picture can show."""
    return bool(period.months()) and period.months()[-1] < period.ends.replace(day=1)


def counts(dimension: Dimension, period: Period, events: Sequence[Held]) -> list[Count]:
    """The values in their order; what was not said comes last."""
    labels = dimension.labels(period, events)
    shared: dict[str, list[Held]] = {}
    for event in events:
        for value in dimension.values(event) or [NOTHING]:
            shared.setdefault(value, []).append(event)
    always = labels if dimension.key in ("mois", "annee") else ()
    found = [_count(value, label, shared.get(value, [])) for value, label in labels.items()
             if value in shared or value in always]  # fmt: skip
    if not dimension.keeps_order:
        found.sort(key=lambda one: (-one.participants, -one.events))
    if NOTHING in shared:
        found.append(_count(NOTHING, unsaid(dimension), shared[NOTHING]))
    return found


def unsaid(dimension: Dimension) -> str:
    """What the events that have no value are called."""
    words = {"mission": "sans mission", "partenaire": "sans partenaire",
             "departement": "en ligne, ou non précisé"}  # fmt: skip
    return words.get(dimension.key, "non précisé")


def _count(value: str, label: str, events: Iterable[Held]) -> Count:
    events = list(events)
    people = [one.participants for one in events]
    return Count(value, label, len(events), sum(filter(None, people)), people.count(None))


def total(events: Sequence[Held]) -> Count:
    return _count("", "Total", events)


def having(dimension: Dimension, value: str, events: Sequence[Held]) -> list[Held]:
    """The events that a number of `tables` counted."""
    return [one for one in events if value in (dimension.values(one) or [NOTHING])]


@dataclass(frozen=True)
class LeftOut:
    """Events of a period that its figures leave out."""

    title: str
    where: Callable[[Period], list[Any]]


def _cancelled(period: Period) -> list[Any]:
    return [_of(period), Event.cancelled_at.is_not(None)]


def _coming(period: Period) -> list[Any]:
    return [_of(period), Event.cancelled_at.is_(None), Event.ends_at > now()]


def _of(period: Period) -> Any:
    return Event.first_day.between(period.starts, period.ends)


APART = {
    "annules": LeftOut("Événements annulés", _cancelled),
    "a-venir": LeftOut("Événements à venir", _coming),
}


@dataclass(frozen=True)
class Apart:
    """How many events of a period its figures leave out."""

    cancelled: int
    coming: int


def apart(period: Period) -> Apart:
    every = sa.select(sa.func.count(Event.id))
    counted = [db.session.scalar(every.where(*one.where(period))) or 0 for one in APART.values()]
    return Apart(*counted)


def years(period: Period, many: int = 5) -> list[Count]:
    """This year of the period and those before it, the last one first."""
    last = period.ends.year
    span = Period(date(last - many + 1, 1, 1), date(last, 12, 31))
    year, number = sa.extract("year", Event.first_day), sa.func.count(Event.id)
    rows = db.session.execute(
        sa.select(year, number, sa.func.sum(_PARTICIPANTS), number - sa.func.count(_PARTICIPANTS))
        .where(*within(span)).group_by(year)
    )  # fmt: skip
    told = {int(one): rest for one, *rest in rows}
    return [
        Count(str(one), str(one), events, participants or 0, missing)
        for one in range(last, last - many, -1)
        for events, participants, missing in [told.get(one, (0, 0, 0))]
    ]
