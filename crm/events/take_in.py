"""Taking in: a past table becomes events, rehearsed first, whole or not at all, and once."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from crm.contacts.fold import fold
from crm.contacts.journal import EntryKind
from crm.contacts.matching import by_name
from crm.contacts.organisations import Organisation
from crm.contacts.terms import Term, Vocabulary
from crm.db import db, in_turn
from crm.events.events import Event
from crm.events.partners import Partnership
from crm.events.past_tables import PastEvent, PastTable, read_past
from crm.events.schedule import Day, new_uid, schedule
from crm.events.typed_cells import Place, kind_of, mission_key
from crm.events.typed_dates import say_dates
from crm.filters import plural
from crm.text import cut
from crm.users import User

_SLUG = 100  # characters


class Outcome(StrEnum):
    NEW = "new"
    COMPLETED = "completed"
    KNOWN = "known"
    REFUSED = "refused"

    @property
    def label(self) -> str:
        return {"new": "à créer", "completed": "à compléter", "known": "déjà là",
                "refused": "à corriger"}[self]  # fmt: skip


@dataclass
class Line:
    """What becomes of one row, and why."""

    row: PastEvent
    outcome: Outcome
    key: str
    event: Event | None = None
    said: list[str] = field(default_factory=list)


@dataclass
class Rehearsal:
    """What a file would do. Nothing is changed until it is applied."""

    table: PastTable
    lines: list[Line]
    unknown_missions: dict[str, str]  # by key, as they were typed first

    @property
    def totals(self) -> Counter[Outcome]:
        return Counter(line.outcome for line in self.lines)

    @property
    def missing(self) -> int:
        """How many rows say nothing of how many came."""
        return sum(line.row.count is None for line in self.lines)

    @property
    def people(self) -> int:
        return sum(line.row.count.number for line in self.lines if line.row.count)

    @property
    def changes(self) -> int:
        return self.totals[Outcome.NEW] + self.totals[Outcome.COMPLETED]

    @property
    def sentence(self) -> str:
        """« 49 lignes : 49 à créer ; 807 participants, 10 effectifs manquent. »"""
        counted = [f"{self.totals[one]} {one.label}" for one in Outcome if self.totals[one]]
        rows = f"{plural(len(self.lines), 'ligne')}\u00a0: {', '.join(counted)}\u00a0"
        people = f"{plural(self.people, 'participant')}"
        gaps = plural(self.missing, "effectif manque", "effectifs manquent")
        return f"{rows}; {people}{f', {gaps}' if self.missing else ''}."


def rehearse(content: bytes, *, create_missions: bool = False) -> Rehearsal:
    """What this file would do, row by row. Raises TableError when it is no such table."""
    known: dict[str, bool] = {}

    def is_known(name: str) -> bool:
        if name not in known:
            known[name] = by_name(name) is not None
        return known[name]

    table = read_past(content, is_known)
    missions, met = _missions(), Counter[str]()
    there, same = _already(table.rows), dict[str, int]()
    unknown: dict[str, str] = {}
    lines = []
    for row in table.rows:
        met[_place(row)] += 1
        key = _key(row, met[_place(row)])
        line = Line(row, Outcome.NEW, key, there.get(key) or there.get(_by_hand(row, met)))
        first = same.setdefault(_place(row), row.line)
        if first != row.line and row.title:
            line.said.append(f"Même titre et même date que la ligne {first}.")
        _judge(line, missions, unknown, create_missions)
        lines.append(line)
    return Rehearsal(table, lines, unknown)


def _judge(
    line: Line, missions: dict[str, Term], unknown: dict[str, str], create_missions: bool
) -> None:
    row = line.row
    mission = mission_key(row.mission)
    problems = list(row.problems)
    if mission and mission not in missions:
        unknown.setdefault(mission, row.mission)
        if not create_missions:
            problems.append(
                f"«\u00a0{row.mission}\u00a0» n’est pas dans le vocabulaire «\u00a0Missions\u00a0»."
            )
    if problems:
        line.outcome, line.said = Outcome.REFUSED, [*problems, *line.said]
    elif line.event is not None:
        gains = _gains(line.event, row)
        differs = _differs(line.event, row, missions.get(mission))
        line.outcome = Outcome.COMPLETED if gains else Outcome.KNOWN
        line.said += [*(f"{one} à ajouter" for one in gains), *differs]


def _missions() -> dict[str, Term]:
    """The missions by what their writings share; a merged one leads to the one that stays."""
    found: dict[str, Term] = {}
    for term in db.session.scalars(sa.select(Term).where(Term.vocabulary == Vocabulary.MISSION)):
        stays = term
        while stays.merged_into is not None:
            stays = stays.merged_into
        found[mission_key(term.label)] = stays
    return found


def _place(row: PastEvent) -> str:
    """What tells a row from another: its title and its days."""
    return f"{fold(row.title)}|{','.join(one.isoformat() for one in row.dates)}"


def _key(row: PastEvent, number: int) -> str:
    """The key of the `number`th row of a file that has this title and these days."""
    return hashlib.sha256(f"{_place(row)}|{number}".encode()).hexdigest()


def _by_hand(row: PastEvent, met: Counter[str]) -> str:
    return f"{_place(row)}|{met[_place(row)]}"


def _already(rows: Sequence[PastEvent]) -> dict[str, Event]:
    """The events of these days that are there: by the key of their import, or by what they are."""
    days = [one for row in rows for one in row.dates]
    if not days:
        return {}
    near = sa.select(Event).where(Event.first_day.between(min(days), max(days)))
    imported = sa.select(Event).where(Event.import_key.is_not(None))
    with_all = selectinload(Event.partners), selectinload(Event.sessions)
    found: dict[str, Event] = {}
    met: Counter[str] = Counter()
    for event in db.session.scalars(near.options(*with_all).order_by(Event.id)):
        days_ = ",".join(one.day.isoformat() for one in event.held)
        place = f"{fold(event.title)}|{days_}"
        met[place] += 1
        found[f"{place}|{met[place]}"] = event
    for event in db.session.scalars(imported.options(*with_all)):
        assert event.import_key is not None
        found[event.import_key] = event
    return found


def _gains(event: Event, row: PastEvent) -> list[str]:
    """What the row says and the event does not."""
    gains = []
    if event.head_count is None and row.count is not None and not event.came:
        gains.append(plural(row.count.number, "participant"))
    if event.mission_id is None and mission_key(row.mission):
        gains.append(f"mission «\u00a0{row.mission}\u00a0»")
    if not event.partners and row.partners:
        gains.append(plural(len(row.partners), "partenaire"))
    if place_of(event) == Place() and row.place != Place() and not event.commune:
        gains.append("lieu")
    return gains


def _differs(event: Event, row: PastEvent, mission: Term | None) -> list[str]:
    """What the row and the event say otherwise: nothing of it is changed."""
    said = []
    known = event.head_count if event.head_count is not None else event.came or None
    if row.count is not None and known not in (None, row.count.number):
        said.append(
            f"{row.count.number} participants ici, {known} déjà notés\u00a0: laissé tel quel"
        )
    if event.mission is not None and mission not in (None, event.mission):
        said.append(f"mission déjà notée\u00a0: {event.mission.label}, laissée telle quelle")
    return said


def place_of(event: Event) -> Place:
    """Where an event is, as a cell says it."""
    return Place(event.is_online, event.department, event.venue)


class NotWhole(ValueError):
    """Some rows have to be corrected first: a table goes in whole or not at all."""


def apply(rehearsal: Rehearsal, *, name: str, by: User | None = None) -> list[Event]:
    """Make and complete the events. Raises NotWhole; nothing is committed."""
    refused = rehearsal.totals[Outcome.REFUSED]
    if refused:
        count = plural(refused, "ligne est", "lignes sont")
        raise NotWhole(f"{count} à corriger\u00a0: rien n’a été changé.")
    in_turn("past tables")
    missions = _missions() | _created(rehearsal.unknown_missions)
    slugs = set(db.session.scalars(sa.select(Event.slug)))
    organisations: dict[str, Organisation | None] = {}
    done = []
    for line in rehearsal.lines:
        event = line.event
        if line.outcome is Outcome.NEW:
            event = _make(line, slugs)
        if event is None or line.outcome is Outcome.KNOWN:
            continue
        _fill(event, line.row, missions, organisations)
        event.tell(f"Repris du tableau «\u00a0{cut(name, 200)}\u00a0», ligne {line.row.line}", by)
        done.append(event)
    db.session.flush()
    _log(done)
    return done


def _created(unknown: dict[str, str]) -> dict[str, Term]:
    known = list(db.session.scalars(Term.of(Vocabulary.MISSION)))
    made = {}
    for position, (key, label) in enumerate(unknown.items(), len(known) + 1):
        code = re.sub(r"\W+", "-", key)[:60].strip("-")
        made[key] = Term(vocabulary=Vocabulary.MISSION, code=code, label=label, position=position)
        db.session.add(made[key])
    return made


def _make(line: Line, slugs: set[str]) -> Event:
    row = line.row
    event = Event(
        title=row.title,
        kind=kind_of(row.title),
        slug=_slug(row.title, row.dates[0], slugs),
        uid=new_uid(),
        import_key=line.key,
        typed=dict(row.typed),
        takes_registrations=False,
        is_online=False,
        department="",
        venue="",
        commune="",
        came=0,
    )
    db.session.add(event)
    with db.session.no_autoflush:
        schedule(event, [Day(one) for one in row.dates])
    return event


def _slug(title: str, day: date, taken: set[str]) -> str:
    words = fold(title).encode("ascii", "ignore").decode().split()
    stem = "-".join(words)[:_SLUG].strip("-") or "evenement"
    wanted, number = f"{stem}-{day:%Y-%m-%d}", 1
    while wanted in taken:
        number += 1
        wanted = f"{stem}-{day:%Y-%m-%d}-{number}"
    taken.add(wanted)
    return wanted


def _fill(
    event: Event,
    row: PastEvent,
    missions: dict[str, Term],
    organisations: dict[str, Organisation | None],
) -> None:
    """Say what the row says, where the event says nothing yet."""
    if event.head_count is None and row.count is not None and not event.came:
        event.head_count, event.head_count_kind = row.count.number, row.count.kind
    event.mission = event.mission or missions.get(mission_key(row.mission))
    if place_of(event) == Place() and not event.commune:
        event.is_online = row.place.is_online
        event.department, event.venue = row.place.department, row.place.words
    if not event.partners:
        for position, name in enumerate(row.partners):
            if name not in organisations:
                organisations[name] = by_name(name)
            event.partners.append(
                Partnership(name=name, name_key=fold(name)[:300],
                            organisation=organisations[name], position=position)
            )  # fmt: skip
    if event.import_key is not None:
        event.typed = {**event.typed, **row.typed}


def _log(events: Sequence[Event]) -> None:
    """The partners that have a card read it in their journal, on the day it was."""
    for event in events:
        days = say_dates(one.day for one in event.held)
        for partner in event.partners:
            if partner.organisation is not None:
                partner.organisation.log(
                    f"Partenaire de «\u00a0{event.title}\u00a0» ({days})",
                    EntryKind.EVENT,
                    at=event.held[0].begin,
                    link=f"/gestion/evenements/{event.id}",
                )
