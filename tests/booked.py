"""Short ways to have requests, slots and appointments, and to read the mails they wrote."""

import itertools
import re
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import sqlalchemy as sa
import vobject
from asking import asked
from factories import save

from crm.db import db, now
from crm.filters import PARIS
from crm.mail import Mail
from crm.requests.requests import SupportRequest
from crm.requests.slots import Slot

_numbers = itertools.count(1)


def request(**values) -> SupportRequest:
    """Someone asks for help, from an address of their own."""
    number = next(_numbers)
    return asked(**{"email": f"chloe{number}@example.org", "phone": "06 12 34 56 78"} | values)


def in_some_days(days: int, hour: int = 14, minute: int = 0) -> datetime:
    """That hour, on a clock in Paris, in so many days."""
    on = now().astimezone(PARIS).date() + timedelta(days=days)
    return datetime(on.year, on.month, on.day, hour, minute, tzinfo=PARIS)


def slot(officer, starts_at: datetime | None = None, minutes: int = 45, **values) -> Slot:
    starts_at = starts_at or in_some_days(3)
    ends_at = starts_at + timedelta(minutes=minutes)
    return save(Slot(officer=officer, starts_at=starts_at, ends_at=ends_at, **values))


def mails(to: str) -> list[EmailMessage]:
    """The mails written down for this address, oldest first."""
    rows = db.session.scalars(sa.select(Mail).where(Mail.recipient == to).order_by(Mail.id))
    # As they travel, lines that begin with a dot have two (RFC 5321 §4.5.2).
    wires = [re.sub(rb"(?m)^\.\.", b".", row.message) for row in rows]
    return [message_from_bytes(wire, policy=policy.default) for wire in wires]


def calendar(message: EmailMessage):
    """The calendar that a mail program acts on, read by a parser that did not write it."""
    parts = [p for p in message.walk() if p.get_content_type() == "text/calendar"]
    body = next(part for part in parts if part.get_content_disposition() != "attachment")
    return body, vobject.readOne(body.get_content())


def texts(message: EmailMessage) -> str:
    return message.get_body(("plain",)).get_content()
