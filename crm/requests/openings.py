"""Openings: the slots that officers give, one by one or every week, outside their absences."""

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from dateutil.easter import easter

from crm.db import change, db, in_turn, now
from crm.filters import PARIS, local, today
from crm.jobs import every
from crm.requests.meetings import Absence
from crm.requests.slots import Appointment, Hours, Slot, Way
from crm.users import User

AHEAD = timedelta(weeks=6)  # how far slots of a week are made
# Code du travail, L3133-1: those of fixed date, then days after Easter.
_HOLIDAYS = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
_AFTER_EASTER = (1, 39, 50)


class Overlap(ValueError):
    """This officer already gave, or has, some of that time; the message is in French."""


def give(
    officer: User,
    starts_at: datetime,
    minutes: int,
    *,
    way: Way = Way.PHONE,
    place: str = "",
    video_url: str = "",
) -> Slot:
    """One slot of this officer. Raises Overlap when it overlaps another of theirs."""
    in_turn(f"slots {officer.id}")
    ends_at = starts_at + timedelta(minutes=minutes)
    if _overlapping(officer.id, starts_at, ends_at):
        raise Overlap("Ce créneau en chevauche un autre.")
    slot = Slot(officer=officer, starts_at=starts_at, ends_at=ends_at, way=way, place=place,
                video_url=video_url)  # fmt: skip
    db.session.add(slot)
    db.session.flush()
    return slot


def _overlapping(officer_id: int, starts_at: datetime, ends_at: datetime) -> bool:
    same = (Slot.officer_id == officer_id, Slot.starts_at < ends_at, Slot.ends_at > starts_at)
    return bool(db.session.scalar(sa.select(sa.exists().where(*same))))


def take_back(slot: Slot) -> bool:
    """Give this slot no more, unless somebody took it. Whether it is gone."""
    in_turn(f"appointments {slot.officer_id}")
    taken = sa.exists().where(Appointment.slot_id == slot.id)
    return bool(change(sa.delete(Slot).where(Slot.id == slot.id, ~taken)))


def give_weekly(hours: Hours) -> int:
    """Make the slots of these hours for the weeks to come; how many. Safe to repeat."""
    until = min(today() + AHEAD, hours.ended_on or date.max)
    on = max(today(), (hours.made_until or date.min) + timedelta(days=1))
    in_turn(f"slots {hours.officer_id}")
    made = 0
    while on <= until:
        if on.weekday() == hours.weekday and not is_holiday(on) and not is_away(hours.officer, on):
            made += _cut(hours, on)
        on += timedelta(days=1)
    hours.made_until = max(until, hours.made_until or until)
    db.session.flush()
    return made


def _cut(hours: Hours, on: date) -> int:
    """The slots of one day; those that would overlap another, or have begun, are left out."""
    begin = datetime.combine(on, hours.starts, PARIS)
    end = datetime.combine(on, hours.ends, PARIS)
    step, made = timedelta(minutes=hours.minutes), 0
    while begin + step <= end:
        if begin > now() and not _overlapping(hours.officer_id, begin, begin + step):
            db.session.add(
                Slot(officer=hours.officer, starts_at=begin, ends_at=begin + step, way=hours.way,
                     place=hours.place, video_url=hours.video_url)
            )  # fmt: skip
            made += 1
        begin += step
    db.session.flush()
    return made


def stop(hours: Hours) -> int:
    """No more of these hours: their free slots go. How many went."""
    free = Slot.free().where(Slot.officer_id == hours.officer_id)
    own = [slot for slot in db.session.scalars(free) if _belongs(slot, hours)]
    gone = sum(take_back(slot) for slot in own)
    db.session.delete(hours)
    return gone


def _belongs(slot: Slot, hours: Hours) -> bool:
    start, end = local(slot.starts_at), local(slot.ends_at)
    return (
        start.weekday() == hours.weekday
        and hours.starts <= start.time()
        and end.time() <= hours.ends
    )


def leave(absence: Absence) -> int:
    """An officer will be away: their free slots of those days go. How many went."""
    begin = datetime.combine(absence.starts_on, datetime.min.time(), PARIS)
    end = datetime.combine(absence.ends_on, datetime.max.time(), PARIS)
    free = Slot.free().where(
        Slot.officer_id == absence.user_id, Slot.starts_at >= begin, Slot.starts_at <= end
    )
    return sum(take_back(slot) for slot in db.session.scalars(free).all())


def is_away(officer: User, on: date) -> bool:
    away = sa.exists().where(
        Absence.user_id == officer.id, Absence.starts_on <= on, Absence.ends_on >= on
    )
    return bool(db.session.scalar(sa.select(away)))


def is_holiday(on: date) -> bool:
    """Whether this is a public holiday in metropolitan France."""
    moving = {easter(on.year) + timedelta(days=days) for days in _AFTER_EASTER}
    return (on.month, on.day) in _HOLIDAYS or on in moving


@every(hours=12)
def give_ahead() -> None:
    """Make the slots of the weeks that come nearer, and forget those nobody took, once past."""
    for hours in db.session.scalars(sa.select(Hours).order_by(Hours.id)).all():
        if hours.officer.is_active:
            give_weekly(hours)
    unused = ~sa.exists().where(Appointment.slot_id == Slot.id)
    change(sa.delete(Slot).where(Slot.ends_at < now() - timedelta(days=30), unused))
