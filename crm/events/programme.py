"""The programme: which events the public sees, by theme, department or month."""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.orm import defer, selectinload

from crm.contacts.departments import DEPARTMENTS
from crm.contacts.terms import Term, Vocabulary
from crm.db import db, now
from crm.events.events import Event, event_themes
from crm.events.sessions import Session
from crm.filters import PARIS, today

FIRST_YEAR, LAST_YEAR = 1990, 2100
ONLINE = "en-ligne"


@dataclass(frozen=True)
class Month:
    """One month of the calendar."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Self:
        return cls(day.year, day.month)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """« 2027-03 », or None when this is no month."""
        year, _, number = text.partition("-")
        if not all(part.isascii() and part.isdecimal() for part in (year, number)):
            return None
        if len(text) != 7 or not FIRST_YEAR <= int(year) <= LAST_YEAR or not 1 <= int(number) <= 12:
            return None
        return cls(int(year), int(number))

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02}"

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        return date(self.year, self.number, calendar.monthrange(self.year, self.number)[1])

    @property
    def weeks(self) -> list[list[date]]:
        """Its weeks, Monday first, with the days of the months around."""
        return calendar.Calendar().monthdatescalendar(self.year, self.number)

    def step(self, by: int) -> "Month":
        """The month so many months later, or earlier."""
        months = self.year * 12 + self.number - 1 + by
        return Month(months // 12, months % 12 + 1)


@dataclass(frozen=True)
class Filters:
    """One way of looking at the programme, that an address can hold."""

    month: Month | None = None
    theme: str = ""  # the code of a term
    department: str = ""
    is_online: bool = False
    is_past: bool = False

    @classmethod
    def read(cls, args: Mapping[str, str]) -> Self:
        """The filters of an address; what means nothing there is left out."""
        department = args.get("departement", "")
        return cls(
            month=Month.read(args.get("mois", "")),
            theme=args.get("theme", "")[:60],
            department=department if department in DEPARTMENTS else "",
            is_online=args.get("lieu", "") == ONLINE,
            is_past=args.get("passes", "") == "1",
        )

    def args(self, **changes: object) -> dict[str, str]:
        """The address of the same view, with these changes; blanks are left out."""
        new = replace(self, **changes)  # type: ignore[arg-type]
        told = {"mois": str(new.month or ""), "theme": new.theme, "departement": new.department,
                "lieu": ONLINE if new.is_online else "",
                "passes": "1" if new.is_past else ""}  # fmt: skip
        return {name: value for name, value in told.items() if value}

    @property
    def is_narrow(self) -> bool:
        return bool(self.theme or self.department or self.is_online)

    def where(self) -> list[sa.ColumnElement[bool]]:
        """What the public sees, narrowed by place and theme, whatever the date."""
        found: list[sa.ColumnElement[bool]] = [Event.published_at.is_not(None)]
        if self.department:
            found.append(Event.department == self.department)
        if self.is_online:
            found.append(Event.is_online.is_(True))
        if self.theme:
            found.append(_has_theme(self.theme))
        return found

    def query(self) -> sa.Select[Event]:
        """The events to list: those to come, the next first; or those past, the last first."""
        query = sa.select(Event).where(*self.where())
        if self.is_past:
            query = query.where(Event.ends_at < now())
            query = query.order_by(Event.first_day.desc(), Event.id.desc())
        else:
            query = query.where(Event.ends_at >= now())
            query = query.order_by(Event.first_day, Event.id)
        return _listed(query)


def _has_theme(code: str) -> sa.ColumnElement[bool]:
    themed = sa.select(event_themes.c.event_id).join(Term, Term.id == event_themes.c.term_id)
    return Event.id.in_(themed.where(Term.vocabulary == Vocabulary.THEME, Term.code == code))


def _listed(query: sa.Select[Event]) -> sa.Select[Event]:
    """With all that a line of a list says, and no more."""
    return query.options(
        selectinload(Event.sessions),
        selectinload(Event.themes),
        defer(Event.text),
        defer(Event.typed),
        defer(Event.questions),
    )


def of_month(filters: Filters, month: Month) -> dict[date, list[Session]]:
    """What the public sees of a month, day by day, hour by hour."""
    weeks = month.weeks
    shown = (
        sa.select(Session)
        .join(Event, Event.id == Session.event_id)
        .where(
            Session.day.between(weeks[0][0], weeks[-1][-1]),
            Session.cancelled_at.is_(None),
            *filters.where(),
        )
        .order_by(Session.day, Session.starts_at.is_not(None), Session.starts_at, Session.id)
        .options(_event_of_session())
    )
    found: dict[date, list[Session]] = {}
    for session in db.session.scalars(shown):
        found.setdefault(session.day, []).append(session)
    return found


def _event_of_session() -> Any:
    loaded = selectinload(Session.event)
    return loaded.options(
        defer(Event.text), defer(Event.typed), defer(Event.questions), selectinload(Event.sessions)
    )


def upcoming(limit: int = 5, at: datetime | None = None) -> Sequence[Event]:
    """The next events that the public may come to, the first one first; none that is cancelled."""
    query = _listed(sa.select(Event).where(Event.published_at.is_not(None)))
    query = query.where(Event.cancelled_at.is_(None), Event.ends_at >= (at or now()))
    return db.session.scalars(query.order_by(Event.first_day, Event.id).limit(limit)).all()


def for_month(month: date) -> Sequence[Event]:
    """The events of the month of this day that the public may come to, in order; for a letter.

    `crm.events.links.event_url` gives their page, `crm.events.wording` says when and where.
    """
    chosen = Month.of(month)
    query = sa.select(Event).where(
        Event.published_at.is_not(None),
        Event.cancelled_at.is_(None),
        Event.first_day <= chosen.last,
        Event.last_day >= chosen.first,
    )
    query = query.order_by(Event.first_day, Event.id).options(selectinload(Event.sessions))
    return db.session.scalars(query).all()


def themes() -> list[tuple[str, str]]:
    """The themes one may filter by: code and label."""
    rows = Term.of(Vocabulary.THEME).with_only_columns(Term.code, Term.label)
    return [(code, label) for code, label in db.session.execute(rows)]


def departments() -> dict[str, str]:
    """The departments where something public is to come: code and name."""
    there = (
        sa.select(Event.department)
        .distinct()
        .where(Event.published_at.is_not(None), Event.ends_at >= now(), Event.department != "")
    )
    codes = sorted(db.session.scalars(there))
    return {code: DEPARTMENTS.get(code, code) for code in codes}


# How far back and ahead a calendar one subscribes to goes.
BACK, AHEAD = timedelta(days=92), timedelta(days=366)


def subscribed(filters: Filters, at: date | None = None) -> list[sa.ColumnElement[bool]]:
    """The events of a calendar to subscribe to: the last three months, and the year to come."""
    at = at or today()
    since = datetime.combine(at - BACK, time.min, PARIS)
    return [*filters.where(), Event.first_day <= at + AHEAD, Event.ends_at >= since]
