"""Recognising: those a webinar's list names, among those who registered; a doubt is for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from crm.contacts.fold import fold
from crm.contacts.likeness import NEAR, alike
from crm.db import db
from crm.events.attend import mark, walk_in
from crm.events.event_files import EventFile
from crm.events.events import Event
from crm.events.kinds import Attendance, Channel, Known
from crm.events.registrations import Registration
from crm.events.sessions import Session
from crm.events.webinars import AttendanceList, Attendee, read_attendance
from crm.filters import plural
from crm.text import row_number
from crm.users import User

NEW, NOBODY = "nouveau", "personne"


class Sure(StrEnum):
    """How sure it is who somebody is."""

    EMAIL = "email"
    NAME = "name"
    LIKELY = "likely"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        return {"email": "même adresse", "name": "même nom", "likely": "nom proche, à vérifier",
                "unknown": "sans inscription"}[self]  # fmt: skip


@dataclass(frozen=True)
class Match:
    """Somebody of the list, who they probably are, and what is done if nobody says otherwise."""

    attendee: Attendee
    sure: Sure
    registration: Registration | None
    choice: str  # the number of a registration, NEW or NOBODY
    why: str = ""  # why they are left out


@dataclass(frozen=True)
class Rehearsal:
    list: AttendanceList
    matches: Sequence[Match]
    registrations: Sequence[Registration]

    @property
    def sentence(self) -> str:
        """« 12 personnes dans la liste : 9 inscrites reconnues, 2 sans inscription, 1 laissée. »"""
        known = sum(one.choice not in (NEW, NOBODY) for one in self.matches)
        new = sum(one.choice == NEW for one in self.matches)
        left = len(self.matches) - known - new
        said = [plural(known, "inscrite reconnue", "inscrites reconnues")]
        said += [f"{new}\u00a0sans inscription"] if new else []
        said += [plural(left, "laissée de côté", "laissées de côté")] if left else []
        people = plural(len(self.matches), "personne")
        return f"{people} dans la liste\u00a0: {', '.join(said)}."


def rehearse(event: Event, content: bytes, least: int = 0) -> Rehearsal:
    """Who the list names, and what would be done. `least`: minutes from which one was there.

    Raises TableError when the file holds no list.
    """
    told = read_attendance(content)
    mine = list(db.session.scalars(Registration.of(event)))
    by_email = {one.email: one for one in mine if one.email}
    by_name = _by_name(mine)
    matches = [_match(one, mine, by_email, by_name, least) for one in told.attendees]
    return Rehearsal(told, matches, sorted(mine, key=lambda one: fold(_listed(one))))


def _listed(registration: Registration) -> str:
    return f"{registration.last_name} {registration.first_name} {registration.who}"


def _by_name(mine: Sequence[Registration]) -> dict[str, Registration]:
    """Those whose name is theirs alone, whichever of its parts comes first."""
    found: dict[str, list[Registration]] = {}
    for one in mine:
        if one.name:
            found.setdefault(_sorted(one.name), []).append(one)
    return {name: some[0] for name, some in found.items() if len(some) == 1}


def _sorted(name: str) -> str:
    return " ".join(sorted(fold(name).split()))


def _match(
    attendee: Attendee,
    mine: Sequence[Registration],
    by_email: Mapping[str, Registration],
    by_name: Mapping[str, Registration],
    least: int,
) -> Match:
    found = by_email.get(attendee.email)
    sure = Sure.EMAIL
    if found is None:
        found, sure = by_name.get(_sorted(attendee.name)), Sure.NAME
    if found is None:
        found, sure = _near(attendee.name, mine), Sure.LIKELY
    if found is None:
        sure = Sure.UNKNOWN
    choice = str(found.id) if found is not None else NEW
    if attendee.minutes is not None and attendee.minutes < least:
        return Match(attendee, sure, found, NOBODY, f"moins de {least} min")
    if attendee.is_host and found is None:
        return Match(attendee, sure, None, NOBODY, "anime la séance")
    return Match(attendee, sure, found, choice)


def _near(name: str, mine: Sequence[Registration]) -> Registration | None:
    """The one whose name is nearly this one, if there is only one."""
    typed = fold(name)
    near = [one for one in mine if one.name and alike(fold(one.name), typed) >= NEAR]
    return near[0] if typed and len(near) == 1 else None


def apply(
    kept: EventFile,
    rehearsal: Rehearsal,
    session: Session,
    choices: Mapping[int, str],
    by: User,
) -> int:
    """Mark those who were there, as was chosen for each place in the list; how many.

    What was not chosen is done as the rehearsal said it. Nothing is committed.
    """
    event = session.event
    mine = {one.id: one for one in rehearsal.registrations}
    marked: set[int] = set()
    for place, match in enumerate(rehearsal.matches):
        choice = choices.get(place, match.choice)
        whom = mine.get(row_number(choice))
        if whom is None and choice == NEW:
            whom = walk_in(event, _values(match.attendee), channel=Channel.FILE, by=by)
        if whom is None or whom.id in marked:
            continue
        marked.add(whom.id)
        mark(whom, session, Attendance.CAME, Known.FILE, minutes=match.attendee.minutes, by=by)
    maker = f" de {rehearsal.list.maker}" if rehearsal.list.maker else ""
    said = plural(len(marked), "présence notée", "présences notées")
    event.tell(f"Liste de connexion{maker} lue\u00a0: {said}", by)
    kept.settle(f"{said} sur {len(rehearsal.matches)}")
    return len(marked)


def _values(attendee: Attendee) -> dict[str, str]:
    """« Marie Petit » has a first name; « PETIT, Marie » too; one word is a last name."""
    last, comma, first = attendee.name.partition(",")
    if not comma:
        first, _, last = attendee.name.rpartition(" ")
    return {"first_name": first.strip(), "last_name": last.strip(), "email": attendee.email}
