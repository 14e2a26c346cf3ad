"""Tickets: the code that somebody shows at the door, and its QR picture."""

import io

import segno

from crm import links
from crm.config import Settings
from crm.db import db
from crm.events.kinds import State
from crm.events.registrations import Registration

_PURPOSE = "billet"


def code(registration: Registration) -> str:
    """What the QR code says of a registration: it opens nothing by itself."""
    return links.sign(_PURPOSE, registration.id)


def read(token: str) -> Registration | None:
    """The registration that a code names, or None."""
    number = links.read(_PURPOSE, token)
    return None if number is None else db.session.get(Registration, number)


def read_url(text: str) -> Registration | None:
    """The registration of what a QR code says: an address of ours, or its last part."""
    return read(text.rsplit("/", 1)[-1].partition("?")[0])


def url(registration: Registration) -> str:
    """The address in the code: a telephone's own camera leads the team to the check-in page."""
    return f"{Settings.current().base_url}/gestion/evenements/billets/{code(registration)}"


def is_shown(registration: Registration) -> bool:
    """Whether somebody has a code to show: a place, kept by us, at a door still to open."""
    event = registration.event
    somewhere = bool(event.department or event.commune or event.venue)
    return (
        registration.state is State.CONFIRMED and somewhere and event.takes_registrations
        and not event.is_over and not event.is_cancelled
    )  # fmt: skip


def as_picture(address: str) -> bytes:
    """The same as a PNG of about 200 px: what every mail program shows."""
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="png", scale=5, border=4)
    return out.getvalue()


def as_svg(address: str) -> bytes:
    """A QR picture of an address, dark on light with its quiet zone (ISO/IEC 18004)."""
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        out, kind="svg", scale=4, border=4, dark="#000", light="#fff", xmldecl=False
    )
    return out.getvalue()
