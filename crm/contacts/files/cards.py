"""Cards: what the database says of many contacts, read in a few queries, for files in and out."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from crm.contacts.details import Detail, DetailKind
from crm.contacts.files.bulk import among, batches
from crm.contacts.files.columns import ORGANISATION, PERSON, Column
from crm.contacts.files.thesaurus import TermRef, Thesaurus
from crm.contacts.kinds import ContactKind
from crm.contacts.organisations import Organisation, OtherName, organisation_terms
from crm.contacts.people import Person, Role, person_terms
from crm.contacts.terms import Term
from crm.db import db

MODELS: dict[ContactKind, type[Organisation] | type[Person]] = {
    ContactKind.ORGANISATION: Organisation,
    ContactKind.PERSON: Person,
}
TERMS = {ContactKind.ORGANISATION: organisation_terms, ContactKind.PERSON: person_terms}

# The columns that are plain columns of the table, actor type apart.
PLAIN = {
    kind: [
        column for column in columns
        if column.owner == kind.value and column.name != "id" and not column.vocabulary
        and hasattr(MODELS[kind], column.name) and column.name != "other_names"
    ]
    for kind, columns in (
        (ContactKind.ORGANISATION, ORGANISATION), (ContactKind.PERSON, PERSON),
    )
}  # fmt: skip


@dataclass(eq=False, slots=True)
class RoleCard:
    """A function: which person, where, and what it is called."""

    person: "Card"
    organisation: "Card"
    title: str = ""
    started_on: date | None = None
    ended_on: date | None = None
    id: int | None = None
    before: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Card:
    """A contact as a file sees it: what is known, and what was said that is not yet written."""

    kind: ContactKind
    id: int | None = None
    values: dict[str, Any] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    # (kind, key) → the value as typed; those no longer in use are known too, and marked.
    details: dict[tuple[DetailKind, str], str] = field(default_factory=dict)
    closed: set[tuple[DetailKind, str]] = field(default_factory=set)
    terms: list[TermRef] = field(default_factory=list)
    roles: list[RoleCard] = field(default_factory=list)
    line: int = 0
    before: dict[str, Any] = field(default_factory=dict)
    new_names: list[str] = field(default_factory=list)
    new_details: list[tuple[DetailKind, str]] = field(default_factory=list)
    new_terms: list[TermRef] = field(default_factory=list)

    @property
    def name(self) -> str:
        return _name(self.kind, self.values)

    @property
    def known_as(self) -> str:
        """The name that is written down, whatever was said since."""
        return _name(self.kind, self.values | self.before)

    @property
    def is_dirty(self) -> bool:
        """Whether something was said that is not yet written."""
        return bool(self.before or self.new_names or self.new_details or self.new_terms)

    def value(self, column: Column) -> Any:
        """What this card says in this column."""
        if column.name == "id":
            return self.id
        if column.name == "other_names":
            return self.names
        if column.detail is not None:
            return [
                value for key, value in self.details.items()
                if key[0] is column.detail and key not in self.closed
            ]  # fmt: skip
        if column.vocabulary is not None and column.between:
            return [term.label for term in self.terms if term.vocabulary is column.vocabulary]
        value = self.values.get(column.name)
        return value.label if isinstance(value, TermRef) else value


def _name(kind: ContactKind, values: dict[str, Any]) -> str:
    if kind is ContactKind.ORGANISATION:
        return str(values.get("name", ""))
    return f"{values.get('first_name', '')} {values.get('last_name', '')}".strip()


def load(kind: ContactKind, ids: Iterable[int], thesaurus: Thesaurus) -> dict[int, Card]:
    """These cards by id, in the order asked for, without their roles."""
    found: dict[int, Card] = {}
    for some in batches(list(dict.fromkeys(ids))):
        cards = _load(kind, some, thesaurus)
        found.update((one, cards[one]) for one in some if one in cards)
    return found


def _load(kind: ContactKind, ids: Sequence[int], thesaurus: Thesaurus) -> dict[int, Card]:
    model = MODELS[kind]
    plain = [column.name for column in PLAIN[kind]]
    wanted: list[Any] = [
        model.id,
        *(getattr(model, name) for name in plain),
    ]
    if kind is ContactKind.ORGANISATION:
        wanted.append(Organisation.actor_type_id)
    cards = {}
    for row in db.session.execute(sa.select(*wanted).where(among(model.id, ids))):
        values = dict(zip(plain, row[1:], strict=False))
        if kind is ContactKind.ORGANISATION:
            values["actor_type"] = thesaurus.by_id.get(row[-1])
        cards[row[0]] = Card(kind, row[0], values)
    if kind is ContactKind.ORGANISATION:
        names = sa.select(OtherName.organisation_id, OtherName.name).order_by(OtherName.id)
        for owner, name in db.session.execute(names.where(among(OtherName.organisation_id, ids))):
            cards[owner].names.append(name)
    _load_details(kind, ids, cards)
    _load_terms(kind, ids, cards, thesaurus)
    return cards


def _load_details(kind: ContactKind, ids: Sequence[int], cards: dict[int, Card]) -> None:
    owner: Any = Detail.organisation_id if kind is ContactKind.ORGANISATION else Detail.person_id
    details = (
        sa.select(owner, Detail.kind, Detail.key, Detail.value, Detail.closed_at)
        .where(among(owner, ids))
        .order_by(Detail.position, Detail.id)
    )
    for one, detail_kind, key, value, closed_at in db.session.execute(details):
        card = cards[one]
        if closed_at is None:
            card.details.setdefault((detail_kind, key), value)
            card.closed.discard((detail_kind, key))
        elif (detail_kind, key) not in card.details:
            card.details[detail_kind, key] = value
            card.closed.add((detail_kind, key))


def _load_terms(
    kind: ContactKind, ids: Sequence[int], cards: dict[int, Card], thesaurus: Thesaurus
) -> None:
    table = TERMS[kind]
    owner = table.c[f"{kind.value}_id"]
    links = sa.select(owner, table.c.term_id).join(Term, Term.id == table.c.term_id)
    for one, term_id in db.session.execute(
        links.where(among(owner, ids)).order_by(Term.position, Term.id)
    ):
        cards[one].terms.append(thesaurus.by_id[term_id])


def load_roles(
    owner: Any, ids: Iterable[int], people: dict[int, Card], organisations: dict[int, Card]
) -> dict[int, list[RoleCard]]:
    """The roles whose `owner` column is in `ids`, by that column.

    Those of a card that was not read are passed over.
    """
    roles: defaultdict[int, list[RoleCard]] = defaultdict(list)
    for some in batches(list(ids)):
        rows = sa.select(
            owner, Role.id, Role.person_id, Role.organisation_id, Role.title, Role.started_on,
            Role.ended_on,
        ).where(among(owner, some)).order_by(Role.ended_on.is_not(None), Role.id)  # fmt: skip
        for one, role_id, person_id, organisation_id, title, start, end in db.session.execute(rows):
            person, organisation = people.get(person_id), organisations.get(organisation_id)
            if person is not None and organisation is not None:
                roles[one].append(RoleCard(person, organisation, title, start, end, role_id))
    return roles
