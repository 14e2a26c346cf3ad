"""Seats: who holds a place and who waits, counted in the event's own row, never twice.

The row of the event moves with the registrations, in one transaction: whoever takes the last place
moves it first, and the others find it full (a conditional update, on both databases).
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from crm.db import change, db, now
from crm.events.events import Event
from crm.events.kinds import SEATED, Owed, State
from crm.events.registrations import Registration

_AS_IS = {"synchronize_session": False}


def seat(event: Event, party: Sequence[Registration]) -> None:
    """Give these people, who come together, a place each; if there are not enough, or if others
    wait already, they all go to the end of the waiting list. Nothing is written in their rows yet.
    """
    places = sum(one.seats for one in party)
    if take(event, places):
        for one in party:
            one.state, one.confirmed_at, one.rank = State.CONFIRMED, now(), None
        return
    for one, rank in zip(party, _ranks(event, len(party)), strict=True):
        one.state, one.rank = State.WAITING, rank


def take(event: Event, places: int, *, ahead: bool = False) -> bool:
    """Hold so many places, if there are; nobody passes those who wait, unless `ahead`."""
    free = sa.update(Event).where(
        Event.id == event.id,
        sa.or_(Event.capacity.is_(None), Event.taken + places <= Event.capacity),
    )
    if not ahead:
        free = free.where(Event.waiting == 0)
    return _moved(event, free.values(taken=Event.taken + places))


def force(event: Event, places: int) -> None:
    """Hold so many places even beyond the capacity: the team knows what it does."""
    mine = sa.update(Event).where(Event.id == event.id)
    _moved(event, mine.values(taken=Event.taken + places))


def _ranks(event: Event, count: int) -> range:
    """The next ranks of the waiting list."""
    moved = sa.update(Event).where(Event.id == event.id)
    last = db.session.scalar(
        moved.values(waiting=Event.waiting + count, last_rank=Event.last_rank + count)
        .returning(Event.last_rank)
        .execution_options(**_AS_IS)
    )
    assert last is not None
    db.session.expire(event, ["waiting", "last_rank"])
    return range(last - count + 1, last + 1)


def move(registration: Registration, to: State, **values: Any) -> bool:
    """Go from the state this row has to another, once; False when somebody else moved it first.

    What it held is given back: the counts of the event follow. A new place is taken before.
    """
    was = registration.state
    db.session.flush()
    lock(registration.event_id)
    moved = change(
        sa.update(Registration)
        .where(Registration.id == registration.id, Registration.state == was)
        .values(state=to, **values)
        .execution_options(**_AS_IS)
    )
    db.session.expire(registration)
    if not moved:
        return False
    if was in SEATED and to not in SEATED:
        give_back(registration.event, taken=registration.seats)
    elif was is State.WAITING:
        give_back(registration.event, waiting=1)
    return True


def lock(event_id: int) -> None:
    """Let one transaction at a time move the places of this event, until it ends. Who changes a
    registration and its event takes the event first: two of them never wait for each other."""
    db.session.execute(sa.select(Event.id).where(Event.id == event_id).with_for_update())


def give_back(event: Event, *, taken: int = 0, waiting: int = 0) -> None:
    """So many places are free again, and so many people wait no more."""
    mine = sa.update(Event).where(Event.id == event.id)
    _moved(event, mine.values(taken=Event.taken - taken, waiting=Event.waiting - waiting))


def _moved(event: Event, statement: sa.Update) -> bool:
    moved = change(statement.execution_options(**_AS_IS))
    db.session.expire(event, ["taken", "waiting", "last_rank", "capacity"])
    return bool(moved)


def party(registration: Registration) -> list[Registration]:
    """This registration, and those it brought along that stand where it stands."""
    along = sa.select(Registration).where(
        Registration.leader_id == registration.id, Registration.state == registration.state
    )
    return [registration, *db.session.scalars(along.order_by(Registration.id))]


def owe(some: Sequence[Registration], what: Owed = Owed.STATE) -> None:
    """Have these people told by mail, a moment later; those without an address are not."""
    for one in some:
        if one.email:
            one.owed = what
