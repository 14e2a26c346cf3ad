"""Calendars: an iCalendar file, and the form it takes inside an invitation (RFC 5545, 5546, 6047).

Times are those of Europe/Paris, with the rules of its summer time (VTIMEZONE).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from icalendar import Alarm, Calendar, Event, Timezone, vCalAddress, vText, vUri

from crm.filters import local
from crm.mail import Attached
from crm.text import clean, one_line

TYPE = "text/calendar"
PRODUCT = "-//Maillage//FR"
_END = b"END:VCALENDAR\r\n"

# The rules of the European Union since 1996 (directive 2000/84/EC); no hour before is ever told.
_PARIS = """\
BEGIN:VTIMEZONE
TZID:Europe/Paris
BEGIN:DAYLIGHT
DTSTART:19960331T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZNAME:CEST
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZNAME:CET
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
"""


class Method(StrEnum):
    """What a calendar file asks of the program that receives it (RFC 5546 §1.4)."""

    PUBLISH = "PUBLISH"
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True)
class Guest:
    """A name and a mail address."""

    name: str
    email: str


@dataclass(frozen=True)
class Occasion:
    """Something that happens once. Its `uid` stays the same; each change has a higher `sequence`
    (RFC 5545 §3.8.7.4). Dates instead of moments are whole days, the last one left out."""

    uid: str
    sequence: int
    starts_at: datetime | date
    ends_at: datetime | date
    title: str
    updated_at: datetime
    description: str = ""
    place: str = ""
    url: str = ""
    host: Guest | None = None
    guests: Sequence[Guest] = ()
    is_cancelled: bool = False
    remind: timedelta | None = None  # how long before it begins


def as_file(
    occasions: Sequence[Occasion], method: Method = Method.PUBLISH, name: str = ""
) -> bytes:
    """An .ics file: UTF-8, lines ended by CRLF and folded at 75 bytes. With a `name`, it is one to
    subscribe to, that programs read again each hour (RFC 7986 §5.1, §5.7)."""
    return assemble([as_part(occasion, method) for occasion in occasions], method, name)


def as_part(occasion: Occasion, method: Method = Method.PUBLISH) -> bytes:
    """What a file says of one occasion: it may be kept, and put beside others by `assemble`."""
    written: bytes = _event(occasion, method).to_ical()
    return written


def assemble(parts: Sequence[bytes], method: Method = Method.PUBLISH, name: str = "") -> bytes:
    """The file made of these parts; see `as_file`."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method.value)
    if name:
        calendar.add("name", one_line(name))
        calendar.add("x-wr-calname", one_line(name))
        calendar.add("refresh-interval", timedelta(hours=1), parameters={"value": "DURATION"})
    calendar.add_component(Timezone.from_ical(_PARIS))
    written: bytes = calendar.to_ical()
    head, end = written.removesuffix(_END), _END
    return b"".join([head, *parts, end])


def _event(occasion: Occasion, method: Method) -> Event:
    """Texts are escaped by the library; line ends and marks that no text needs are gone before."""
    event = Event()
    is_off = occasion.is_cancelled or method is Method.CANCEL
    event.add("uid", occasion.uid)
    event.add("sequence", occasion.sequence)
    event.add("dtstamp", occasion.updated_at)
    event.add("dtstart", _when(occasion.starts_at))
    event.add("dtend", _when(occasion.ends_at))
    event.add("summary", one_line(occasion.title))
    event.add("status", "CANCELLED" if is_off else "CONFIRMED")
    for name, text in (("description", occasion.description), ("location", occasion.place)):
        if text:
            event.add(name, clean(text))
    if occasion.url:
        event.add("url", vUri(one_line(occasion.url)))
    if method is not Method.PUBLISH:  # RFC 5546 §3.2: a published event has no attendee
        _invite(event, occasion)
    if occasion.remind is not None and not is_off:
        event.add_component(_alarm(occasion))
    return event


def _when(value: datetime | date) -> datetime | date:
    return local(value) if isinstance(value, datetime) else value


def _invite(event: Event, occasion: Occasion) -> None:
    if occasion.host is not None:
        event.add("organizer", _address(occasion.host))
    for guest in occasion.guests:
        attendee = _address(guest)
        attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
        attendee.params["PARTSTAT"] = vText("ACCEPTED")  # they chose the hour themselves
        attendee.params["RSVP"] = vText("FALSE")
        event.add("attendee", attendee, encode=False)


def _address(guest: Guest) -> vCalAddress:
    address = vCalAddress(f"mailto:{one_line(guest.email)}")
    # A parameter knows no escape for a double quote (RFC 5545 §3.2).
    address.params["CN"] = vText(one_line(guest.name).replace('"', "’") or guest.email)
    return address


def _alarm(occasion: Occasion) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", one_line(occasion.title))
    alarm.add("trigger", -(occasion.remind or timedelta()))
    return alarm


def as_invitation(occasion: Occasion, method: Method) -> list[Attached]:
    """What a mail carries: the form that mail programs act on, and the file to open by hand.

    RFC 6047 §2.4: the « method » of the part is that of the calendar.
    """
    content = as_file([occasion], method)
    params = {"method": method.value}
    body = Attached("invitation.ics", TYPE, content, params, is_body=True)
    return [body, Attached("invitation.ics", TYPE, content, params)]


@dataclass(frozen=True)
class Reply:
    """What somebody's calendar program answers to an invitation (RFC 5546 §3.2.3)."""

    uid: str
    sequence: int
    is_declined: bool


def read_reply(content: bytes) -> Reply | None:
    """The answer in this calendar: accepted or declined. None when it is something else."""
    try:
        calendar = Calendar.from_ical(content)
        event = next(iter(calendar.walk("VEVENT")), None)
        if event is None or str(calendar.get("method", "")).upper() != "REPLY":
            return None
        attendees = event.get("attendee") or []
        first = attendees[0] if isinstance(attendees, list) else attendees
        said = str(first.params.get("PARTSTAT", "")).upper()
        found = Reply(str(event["uid"]), int(event.get("sequence", 0)), said == "DECLINED")
    except (ValueError, KeyError, IndexError, AttributeError, TypeError):
        return None  # a calendar made to be wrong answers nothing
    return found if said in ("ACCEPTED", "DECLINED") else None
