"""Attending: who came, said at the door, on a list or by a device that had no network; once."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crm.contacts.journal import Entry, EntryKind
from crm.db import change, db, now
from crm.events import links, seats
from crm.events.events import Event
from crm.events.kinds import CAME, Attendance, Channel, Known, State
from crm.events.presences import Gesture, Presence
from crm.events.register import confirm, of_address
from crm.events.registrations import Registration
from crm.events.sessions import Session
from crm.events.tell import look
from crm.events.wording import when
from crm.filters import day, hour, local
from crm.text import cut, normal_email, one_line, row_number
from crm.users import User

LATE = timedelta(minutes=15)  # after the beginning
KEY = 64  # characters
OLDEST = timedelta(days=30)  # what a device says of older hours is not believed
AT_THE_DOOR = "Venue sans inscription, notée par l’équipe."
BY_A_LIST = "Présence lue dans la liste de connexion du webinaire."

_AT_THE_DOOR = (Known.NAME, Known.CODE)
# What a device says, as gestures are called there.
_SAID = {"present": Attendance.CAME, "absent": Attendance.ABSENT, "undo": None}


def mark(
    registration: Registration,
    session: Session,
    attendance: Attendance | None,
    known: Known,
    *,
    at: datetime | None = None,
    minutes: int | None = None,
    by: User | None = None,
) -> bool:
    """Say whether somebody came that day; None takes it back. False when it was said since `at`.

    Who arrives `LATE` after the beginning is late. Whoever comes has a place, even one who had
    given it up. Nothing is committed.
    """
    moment = at or now()
    seats.lock(registration.event_id)
    found = _presence(registration, session)
    if found.id is not None and found.changed_at > moment:
        return False
    if attendance is Attendance.CAME and _is_late(session, moment, known):
        attendance = Attendance.LATE
    found.attendance, found.known, found.user = attendance, known, by
    found.changed_at, found.minutes = moment, minutes
    was_there = attendance in CAME and known in _AT_THE_DOOR and _is_that_day(session, moment)
    found.arrived_at = moment if was_there else None
    if attendance in CAME:
        _seat(registration)
    db.session.flush()
    _settle(registration, by)
    return True


def _presence(registration: Registration, session: Session) -> Presence:
    known = sa.select(Presence).where(
        Presence.registration_id == registration.id, Presence.session_id == session.id
    )
    found = db.session.scalar(known)
    if found is None:
        found = Presence(registration=registration, registration_id=registration.id,
                         session=session, session_id=session.id)  # fmt: skip
        db.session.add(found)
    return found


def _is_late(session: Session, at: datetime, known: Known) -> bool:
    """Only a gesture at the door says when somebody arrived."""
    if known not in _AT_THE_DOOR or session.starts_at is None:
        return False
    return session.starts_at + LATE < at < session.end


def _is_that_day(session: Session, at: datetime) -> bool:
    return local(at).date() == session.day


def _seat(registration: Registration) -> None:
    """Who came had a place, whatever was written; no mail says so."""
    if registration.state is State.CONFIRMED:
        return
    if registration.state is State.SUSPECT:
        seats.force(registration.event, registration.seats)
        registration.state, registration.suspicion = State.CONFIRMED, ""
    else:
        confirm(registration)
    registration.owed = None


def _settle(registration: Registration, by: User | None) -> None:
    """Keep the registration, the event’s count and the journals in step with its days."""
    days = db.session.scalars(
        sa.select(Presence).where(Presence.registration_id == registration.id)
    ).all()
    said = {one.attendance: one for one in days if one.attendance is not None}
    best = next((said[one] for one in (Attendance.CAME, Attendance.LATE, Attendance.ABSENT)
                 if one in said), None)  # fmt: skip
    came_before = registration.attendance in CAME
    registration.attendance = best.attendance if best else None
    registration.attendance_known = best.known if best else None
    registration.arrived_at = min(
        (one.arrived_at for one in days if one.arrived_at is not None), default=None
    )
    db.session.flush()
    comes_now = registration.attendance in CAME
    if comes_now != came_before:
        _count(registration.event, registration.seats if comes_now else -registration.seats)
        (_note if comes_now else _unnote)(registration, by)


def _count(event: Event, more: int) -> None:
    mine = sa.update(Event).where(Event.id == event.id).values(came=Event.came + more)
    change(mine.execution_options(synchronize_session=False))
    db.session.expire(event, ["came"])


def _note(registration: Registration, by: User | None) -> None:
    """Say it in the journals of the cards they surely have."""
    person, organisation = look(registration)
    registration.person, registration.organisation = person, organisation
    event = registration.event
    at, link = event.held[0].begin if event.held else None, links.card_url(event)
    if person is not None:
        person.log(_came(event), EntryKind.EVENT, by=by, at=at, link=link)
    if organisation is not None:
        text = f"{_came(event)} – {registration.who}"
        organisation.log(text, EntryKind.EVENT, by=by, at=at, link=link)


def _came(event: Event) -> str:
    on = day(event.first_day) if event.first_day else when(event)
    return f"A participé\u00a0: {event.title} ({on})"


def _unnote(registration: Registration, _by: User | None) -> None:
    """It was a mistake: journals say nothing of it any more."""
    event = registration.event
    texts = (_came(event), f"{_came(event)} – {registration.who}")
    same = Entry.link == links.card_url(event), Entry.text.in_(texts)
    for column, owner in ((Entry.person_id, registration.person_id),
                          (Entry.organisation_id, registration.organisation_id)):  # fmt: skip
        if owner is not None:
            change(sa.delete(Entry).where(column == owner, *same))


def walk_in(
    event: Event,
    values: Mapping[str, str],
    *,
    channel: Channel = Channel.DOOR,
    by: User | None = None,
) -> Registration:
    """Somebody who came without having registered; the one who has this address if there is one.

    They get no mail, and a place even when none was left.
    """
    email = normal_email(values.get("email", "")) or ""
    known = of_address(event, email)
    if known is not None:
        return known
    seats.lock(event.id)
    made = Registration(
        event=event, event_id=event.id, state=State.CONFIRMED, channel=channel, user=by, seats=1,
        first_name=_line(values, "first_name", 100), last_name=_line(values, "last_name", 100),
        organisation_name=_line(values, "organisation_name", 300), email=email,
        consent_text=BY_A_LIST if channel is Channel.FILE else AT_THE_DOOR, confirmed_at=now(),
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    seats.force(event, 1)
    return made


def take(event: Event, said: Iterable[Any], by: User) -> list[str]:
    """Take the gestures of a device; the keys of those that are safe here, whatever they were.

    Nothing of them is refused, since the device would keep it for ever: what means nothing does
    nothing. A key that is known is not taken again.
    """
    kept = []
    for one in said:
        key = _line(one, "key", KEY) if isinstance(one, Mapping) else ""
        if not key:
            continue
        kept.append(key)
        try:
            with db.session.begin_nested():
                _take_one(event, key, one, by)
        except sa.exc.IntegrityError:
            continue  # the same one, sent at the same moment
    return kept


def _take_one(event: Event, key: str, said: Mapping[str, Any], by: User) -> None:
    if db.session.scalar(sa.select(Gesture.id).where(Gesture.key == key)) is not None:
        return
    session = session_of(event, said.get("session"))
    registration = _whom(event, said, by) if session is not None else None
    if registration is None or session is None:
        return
    db.session.add(Gesture(key=key, registration=registration))
    db.session.flush()
    what = _line(said, "what", 20)
    known = Known.CODE if said.get("known") == "code" else Known.NAME
    mark(registration, session, _SAID.get(what, Attendance.CAME), known,
         at=_moment(said.get("at")), by=by)  # fmt: skip


def _whom(event: Event, said: Mapping[str, Any], by: User) -> Registration | None:
    number = row_number(said.get("registration"))
    if number:
        found = db.session.get(Registration, number)
        return found if found is not None and found.event_id == event.id else None
    if not _line(said, "last_name", 100) and not _line(said, "first_name", 100):
        return None
    return walk_in(event, said, by=by)


def session_of(event: Event, number: object) -> Session | None:
    """The session so numbered; that of the day, or the nearest, when none is said."""
    wanted = row_number(number)
    if wanted:
        return next((one for one in event.held if one.id == wanted), None)
    return present_session(event)


def present_session(event: Event, at: datetime | None = None) -> Session | None:
    """The session one checks in for now: the one that is not over yet, or the last one."""
    moment = at or now()
    ahead = [one for one in event.held if one.end + timedelta(hours=2) > moment]
    return ahead[0] if ahead else (event.held[-1] if event.held else None)


def close_door(event: Event, by: User) -> int:
    """Those who had a place and did not come are noted absent; how many. Safe to repeat."""
    seats.lock(event.id)
    waited = sa.update(Registration).where(
        Registration.event_id == event.id, Registration.state == State.CONFIRMED,
        Registration.attendance.is_(None),
    )  # fmt: skip
    count = change(waited.values(attendance=Attendance.ABSENT, attendance_known=Known.TEAM))
    db.session.expire_all()
    if count:
        event.tell(f"Absences notées ({count})", by)
    return count


def _line(said: Mapping[str, Any], name: str, length: int) -> str:
    value = said.get(name)
    return cut(one_line(str(value)), length) if isinstance(value, str | int) else ""


def _moment(value: Any) -> datetime:
    """When the device says it was; now when its clock cannot be right."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return now()
    believed = at.tzinfo is not None and now() - OLDEST < at < now() + timedelta(minutes=5)
    return min(at, now()) if believed else now()


def arrival(registration: Registration) -> str:
    """« 14 h 20 », when it is known at what time they came."""
    return hour(registration.arrived_at) if registration.arrived_at else ""
