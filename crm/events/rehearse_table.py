"""Rehearsing: what taking a past table in would do, line by line, before anything is done."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from crm.contacts.fold import fold
from crm.contacts.matching import by_name
from crm.contacts.terms import Term, Vocabulary
from crm.db import db
from crm.events.events import Event
from crm.events.past_tables import PastEvent, PastTable, read_past
from crm.events.typed_cells import Place, mission_key
from crm.filters import plural


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
    missions, met = missions_by_key(), Counter[str]()
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


def missions_by_key() -> dict[str, Term]:
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
