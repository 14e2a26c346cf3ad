"""Booking: slots offered and chosen, appointments made, moved, called off and recalled."""

import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from crm.calendars import Reply
from crm.config import Settings
from crm.db import change, db, in_turn, now
from crm.holds import is_held
from crm.jobs import every
from crm.mail import wake
from crm.requests import invitations
from crm.requests.requests import SupportRequest
from crm.requests.rules import Rules
from crm.requests.slots import Appointment, Offer, Slot, Way
from crm.users import User

log = logging.getLogger(__name__)


class Taken(Exception):
    """Somebody has that time already, or it is too late to choose it."""


def offer(request: SupportRequest, slots: Iterable[Slot]) -> None:
    """Let the requester choose among these slots too. Safe to repeat."""
    known = set(db.session.scalars(sa.select(Offer.slot_id).where(Offer.request_id == request.id)))
    new = {slot.id: slot for slot in slots if slot.id not in known}
    db.session.add_all(Offer(request=request, slot=slot) for slot in new.values())
    db.session.flush()


def offered(request: SupportRequest) -> list[Slot]:
    """The slots that the requester may still choose, in order."""
    mine = Slot.free().join(Offer, Offer.slot_id == Slot.id).where(Offer.request_id == request.id)
    return list(db.session.scalars(mine))


def free_slots(officer: User, most: int = 12) -> list[Slot]:
    """The next slots of this officer that anybody may choose."""
    return list(db.session.scalars(Slot.free().where(Slot.officer_id == officer.id).limit(most)))


def offerable(request: SupportRequest) -> list[Slot]:
    """The slots of those who have this request that it was not offered yet."""
    people = [one for one in (request.assignee_id, request.second_id) if one]
    known = sa.select(Offer.slot_id).where(Offer.request_id == request.id)
    free = Slot.free().where(Slot.officer_id.in_(people), Slot.id.not_in(known)).limit(12)
    return list(db.session.scalars(free))


def coming(request: SupportRequest) -> Appointment | None:
    """The appointment this request has, if one is to come."""
    mine = Appointment.coming().where(Appointment.request_id == request.id)
    return db.session.scalar(mine.limit(1))


@dataclass(frozen=True)
class Agenda:
    """What the pages of a request show of its appointments."""

    coming: Appointment | None
    offered: list[Slot]
    past: list[Appointment]


def agenda_of(request: SupportRequest) -> Agenda:
    held = coming(request)
    all_of_it = sa.select(Appointment).where(Appointment.request_id == request.id)
    every_one = db.session.scalars(
        all_of_it.order_by(Appointment.starts_at).options(joinedload(Appointment.officer))
    )
    past = [one for one in every_one if one is not held]
    return Agenda(held, [] if request.is_closed else offered(request), past)


def choose(request: SupportRequest, slot_id: int) -> Appointment:
    """The requester takes a slot that was offered; what they had chosen before is moved.

    Raises Taken when it is not free any more: a slot is never given twice.
    """
    slot = db.session.get(Slot, slot_id)
    if slot is None:
        raise Taken
    in_turn(f"appointments {slot.officer_id}")
    held = coming(request)
    if held is not None and held.slot_id == slot_id:
        return held
    if slot_id not in {one.id for one in offered(request)}:
        raise Taken
    return _hold(
        request, held, officer=slot.officer, slot=slot, starts_at=slot.starts_at,
        ends_at=slot.ends_at, way=slot.way, place=slot.place, video_url=slot.video_url,
    )  # fmt: skip


def arrange(
    request: SupportRequest,
    officer: User,
    starts_at: datetime,
    minutes: int,
    *,
    by: User,
    way: Way = Way.PHONE,
    place: str = "",
    video_url: str = "",
) -> Appointment:
    """The team sets the hour itself, or moves it. Raises Taken when the officer is not free."""
    in_turn(f"appointments {officer.id}")
    held, ends_at = coming(request), starts_at + timedelta(minutes=minutes)
    if _is_busy(officer, starts_at, ends_at, apart_from=held):
        raise Taken
    request.answered_at = request.answered_at or now()
    return _hold(
        request, held, by, officer=officer, slot=None, starts_at=starts_at, ends_at=ends_at,
        way=way, place=place, video_url=video_url,
    )  # fmt: skip


def _is_busy(
    officer: User, starts_at: datetime, ends_at: datetime, apart_from: Appointment | None
) -> bool:
    other = sa.select(Appointment.id).where(
        Appointment.officer_id == officer.id, Appointment.cancelled_at.is_(None),
        Appointment.starts_at < ends_at, Appointment.ends_at > starts_at,
        Appointment.id != (apart_from.id if apart_from else 0),
    )  # fmt: skip
    return db.session.scalar(other.limit(1)) is not None


def _hold(
    request: SupportRequest, held: Appointment | None, by: User | None = None, **values: Any
) -> Appointment:
    """Make it, or move the one there is; the invitations follow."""
    moved, left = held is not None, held.officer if held else None
    if held is None:
        uid = f"{secrets.token_hex(12)}@{Settings.current().host}"
        held = Appointment(request=request, uid=uid, **values)
        db.session.add(held)
    else:
        for name, value in values.items():
            setattr(held, name, value)
        held.sequence += 1
        held.reminded_at = None
    _tell(held, "Rendez-vous déplacé" if moved else "Rendez-vous fixé", by)
    request.start(by)
    if left is not None and left.id != held.officer_id:
        invitations.withdraw_from(held, left)
    invitations.invite(held, moved=moved)
    return held


def _tell(appointment: Appointment, what: str, by: User | None) -> None:
    request = appointment.request
    appointment.updated_at = request.news_at = now()
    db.session.flush()
    request.tell(f"{what} : {appointment.when}, {appointment.way.label}", by)


def cancel(appointment: Appointment, why: str = "", by: User | None = None) -> None:
    """Call it off; the slot is free again, and both are told. Safe to repeat."""
    if appointment.is_cancelled:
        return
    appointment.cancelled_at, appointment.cancelled_why = now(), why
    appointment.slot = None
    appointment.sequence += 1
    _tell(appointment, "Rendez-vous annulé", by)
    invitations.cancel(appointment)


def answered(appointment: Appointment, reply: Reply, sender: str) -> None:
    """What a calendar program says for the person it belongs to (RFC 5546 §3.2.3).

    A requester who declines frees the slot. An officer's refusal is only written down: the card is
    where the team calls off. An answer to an older invitation changes nothing.
    """
    if appointment.is_cancelled or reply.sequence < appointment.sequence:
        return
    who = appointment.officer.display_name if sender == appointment.officer.email else ""
    if reply.is_declined and not who:
        cancel(appointment, "L’invitation a été déclinée.")
    else:
        said = f"{'déclinée' if reply.is_declined else 'acceptée'}{f' par {who}' if who else ''}"
        appointment.request.tell(f"Invitation {said}\u00a0: {appointment.when}")


@every(minutes=5)
def remind_due() -> None:
    """Recall what comes soon, and call off what no longer makes sense. Commits as it goes."""
    if is_held():
        return
    soon = Appointment.coming().with_only_columns(Appointment.id)
    ids = db.session.scalars(
        soon.where(
            Appointment.reminded_at.is_(None),
            Appointment.starts_at.between(now(), now() + Rules.current().before),
        )
    ).all()
    closed = db.session.scalars(
        soon.join(Appointment.request).where(SupportRequest.closed_at.is_not(None))
    ).all()
    db.session.commit()
    for work, some in ((_call_off, closed), (_remind, ids)):
        for one in some:
            try:
                work(one)
                db.session.commit()
            except Exception:
                db.session.rollback()
                log.exception("rappel impossible (rendez-vous %s)", one)
    wake()


def _remind(appointment_id: int) -> None:
    """Recall one, unless another worker is doing so, or it was made a moment ago."""
    mine = sa.update(Appointment).where(
        Appointment.id == appointment_id,
        Appointment.reminded_at.is_(None),
        Appointment.cancelled_at.is_(None),
    )
    if not change(mine.values(reminded_at=now())):
        return
    appointment = db.session.get_one(Appointment, appointment_id)
    if now() - appointment.updated_at > timedelta(hours=2):
        invitations.remind(appointment)


def _call_off(appointment_id: int) -> None:
    cancel(db.session.get_one(Appointment, appointment_id), "La demande est close.")
