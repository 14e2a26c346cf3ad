"""Rehearse: what importing a file would do, row by row, without writing anything.

The cards it returns carry what is to be written; crm.contacts.files.apply writes it.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from crm.contacts.files.cards import Card, RoleCard
from crm.contacts.files.directory import Directory, gather
from crm.contacts.files.drafts import Draft, drafts
from crm.contacts.files.identify import Candidate, Match, identify_organisation, identify_person
from crm.contacts.files.mappings import check
from crm.contacts.files.say import Change, Terms, say, say_role
from crm.contacts.files.spreadsheets import Table
from crm.contacts.files.thesaurus import Thesaurus
from crm.contacts.kinds import ContactKind
from crm.contacts.terms import Vocabulary
from crm.text import clean

Progress = Callable[[int, int], None]  # done, in all
Decisions = Mapping[str, Mapping[str, Any]]  # {"12": {"organisation": "new" or a card's id}}

NEW = "new"


class Outcome(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    DOUBTFUL = "doubtful"
    REFUSED = "refused"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Outcome.CREATED: "à créer",
    Outcome.CHANGED: "à modifier",
    Outcome.UNCHANGED: "inchangée",
    Outcome.DOUBTFUL: "douteuse",
    Outcome.REFUSED: "refusée",
}


@dataclass(frozen=True)
class Doubt:
    """Somebody this row may be about: choose one of these cards, or a new one."""

    kind: ContactKind
    name: str  # as the row says it
    candidates: list[Candidate]


@dataclass(slots=True)
class Line:
    """What would become of one row."""

    number: int
    outcome: Outcome = Outcome.UNCHANGED
    title: str = ""
    changes: list[Change] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@dataclass
class Rehearsal:
    """What importing the file would do."""

    fields: dict[str, str]
    thesaurus: Thesaurus
    lines: list[Line] = field(default_factory=list)
    cards: dict[Card, None] = field(default_factory=dict)  # those to write, in the file's order
    roles: dict[RoleCard, None] = field(default_factory=dict)
    # What it was drawn from: whether it still stands later is asked of these.
    drafts: list[Draft] = field(default_factory=list)
    directory: Directory = field(default_factory=Directory)

    @property
    def totals(self) -> dict[Outcome, int]:
        """How many rows have each outcome, in a fixed order."""
        counted = Counter(line.outcome for line in self.lines)
        return {outcome: counted[outcome] for outcome in Outcome}

    @property
    def unknown_terms(self) -> list[tuple[Vocabulary, str, int]]:
        """The terms the file uses that no vocabulary has, and how many times, the most used first.

        They are made when the rehearsal was asked to, and left out otherwise.
        """
        counted = self.thesaurus.unknown.most_common()
        return [(vocabulary, label, count) for (vocabulary, label), count in counted]

    def having(self, outcome: Outcome) -> list[Line]:
        return [line for line in self.lines if line.outcome is outcome]


def rehearse(
    table: Table,
    fields: Mapping[str, str],
    decisions: Decisions | None = None,
    *,
    creates_terms: bool = False,
    progress: Progress | None = None,
) -> Rehearsal:
    """What importing this table would do. Raises mappings.MappingError.

    `decisions` settles doubtful rows: for a line, which card each contact is, or « new ».
    """
    chosen = check(table.headings, dict(fields))
    rehearsal = Rehearsal(chosen, Thesaurus.load())
    rows = list(drafts(table, chosen))
    directory = gather(rows, rehearsal.thesaurus)
    rehearsal.drafts, rehearsal.directory = rows, directory
    study = _Study(rehearsal, directory, decisions or {}, Terms(rehearsal.thesaurus, creates_terms))
    for done, draft in enumerate(rows, 1):
        rehearsal.lines.append(study.line(draft))
        if progress is not None and (done % 500 == 0 or done == len(rows)):
            progress(done, len(rows))
    return rehearsal


@dataclass
class _Study:
    """The rows are read in order: each one sees what those before it would have done."""

    rehearsal: Rehearsal
    directory: Directory
    decisions: Decisions
    terms: Terms

    def line(self, draft: Draft) -> Line:
        line = Line(draft.line, remarks=draft.remarks)
        organisation, person = Match(), Match()
        if draft.organisation:
            self._choose_type(draft)
            found = identify_organisation(draft, self.directory)
            organisation = self._settled(draft, ContactKind.ORGANISATION, found)
        if draft.person:
            found = identify_person(draft, organisation.card, self.directory)
            person = self._settled(draft, ContactKind.PERSON, found)
        line.title = _title(draft, organisation, person)
        line.problems = _problems(draft, organisation, person)
        line.doubts = _doubts(draft, organisation, person)
        if line.problems:
            line.outcome = Outcome.REFUSED
        elif line.doubts:
            line.outcome = Outcome.DOUBTFUL
        else:
            self._write(draft, organisation, person, line)
        return line

    def _choose_type(self, draft: Draft) -> None:
        """The actor type: what the type says or, when that is no type, the category."""
        facts = draft.organisation
        typed = [words for name in ("actor_type", "category") if (words := facts.get(name))]
        known = (self.rehearsal.thesaurus.find(Vocabulary.ACTOR_TYPE, words) for words in typed)
        draft.actor_type = next((term for term in known if term), None) or next(iter(typed), None)

    def _settled(self, draft: Draft, kind: ContactKind, match: Match) -> Match:
        """The match, once what someone decided about this row is taken into account."""
        said = self.decisions.get(str(draft.line), {}).get(kind.value)
        if said is None or match.card is not None or match.problem:
            return match
        if said == NEW:
            return Match()
        chosen = [one.card for one in match.candidates if str(one.card.id) == str(said)]
        return Match(chosen[0]) if chosen else match

    def _write(self, draft: Draft, organisation: Match, person: Match, line: Line) -> None:
        place = self._say(draft, ContactKind.ORGANISATION, organisation, line)
        who = self._say(draft, ContactKind.PERSON, person, line)
        if place is not None and who is not None:
            role, changes = say_role(who, place, draft.role, line.remarks)
            line.changes += changes
            if role is not None:
                who.line = who.line or draft.line
                self.rehearsal.roles[role] = None
                self.directory.add(who)
        is_new = (place and organisation.card is None) or (who and person.card is None)
        if is_new:
            line.outcome = Outcome.CREATED
        elif line.changes:
            line.outcome = Outcome.CHANGED

    def _say(self, draft: Draft, kind: ContactKind, match: Match, line: Line) -> Card | None:
        facts = draft.person
        card = match.card or Card(kind)
        if kind is ContactKind.ORGANISATION:
            facts = draft.organisation and draft.said_of(card.name)
        if not facts:
            return None
        line.changes += say(card, facts, exact=match.by_id, renames=match.renames)
        actor_type = draft.actor_type if kind is ContactKind.ORGANISATION else None
        line.changes += self.terms.say(card, facts, actor_type, line.remarks)
        if card.id is None or card.is_dirty:
            card.line = card.line or draft.line
            self.rehearsal.cards[card] = None
            self.directory.add(card)
        return card


def _problems(draft: Draft, organisation: Match, person: Match) -> list[str]:
    problems = []
    for column, cell, why in draft.problems:
        card = person.card if column.owner == "person" else organisation.card
        # What the card already says, however odd, is no news.
        if card is None or clean(column.cell(card.value(column))) != clean(cell):
            problems.append(f"{column.label}\u00a0: {why}")
    if problems:
        return problems
    problems = [match.problem for match in (organisation, person) if match.problem]
    if draft.person and person == Match() and "last_name" not in draft.person:
        problems.append("le nom de la personne manque")
    if not draft.organisation and not draft.person:
        problems.append("ni structure ni personne")
    return problems


def _doubts(draft: Draft, organisation: Match, person: Match) -> list[Doubt]:
    doubts = []
    if organisation.candidates:
        name = draft.organisation.get("name", "")
        doubts.append(Doubt(ContactKind.ORGANISATION, name, organisation.candidates))
    if person.candidates:
        doubts.append(Doubt(ContactKind.PERSON, _full_name(draft), person.candidates))
    return doubts


def _title(draft: Draft, organisation: Match, person: Match) -> str:
    """Whom the row is about, as a list shows it."""
    who = _full_name(draft) or (person.card.name if person.card else "")
    place = draft.organisation.get("name") or (organisation.card.name if organisation.card else "")
    return " – ".join(part for part in (who, place) if part)


def _full_name(draft: Draft) -> str:
    return f"{draft.person.get('first_name', '')} {draft.person.get('last_name', '')}".strip()
