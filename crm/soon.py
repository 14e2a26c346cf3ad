"""Soon: what the two weeks to come hold for somebody of the team."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import defer, joinedload

from crm.db import db, now
from crm.events.events import Event
from crm.events.sessions import Session
from crm.events.wording import where
from crm.filters import hour, local, number, plural
from crm.requests.slots import Appointment
from crm.users import User

AHEAD = timedelta(days=14)
_MOST = 10


@dataclass(frozen=True)
class Coming:
    """Something that has its day: an appointment of theirs, or a session of an event."""

    begins: datetime
    hour: str  # empty when only the day is known
    title: str
    said: str
    icon: str
    request_id: int | None = None
    event_id: int | None = None

    @property
    def day(self) -> date:
        return local(self.begins).date()


def soon(user: User) -> list[Coming]:
    """The appointments of `user` and the network's events, the first one first."""
    found = sorted([*_appointments(user), *_sessions()], key=lambda one: one.begins)
    return found[:_MOST]


def _appointments(user: User) -> Iterator[Coming]:
    until = Appointment.officer_id == user.id, Appointment.starts_at < now() + AHEAD
    for one in db.session.scalars(Appointment.coming().where(*until).limit(_MOST)):
        yield Coming(
            one.starts_at, hour(one.starts_at), f"Rendez-vous avec {one.request.who}",
            f"{one.where}, {one.request.reference}", one.way.icon, request_id=one.request_id,
        )  # fmt: skip


def _sessions() -> Iterator[Coming]:
    first = local(now()).date()
    query = (
        sa.select(Session)
        .join(Session.event)
        .where(
            Session.day.between(first, first + AHEAD),
            Session.cancelled_at.is_(None),
            Event.cancelled_at.is_(None),
        )
        .order_by(Session.day, Session.starts_at, Session.id)
        .options(joinedload(Session.event).options(defer(Event.text), defer(Event.questions)))
    )
    for one in db.session.scalars(query.limit(_MOST)):
        if one.end > now():
            said = ", ".join(filter(None, (where(one.event), _seats(one.event))))
            begins = hour(one.starts_at) if one.starts_at else ""
            yield Coming(
                one.begin, begins, one.event.title, said, "calendar-event", event_id=one.event_id
            )


def _seats(event: Event) -> str:
    """« 16 places prises sur 60 », nothing when nobody registers."""
    if not (event.takes_registrations or event.taken):
        return ""
    taken = plural(event.taken, "place prise", "places prises")
    return f"{taken} sur {number(event.capacity)}" if event.capacity else taken
