"""Drafts: what each row of a file says, cell by cell, before it is known whom it is about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from crm.contacts.files.columns import COLUMNS, Column
from crm.contacts.files.spreadsheets import Table
from crm.contacts.files.thesaurus import TermRef
from crm.contacts.fold import fold
from crm.contacts.names import full_name, split_name
from crm.formulas import rearm
from crm.text import clean, one_line

_CIVILITIES = {"m", "mr", "mme", "mlle", "mm", "monsieur", "madame", "dr", "docteur", "pr"}


@dataclass(slots=True, eq=False)
class Draft:
    """One row: what it says of an organisation, of a person, and of the role that ties them."""

    line: int
    organisation: dict[str, Any] = field(default_factory=dict)
    person: dict[str, Any] = field(default_factory=dict)
    role: dict[str, Any] = field(default_factory=dict)
    # The cells that could not be read: their column, the cell, and why.
    problems: list[tuple[Column, str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    # The organisation's name, and all that is said of it, before its acronym was taken out of it.
    typed_name: str = ""
    typed: dict[str, Any] = field(default_factory=dict)
    # The actor type: a term or, when no vocabulary has it, the words in the cell.
    actor_type: TermRef | str | None = None

    def said_of(self, name: str) -> dict[str, Any]:
        """What the row says of an organisation of that name: nothing is to be taken out of it."""
        return self.typed if self.typed_name == one_line(name) else self.organisation


def drafts(table: Table, fields: dict[str, str]) -> Iterator[Draft]:
    """Every row of the table, understood with these fields."""
    columns = [
        (rank, COLUMNS[key])
        for rank, heading in enumerate(table.headings)
        if (key := fields.get(heading))
    ]
    for line, row in table.rows:
        draft = _read(line, row, columns)
        _name_organisation(draft)
        _name_person(draft)
        _share_out(draft)
        yield draft


def _read(line: int, row: Sequence[str], columns: Sequence[tuple[int, Column]]) -> Draft:
    draft = Draft(line)
    owners = {"organisation": draft.organisation, "person": draft.person, "role": draft.role}
    for rank, column in columns:
        cell = rearm(row[rank])
        if not cell:
            continue
        try:
            value = clean(cell) if column.vocabulary else column.values(cell)
        except ValueError as error:
            if clean(cell):
                draft.problems.append((column, cell, str(error)))
            continue
        if value in ("", []):
            continue
        facts = owners[column.owner]
        if column.between and column.name in facts:
            value = _both(column, facts[column.name], value)
        facts[column.name] = value
    return draft


def _both(column: Column, one: Any, other: Any) -> Any:
    """What two columns say of the same thing (« Téléphone », « Portable »)."""
    return f"{one} | {other}" if column.vocabulary else one + other


def _name_organisation(draft: Draft) -> None:
    """Take the acronym out of the name, and the kind of authority into it (see names.py)."""
    facts = draft.organisation
    if "name" not in facts:
        return
    draft.typed_name, draft.typed = facts["name"], dict(facts)
    name, acronym = split_name(draft.typed_name)
    facts["name"] = full_name(facts.get("actor_type", ""), name)
    if acronym and "acronym" not in facts:
        facts["acronym"] = acronym[:60]
    if facts["name"] != name:
        facts["other_names"] = [*facts.get("other_names", []), name]
    if not facts["name"]:
        facts["name"] = draft.typed_name


def _name_person(draft: Draft) -> None:
    whole = draft.person.pop("full_name", "")
    if whole and "last_name" not in draft.person:
        first, last = split_person(whole)
        draft.person.setdefault("first_name", first)
        draft.person["last_name"] = last
    elif "first_name" in draft.person and not {"last_name", "id"} & draft.person.keys():
        draft.person["last_name"] = draft.person.pop("first_name")


def split_person(whole: str) -> tuple[str, str]:
    """First and last names: the last name is in capitals, or follows the first word."""
    words = one_line(whole).split()
    while len(words) > 1 and fold(words[0]) in _CIVILITIES:
        words.pop(0)
    last = [word for word in words if len(word) > 1 and word.isupper()]
    if not last or len(last) == len(words):
        last = words[1:] or words
    first = [word for word in words if word not in last]
    return " ".join(first)[:100], " ".join(last)[:100]


def _share_out(draft: Draft) -> None:
    """A mail without anybody's name is the organisation's; a town without one, the person's."""
    person, organisation = draft.person, draft.organisation
    if "id" not in person and "last_name" not in person and organisation:
        for name in ("emails", "phones"):
            if name in person:
                organisation[name] = organisation.get(name, []) + person.pop(name)
        if not person.get("tags"):
            person.clear()
            draft.role.clear()
    if person and not {"id", "name", "siren", "siret", "rna"} & organisation.keys():
        for name in ("commune", "department"):
            if name in organisation:
                person.setdefault(name, organisation[name])
        left = sorted(
            COLUMNS[f"organisation.{name}"].label.lower()
            for name in organisation.keys() - {"commune", "department", "postcode", "actor_type"}
        )
        if left:
            draft.remarks.append(f"sans nom de structure, laissé de côté\u00a0: {', '.join(left)}")
        organisation.clear()
