"""Reminders: the day before each day of an event, a word with the place or the link."""

import logging
from datetime import datetime, time, timedelta

import sqlalchemy as sa

from crm.db import change, db, now
from crm.events.emails import reminder
from crm.events.events import Event
from crm.events.kinds import State
from crm.events.registrations import Registration
from crm.events.sessions import Session
from crm.filters import PARIS, local
from crm.jobs import every
from crm.mail import wake

log = logging.getLogger(__name__)

HOUR = time(9)  # of the day before, in Paris


@every(minutes=15)
def remind_due() -> None:
    """Remind those whose event is tomorrow, from nine o’clock on."""
    remind()


def remind(at: datetime | None = None) -> int:
    """Write the reminders that are due, and say how many. Commits as it goes: each leaves once.

    Who registered after nine o’clock has just had a mail that says the same.
    """
    at = at or now()
    written = 0
    for registration_id, moment in _due(at):
        try:
            written += _remind(registration_id, moment, at)
            db.session.commit()
        except Exception:
            db.session.rollback()
            log.exception("rappel non écrit (inscription %s)", registration_id)
    if written:
        wake()
    return written


def _due(at: datetime) -> list[tuple[int, datetime]]:
    """The registrations to remind, each with the moment its reminder was due."""
    found: dict[int, datetime] = {}
    for session in db.session.scalars(_soon(at)):
        moment = _moment(session)
        if not moment <= at < session.begin:
            continue
        there = sa.select(Registration.id).where(
            Registration.event_id == session.event_id,
            Registration.state == State.CONFIRMED,
            Registration.email != "",
            Registration.confirmed_at < moment,
            sa.or_(Registration.reminded_at.is_(None), Registration.reminded_at < moment),
        )
        found |= dict.fromkeys(db.session.scalars(there.order_by(Registration.id)), moment)
    db.session.commit()
    return list(found.items())


def _soon(at: datetime) -> sa.Select[Session]:
    """The days of today and tomorrow, of events that hold."""
    today = local(at).date()
    return (
        sa.select(Session)
        .join(Event, Event.id == Session.event_id)
        .where(
            Session.day.in_([today, today + timedelta(days=1)]),
            Session.cancelled_at.is_(None),
            Event.cancelled_at.is_(None),
        )
        .order_by(Session.day, Session.id)
    )


def _moment(session: Session) -> datetime:
    return datetime.combine(session.day - timedelta(days=1), HOUR, PARIS)


def _remind(registration_id: int, moment: datetime, at: datetime) -> bool:
    """Remind one, unless another worker is doing so."""
    mine = sa.update(Registration).where(
        Registration.id == registration_id,
        Registration.state == State.CONFIRMED,
        sa.or_(Registration.reminded_at.is_(None), Registration.reminded_at < moment),
    )
    if not change(mine.values(reminded_at=at)):
        return False
    reminder(db.session.get_one(Registration, registration_id))
    return True
