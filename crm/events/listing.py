"""Listing: the events as the team looks for them, and those who registered for one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.orm import defer, joinedload, selectinload

from crm.contacts.departments import DEPARTMENTS
from crm.db import db, now
from crm.events.events import Event
from crm.events.kinds import State
from crm.events.questions import questions_of
from crm.events.registrations import Registration
from crm.events.wording import days_of
from crm.filters import clock, day, local, today
from crm.tables import Row
from crm.text import one_line


class View(StrEnum):
    """What part of the events one looks at, as the address writes it."""

    COMING = ""
    PAST = "passes"
    DRAFTS = "brouillons"
    UNCOUNTED = "sans-effectif"
    CANCELLED = "annules"
    ALL = "tous"

    @property
    def label(self) -> str:
        return {"": "À venir", "passes": "Passés", "brouillons": "Non publiés",
                "sans-effectif": "Sans effectif", "annules": "Annulés",
                "tous": "Tous"}[self]  # fmt: skip


@dataclass(frozen=True)
class Filters:
    """One way of looking at the events, that an address can hold."""

    view: View = View.COMING
    words: str = ""
    mission: str = ""  # the number of a term
    year: str = ""
    department: str = ""

    @classmethod
    def read(cls, args: Mapping[str, str]) -> Self:
        view, department = args.get("etat", ""), args.get("departement", "")
        return cls(
            view=View(view) if view in set(View) else View.COMING,
            words=one_line(args.get("q"))[:200],
            mission=_digits(args.get("mission", ""), 9),
            year=_digits(args.get("annee", ""), 4),
            department=department if department in DEPARTMENTS else "",
        )

    def args(self, **changes: object) -> dict[str, str]:
        """The address of the same view, with these changes; blanks are left out."""
        new = replace(self, **changes)  # type: ignore[arg-type]
        told = {"etat": new.view.value, "q": new.words, "mission": new.mission,
                "annee": new.year, "departement": new.department}  # fmt: skip
        return {name: value for name, value in told.items() if value}

    def query(self) -> sa.Select[Event]:
        """The events to show, in order, with all that a row of the list says."""
        order = [Event.first_day.is_(None), Event.first_day, Event.id]
        if self.view in (View.PAST, View.UNCOUNTED, View.CANCELLED, View.ALL):
            order = [Event.first_day.is_(None), Event.first_day.desc(), Event.id.desc()]
        return (
            sa.select(Event)
            .where(*_in_view(self.view), *self._narrower())
            .order_by(*order)
            .options(
                defer(Event.text), defer(Event.questions), selectinload(Event.sessions),
                joinedload(Event.mission), joinedload(Event.officer),
            )
        )  # fmt: skip

    def _narrower(self) -> Iterator[sa.ColumnElement[bool]]:
        if self.mission:
            yield Event.mission_id == int(self.mission)
        if self.department:
            yield Event.department == self.department
        if self.year:
            yield sa.extract("year", Event.first_day) == int(self.year)
        for word in self.words.split():
            yield sa.func.lower(Event.title).contains(word.lower(), autoescape=True)


def _digits(text: str, length: int) -> str:
    return text if text.isascii() and text.isdecimal() and len(text) <= length else ""


def _in_view(view: View) -> list[sa.ColumnElement[bool]]:
    holds, coming = Event.cancelled_at.is_(None), Event.last_day >= today()
    views: dict[View, list[sa.ColumnElement[bool]]] = {
        View.COMING: [holds, sa.or_(coming, Event.last_day.is_(None))],
        View.PAST: [holds, Event.last_day < today()],
        View.DRAFTS: [holds, Event.published_at.is_(None), coming],
        View.UNCOUNTED: [holds, Event.ends_at < now(), Event.head_count.is_(None),
                         Event.came == 0],
        View.CANCELLED: [Event.cancelled_at.is_not(None)],
        View.ALL: [],
    }  # fmt: skip
    return views[view]


def counts() -> dict[View, int]:
    """How many events each view has, without other filters."""
    numbers = [
        sa.select(sa.func.count(Event.id)).where(*_in_view(view)).scalar_subquery() for view in View
    ]
    return dict(zip(View, db.session.execute(sa.select(*numbers)).one(), strict=True))


def years() -> list[int]:
    """The years there are events of, the last one first."""
    first, last = db.session.execute(
        sa.select(sa.func.min(Event.first_day), sa.func.max(Event.first_day))
    ).one()
    return list(range(last.year, first.year - 1, -1)) if first and last else []


def registered(event: Event, state: State | None = None, words: str = "") -> Any:
    """Those who registered, in the order they came; those who wait, in the order of the queue."""
    query = sa.select(Registration).where(Registration.event_id == event.id)
    if state is None:
        query = query.where(Registration.state.not_in([State.SUSPECT, State.CANCELLED]))
    else:
        query = query.where(Registration.state == state)
    named = (Registration.first_name, Registration.last_name, Registration.email,
             Registration.organisation_name, Registration.group_name)  # fmt: skip
    for word in words.split():
        said = [sa.func.lower(one).contains(word.lower(), autoescape=True) for one in named]
        query = query.where(sa.or_(*said))
    shown = (Registration.person, Registration.organisation, Registration.leader)
    query = query.options(*(joinedload(one) for one in shown))
    return query.order_by(Registration.rank, Registration.id)


def states_of(event: Event) -> dict[State, int]:
    """How many registrations of an event stand in each state."""
    found = sa.select(Registration.state, sa.func.count()).where(Registration.event_id == event.id)
    rows = db.session.execute(found.group_by(Registration.state))
    return {row[0]: row[1] for row in rows}


HEADINGS = ("Événement", "Date", "Nom", "Prénom", "Courriel", "Téléphone", "Organisation",
            "Fonction", "Département", "Groupe", "Places", "État", "Rang", "Inscrit le",
            "Présence", "Besoins", "Informé des prochains événements")  # fmt: skip


def table(event: Event, state: State | None = None) -> tuple[list[str], Iterator[Row]]:
    """The registrations as the rows of a file, each question in a column of its own."""
    asked = questions_of(event)
    headings = [*HEADINGS, *(one.label for one in asked)]

    def rows() -> Iterator[Row]:
        for one in db.session.scalars(registered(event, state)).yield_per(500):
            said = [asked_.said(one.answers.get(asked_.key)) for asked_ in asked]
            yield [*_cells(event, one), *said]

    return headings, rows()


def _cells(event: Event, one: Registration) -> Row:
    came = "" if one.attendance is None else one.attendance.label
    on = f"{day(local(one.created_at))} {clock(one.created_at)}"
    return [
        event.title, days_of(event), one.last_name, one.first_name, one.email, one.phone,
        one.organisation_name, one.function, one.department, one.group_name, one.seats,
        one.state.label, one.rank, on, came, one.access_needs, "oui" if one.news_at else "",
    ]  # fmt: skip
