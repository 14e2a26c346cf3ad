"""Short ways to have events and registrations."""

import itertools
from datetime import date, datetime, time, timedelta
from email import message_from_bytes, policy

from crm.db import db, now
from crm.events.events import Event
from crm.events.kinds import State
from crm.events.partners import Partnership
from crm.events.registrations import Registration
from crm.events.schedule import Day, new_uid, schedule, settle
from crm.filters import local, today
from crm.mail import Mail

_numbers = itertools.count(1)


def in_days(count: int) -> date:
    return today() + timedelta(days=count)


def event(*days: Day, **values) -> Event:
    """A published event: in ten days from 14 h to 17 h, unless said otherwise."""
    number = next(_numbers)
    values = {
        "title": f"Rencontre {number}", "slug": f"rencontre-{number}", "published_at": now(),
    } | values  # fmt: skip
    made = Event(uid=new_uid(), **values)
    db.session.add(made)
    schedule(made, days or [Day(in_days(10), time(14), time(17))])
    db.session.flush()
    return made


def partner(of: Event, name: str, **values) -> Partnership:
    found = Partnership(name=name, position=len(of.partners), **values)
    of.partners.append(found)
    db.session.flush()
    return found


def registration(to: Event, state: State = State.CONFIRMED, **values) -> Registration:
    """Somebody who registered, with a name and an address of their own."""
    number = next(_numbers)
    values = {
        "first_name": "Chloé", "last_name": f"Martin {number}",
        "email": f"chloe{number}@example.org",
    } | values  # fmt: skip
    made = Registration(event=to, state=state, **values)
    if made.is_seated:
        to.taken += made.seats or 1
    elif state is State.WAITING:
        to.last_rank += 1
        to.waiting += 1
        made.rank = to.last_rank
    db.session.add(made)
    db.session.flush()
    return made


def happening(begins: datetime, **values) -> Event:
    """An event of two hours that begins at that moment, at any hour of the day or of the night."""
    made = event(Day(local(begins).date(), time(14), time(16)), **values)
    [session] = made.held
    session.starts_at, session.ends_at = begins, begins + timedelta(hours=2)
    settle(made)
    db.session.flush()
    return made


def same_days(of: Event) -> list[Day]:
    return [Day(one.day, *one.local_hours, one.title) for one in of.held]


def calendar_of(mail: Mail) -> str:
    """The calendar that a mail carries, its lines unfolded."""
    message = message_from_bytes(mail.message, policy=policy.default)
    part = next(one for one in message.walk() if one.get_content_type() == "text/calendar")
    content = part.get_content()
    text = content if isinstance(content, str) else content.decode()
    return text.replace("\r\n", "\n").replace("\n ", "")
