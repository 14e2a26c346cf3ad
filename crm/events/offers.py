"""Offers: the waiting list moves by itself, in order, with a deadline to accept."""

import logging
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm.db import db, now
from crm.events import seats
from crm.events.events import Event
from crm.events.kinds import State
from crm.events.registrations import Registration
from crm.jobs import every

log = logging.getLogger(__name__)

_NOTICE = timedelta(hours=2)  # an offer later than that before the event would be read too late
_TOO_MANY = 200  # offers of one event at once


def promote(event: Event) -> int:
    """Offer the free places to those who wait, first come first served; how many parties.

    A party that is larger than what is left keeps its rank, and the next one that fits is offered
    the places: none stays empty while somebody could sit there.
    """
    offered = 0
    while offered < _TOO_MANY:
        until = deadline(event)
        party = _next(event) if until is not None else []
        if not party:
            break
        assert until is not None
        if not seats.take(event, sum(one.seats for one in party), ahead=True):
            break  # somebody else has just taken them
        _offer(party, until)
        offered += 1
    return offered


def deadline(event: Event, at: datetime | None = None) -> datetime | None:
    """Until when a place offered now may be accepted; None when no place is offered any more."""
    at = at or now()
    begins = min((one.begin for one in event.held), default=None)
    if event.is_cancelled or (begins is not None and begins - at < _NOTICE):
        return None
    until = at + timedelta(hours=event.offer_hours)
    return until if begins is None else min(until, begins - _NOTICE / 2)


def _next(event: Event) -> list[Registration]:
    """The first party of the waiting list that fits in what is left."""
    db.session.flush()
    head, along = aliased(Registration), aliased(Registration)
    beside = (
        sa.select(sa.func.coalesce(sa.func.sum(along.seats), 0))
        .where(along.leader_id == head.id, along.state == State.WAITING)
        .scalar_subquery()
    )
    leader = aliased(Registration)
    follows = sa.exists().where(leader.id == head.leader_id, leader.state == State.WAITING)
    first = sa.select(head).where(head.event_id == event.id, head.state == State.WAITING, ~follows)
    if event.left is not None:
        if event.left == 0:
            return []
        first = first.where(head.seats + beside <= event.left)
    found = db.session.scalar(first.order_by(head.rank, head.id).limit(1))
    return [] if found is None else seats.party(found)


def _offer(party: list[Registration], until: datetime) -> None:
    for one in party:
        values = {"offered_at": now(), "offer_ends_at": until, "rank": None}
        if not seats.move(one, State.OFFERED, **values):
            seats.give_back(one.event, taken=one.seats)
    seats.owe(party)


def accept(registration: Registration) -> bool:
    """Take the place that was offered, with those who come along. Safe to repeat.

    False when it is too late: the place is somebody else's by now.
    """
    if registration.state is State.CONFIRMED:
        return True
    ends = registration.offer_ends_at
    if registration.state is not State.OFFERED or ends is None or ends <= now():
        return False
    party = seats.party(registration)
    moved = [
        one
        for one in party
        if seats.move(one, State.CONFIRMED, confirmed_at=now(), offer_ends_at=None)
    ]
    seats.owe(moved)
    return registration in moved


@every(minutes=5)
def expire_offers() -> None:
    """Pass the places that were not accepted in time to the next ones. Commits as it goes."""
    late = sa.select(Registration.id).where(
        Registration.state == State.OFFERED, Registration.offer_ends_at <= now()
    )
    for one in db.session.scalars(late.order_by(Registration.offer_ends_at).limit(500)).all():
        try:
            _expire(one)
            db.session.commit()
        except Exception:
            db.session.rollback()
            log.exception("place non reproposée (inscription %s)", one)


def _expire(registration_id: int) -> None:
    registration = db.session.get_one(Registration, registration_id)
    if registration.state is not State.OFFERED:
        return
    if seats.move(registration, State.CANCELLED, cancelled_at=now()):
        if not registration.event.is_cancelled:
            seats.owe([registration])
        promote(registration.event)
