"""The yearly table: what was held in a period, one event a line, in the words it was typed in."""

import re
from collections.abc import Iterator, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from crm.db import db, now
from crm.events.events import Event
from crm.events.rehearse_table import place_of
from crm.events.typed_cells import (
    UnreadCell,
    is_nothing,
    mission_key,
    read_count,
    read_place,
)
from crm.events.typed_dates import UnreadDate, read_dates, say_dates
from crm.events.wording import ONLINE, where
from crm.tables import Row
from crm.text import one_line

_SHOWN = (joinedload(Event.mission), selectinload(Event.partners), selectinload(Event.sessions))


def held(starts: date, ends: date) -> sa.Select[Event]:
    """The events of these days that took place, by the day that ends them, as the report does.

    Those called off are not there, nor those to come.
    """
    return (
        sa.select(Event)
        .where(
            Event.first_day.between(starts, ends),
            Event.ends_at <= now(),
            Event.cancelled_at.is_(None),
        )
        .order_by(Event.last_day, Event.id)
    )


def table(starts: date, ends: date, limit: int | None = None) -> list[Event]:
    """The same, with all that a line of the table shows; `limit` of them at most."""
    return list(db.session.scalars(held(starts, ends).options(*_SHOWN).limit(limit)).unique())


def some(ids: Sequence[int]) -> list[Event]:
    """These events, in the order of the table."""
    found: list[Event] = []
    for start in range(0, len(ids), 500):
        query = sa.select(Event).where(Event.id.in_(ids[start : start + 500])).options(*_SHOWN)
        found += db.session.scalars(query).unique()
    return sorted(found, key=lambda one: (one.last_day or date.min, one.id))


def participants(event: Event) -> int | None:
    """How many came: the number that was given, else those who were marked; None when missing."""
    return event.head_count if event.head_count is not None else event.came or None


def rows(events: list[Event]) -> Iterator[Row]:
    """The lines of a file: a number is one, a missing one is empty."""
    for event in events:
        told = cells(event)
        count = told.pop("count")
        is_number = count.isascii() and count.isdecimal()
        yield [*told.values(), int(count) if is_number else count]


def cells(event: Event) -> dict[str, str]:
    """What each column says. Words that were typed stay as long as they are still true."""
    typed = event.typed
    ours = {
        "title": event.title,
        "dates": say_dates(one.day for one in event.held),
        "mission": event.mission.label if event.mission else "",
        "partners": ", ".join(one.name for one in event.partners),
        "place": _place(event),
        "count": str(participants(event) if participants(event) is not None else ""),
    }
    return {key: typed[key] if key in typed and _is_true(event, key, typed[key]) else words
            for key, words in ours.items()}  # fmt: skip


def _place(event: Event) -> str:
    if event.commune or event.venue:
        return where(event)
    return " et ".join(filter(None, (event.department, ONLINE if event.is_online else "")))


def _is_true(event: Event, key: str, typed: str) -> bool:
    if key == "title":
        return one_line(typed) == event.title
    if key == "mission":
        return mission_key(typed) == mission_key(event.mission.label if event.mission else "")
    if key == "partners":
        return _names(typed, [one.name for one in event.partners])
    if key == "place":
        return not event.commune and read_place(typed) == place_of(event)
    try:
        if key == "dates":
            is_iso = re.fullmatch(r"\d{4}-\d\d-\d\d", typed.strip())
            return not is_iso and read_dates(typed) == [one.day for one in event.held]
        count = read_count(typed)
    except (UnreadDate, UnreadCell):
        return False
    return (count.number if count else None) == participants(event)


def _names(typed: str, names: list[str]) -> bool:
    """Whether a cell names these partners, and says nothing else."""
    rest = one_line(typed)
    if not names:
        return is_nothing(typed)
    for name in sorted(names, key=len, reverse=True):
        if name not in rest:
            return False
        rest = rest.replace(name, "", 1)
    return not re.sub(r"[\s,;+/&]|\bet\b", "", rest)
