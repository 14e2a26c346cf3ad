"""Say: put what a row says on a card, and list what that changes. Blanks never empty anything."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.contacts.departments import department_of
from crm.contacts.details import detail_key
from crm.contacts.files.cards import Card, RoleCard
from crm.contacts.files.columns import COLUMNS, Column
from crm.contacts.files.directory import roles_in
from crm.contacts.files.thesaurus import TermRef, Thesaurus
from crm.contacts.fold import fold
from crm.contacts.kinds import ContactKind
from crm.contacts.likeness import name_key
from crm.contacts.terms import Vocabulary
from crm.formulas import CELL_LIMIT

# Columns in which case and accents alone are no news, unless the card's number is given.
_NAMES = {"name", "acronym", "commune", "street", "first_name", "last_name"}
_OWN_NAMES = {"name", "first_name", "last_name"}


@dataclass(frozen=True, slots=True)
class Change:
    """One fact, before and after, as a cell would show it; `old` is empty for something new."""

    label: str
    old: str
    new: str


def say(
    card: Card, facts: dict[str, Any], *, exact: bool = False, renames: bool = False
) -> Iterator[Change]:
    """Put these facts on the card. `exact` when the file has the last word on case and accents.

    Unless the file `renames` cards, a name written otherwise is one more name of an organisation,
    and says nothing of a person.
    """
    is_new = not card.values
    for name, value in facts.items():
        column = COLUMNS[f"{card.kind.value}.{name}"]
        if column.vocabulary or name == "id":
            continue
        if column.detail is not None:
            yield from _say_details(card, column, value)
        elif name == "other_names":
            yield from (_change(column, "", one) for one in value if _say_name(card, one))
        elif not is_new and not renames and name in _OWN_NAMES and card.values.get(name):
            if name == "name" and _say_name(card, value):
                yield _change(COLUMNS["organisation.other_names"], "", value)
        else:
            yield from _say_value(card, column, value, exact=exact, is_new=is_new)
    if is_new:
        card.values.setdefault("last_name" if card.kind is ContactKind.PERSON else "name", "")


def _say_value(
    card: Card, column: Column, value: Any, *, exact: bool, is_new: bool
) -> Iterator[Change]:
    old = card.values.get(column.name)
    if not is_new and _same(column, old, value, exact=exact):
        return
    _set(card, column.name, value)
    yield _change(column, "" if old is None else column.cell(old), column.cell(value))
    if column.key == "organisation.name" and old and name_key(old) != name_key(value):
        _say_name(card, old)
    if column.key == "organisation.postcode":
        yield from _say_department(card, value)


def _say_department(card: Card, postcode: str) -> Iterator[Change]:
    """A new postcode tells the department; a column that says it too comes after, and wins."""
    code, old = department_of(postcode), card.values.get("department") or ""
    if code and code != old and len(postcode) == 5:
        _set(card, "department", code)
        yield _change(COLUMNS["organisation.department"], old, code)


def _same(column: Column, old: Any, new: Any, *, exact: bool) -> bool:
    """Whether `new` is how a file says `old`."""
    if old == new:
        return True
    if old in (None, "", []):
        return False
    if not exact and column.name in _NAMES and fold(old) == fold(new) != "":
        return True
    cell = column.cell(old)
    try:
        again = column.values(cell)
    except ValueError:
        return False
    cut = isinstance(new, str) and len(new) > CELL_LIMIT // 2 and cell.startswith(new[:-1])
    return bool(again == new or (cut and len(cell) > CELL_LIMIT - 2))


def _set(card: Card, name: str, value: Any) -> None:
    if card.id is not None:
        card.before.setdefault(name, card.values.get(name))
    card.values[name] = value


def _say_name(card: Card, name: str) -> bool:
    known = {name_key(one) for one in (card.values.get("name", ""), *card.names)}
    if not name_key(name) or name_key(name) in known:
        return False
    card.names.append(name)
    card.new_names.append(name)
    return True


def _say_details(card: Card, column: Column, values: list[str]) -> Iterator[Change]:
    kind = column.detail
    assert kind is not None
    for value in values:
        key = (kind, detail_key(kind, value))
        if key not in card.details:
            card.details[key] = value
            card.new_details.append(key)
            yield _change(column, "", value)


def _change(column: Column, old: str, new: str) -> Change:
    return Change(column.label, old, new)


@dataclass
class Terms:
    """Puts the terms a file names on cards, and keeps account of those nobody knows."""

    thesaurus: Thesaurus
    makes: bool

    def say(
        self,
        card: Card,
        facts: dict[str, Any],
        actor_type: TermRef | str | None,
        remarks: list[str],
    ) -> Iterator[Change]:
        """Put the actor type and the terms on the card; what is left out is remarked upon."""
        if actor_type is not None:
            yield from self._say_type(card, actor_type, remarks)
        for name, cell in facts.items():
            column = COLUMNS[f"{card.kind.value}.{name}"]
            if column.vocabulary is None or not column.between:
                continue
            has = {
                name_key(term.label) for term in card.terms
                if term.vocabulary is column.vocabulary
            }  # fmt: skip
            for word in self.thesaurus.read(column.vocabulary, cell):
                term = self._term(column.vocabulary, word, has, remarks)
                if term is not None:
                    has.add(name_key(term.label))
                    card.terms.append(term)
                    card.new_terms.append(term)
                    yield _change(column, "", term.label)

    def _say_type(self, card: Card, said: TermRef | str, remarks: list[str]) -> Iterator[Change]:
        old = card.values.get("actor_type")
        has = {name_key(old.label)} if old else set()
        term = self._term(Vocabulary.ACTOR_TYPE, said, has, remarks)
        if term is not None and term is not old:
            _set(card, "actor_type", term)
            column = COLUMNS["organisation.actor_type"]
            yield _change(column, old.label if old else "", term.label)

    def _term(
        self, vocabulary: Vocabulary, said: TermRef | str, has: set[str], remarks: list[str]
    ) -> TermRef | None:
        """The term to add; None when the card has it already, or when it is left out."""
        label = said.label if isinstance(said, TermRef) else said
        if name_key(label) in has:
            return None
        if isinstance(said, TermRef):
            if said.closed:
                remarks.append(f"«\u00a0{label}\u00a0» est fermé\u00a0: laissé de côté")
                return None
            return said
        self.thesaurus.unknown[vocabulary, label] += 1
        if self.makes:
            return self.thesaurus.make(vocabulary, label)
        like = self.thesaurus.suggestion(vocabulary, label)
        hint = f" (voulez-vous dire «\u00a0{like}\u00a0»\u00a0?)" if like else ""
        remarks.append(f"{vocabulary.label} : « {label} » est inconnu{hint}, laissé de côté")
        return None


def say_role(
    person: Card, organisation: Card, facts: dict[str, Any], remarks: list[str]
) -> tuple[RoleCard | None, list[Change]]:
    """The role to write, if the file brings one or renames one; and what that changes."""
    title, start = facts.get("title", ""), facts.get("started_on")
    held = roles_in(person, organisation)
    current = [role for role in held if role.ended_on is None]
    if not held:
        role = RoleCard(person, organisation, title, start)
        person.roles.append(role)
        return role, _role_changes(organisation, "", title, None, start)
    if not current:
        left = held[0].ended_on
        remarks.append(f"a quitté {organisation.name} le {left:%d/%m/%Y} : fonction non rouverte")
        return None, []
    called = [role for role in current if name_key(role.title) == name_key(title)]
    if called or not title or len(current) > 1:
        role = (called or current)[0]
        title = role.title
    else:
        role = current[0]
    start = start or role.started_on
    changes = _role_changes(None, role.title, title, role.started_on, start)
    if not changes:
        return None, []
    if role.id is not None:
        role.before = {"title": role.title, "started_on": role.started_on} | role.before
    role.title, role.started_on = title, start
    return role, changes


def _role_changes(
    organisation: Card | None, old: str, new: str, old_start: date | None, start: date | None
) -> list[Change]:
    title, since = COLUMNS["role.title"], COLUMNS["role.started_on"]
    changes = []
    if organisation is not None:
        changes.append(Change(title.label, "", f"{new or 'contact'} – {organisation.name}"))
    elif old != new:
        changes.append(_change(title, old, new))
    if start != old_start:
        changes.append(_change(since, since.cell(old_start), since.cell(start)))
    return changes
