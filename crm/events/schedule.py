"""Scheduling: the days and hours of an event, and the short form that lists and figures read."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from crm.config import Settings
from crm.db import now
from crm.events.events import Event
from crm.events.sessions import Session
from crm.filters import PARIS, day

MOST_DAYS = 100


class BadDays(ValueError):
    """Why an event cannot have these days, in one French sentence."""


@dataclass(frozen=True)
class Day:
    """A day of an event. Hours are those of a clock in Paris; both are known, or neither is."""

    day: date
    starts: time | None = None
    ends: time | None = None
    title: str = ""

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """The moments it begins and ends, or None when only the day is known."""
        if self.starts is None or self.ends is None:
            return None
        return _moment(self.day, self.starts), _moment(self.day, self.ends)

    @property
    def order(self) -> tuple[date, time]:
        return self.day, self.starts or time.min


def check(days: Iterable[Day]) -> list[Day]:
    """These days, in order. Raises BadDays."""
    found = sorted(set(days), key=lambda one: one.order)
    if len(found) > MOST_DAYS:
        raise BadDays(f"{MOST_DAYS} dates au plus\u00a0: faites une série d’événements.")
    ends: datetime | None = None
    for one in found:
        if (one.starts is None) != (one.ends is None):
            raise BadDays(f"Le {day(one.day)}, indiquez l’heure de début et celle de fin.")
        if one.span is None:
            continue
        begin, end = one.span
        if end <= begin:
            raise BadDays(f"Le {day(one.day)}, la fin est avant le début.")
        if ends is not None and begin < ends:
            raise BadDays(f"Le {day(one.day)}, deux horaires se chevauchent.")
        ends = end
    return found


def _moment(day_: date, hour: time) -> datetime:
    """That hour of that day in Paris. In March one hour does not exist: raises BadDays then."""
    moment = datetime.combine(day_, hour, PARIS).astimezone(UTC)
    if moment.astimezone(PARIS).time() != hour:
        raise BadDays(f"Le {day(day_)}, on passe à l’heure d’été\u00a0: {hour:%H:%M} n’existe pas.")
    return moment


def schedule(event: Event, days: Iterable[Day]) -> bool:
    """Give an event these days, and no other; whether calendars have something to be told.

    A day that is moved keeps its name in calendars; one taken away stays, as cancelled, once the
    event was published. Raises BadDays.
    """
    wanted, old = check(days), event.held
    kept = {_as_day(one): one for one in old}
    new = [one for one in wanted if one not in kept]
    gone = [one for key, one in kept.items() if key not in set(wanted)]
    moved = list(zip(gone, new, strict=False))
    for session, to in moved:
        _set(session, to)
        session.sequence += 1
        session.updated_at = now()
    for session in gone[len(moved) :]:
        _drop(session)
    for to in new[len(moved) :]:
        event.sessions.append(_set(Session(uid=new_uid(), sequence=0), to))
    settle(event)
    return bool(new or gone)


def _as_day(session: Session) -> Day:
    starts, ends = session.local_hours
    return Day(session.day, starts, ends, session.title)


def _set(session: Session, to: Day) -> Session:
    session.day, session.title = to.day, to.title
    session.starts_at, session.ends_at = to.span or (None, None)
    return session


def _drop(session: Session) -> None:
    if not session.event.is_published:
        session.event.sessions.remove(session)
        return
    session.cancelled_at = session.updated_at = now()
    session.sequence += 1


def settle(event: Event) -> None:
    """Keep the short form of its dates in step with its sessions."""
    held = event.held
    event.first_day = min((one.day for one in held), default=None)
    event.last_day = max((one.day for one in held), default=None)
    event.ends_at = max((one.end for one in held), default=None)
    event.updated_at = now()


def new_uid() -> str:
    """What calendars know something by, for ever."""
    return f"{secrets.token_hex(12)}@{Settings.current().host}"
