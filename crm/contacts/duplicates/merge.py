"""Merge: one card takes all that another had, by choice; the other keeps its row and leads to it.

Whatever points to the absorbed card is found by its foreign keys (see references.py), so the
subscriptions, requests and registrations of features this one does not know move too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from crm.contacts.duplicates.merges import Merge
from crm.contacts.facts import facts_of
from crm.contacts.files.apply import jsonable
from crm.contacts.files.cards import MODELS
from crm.contacts.kinds import ContactKind
from crm.contacts.likeness import name_key
from crm.contacts.organisations import Organisation, OtherName
from crm.contacts.people import Person
from crm.contacts.references import columns_to, is_leaf, unique_sets
from crm.contacts.search.index import forget, index
from crm.db import change, db
from crm.users import User

Contact = Organisation | Person
KEPT, ABSORBED = "kept", "absorbed"

# Columns of a card that are not facts one chooses between.
_APART = {"id", "created_at", "updated_at", "archived_at", "merged_into_id", "relay_id"}
# Rows that would say the same thing twice, where no rule of the database forbids it.
_SAME: dict[str, tuple[str, ...]] = {
    "roles": ("person_id", "organisation_id", "title", "started_on", "ended_on"),
    "details": ("kind", "key"),
    "other_names": ("name",),
}


class MergeRefused(ValueError):
    """Why two cards cannot be merged, or a merge undone, in one French sentence."""


def kind_of(contact: Contact) -> ContactKind:
    is_person = isinstance(contact, Person)
    return ContactKind.PERSON if is_person else ContactKind.ORGANISATION


@dataclass(frozen=True)
class Choice:
    """One fact on which two cards do not agree, as people read it, and whose stays by default."""

    name: str  # the column, as `merge` takes it
    label: str
    kept: str
    absorbed: str
    default: str


def choices(kept: Contact, absorbed: Contact) -> list[Choice]:
    """What one has to choose between before merging, in the order of the card."""
    columns = {_fact_name(name): name for name in facts(kept)}
    return [
        Choice(
            columns[name], fact.label, fact.text(kept), fact.text(absorbed),
            _default(kept, columns[name]),
        )
        for name, fact in facts_of(kept).items()
        if name in columns and fact.text(kept) != fact.text(absorbed)
    ]  # fmt: skip


def _fact_name(column: str) -> str:
    return {"actor_type_id": "actor_type", "public_at": "is_public"}.get(column, column)


def facts(card: Contact) -> list[str]:
    """The columns one chooses between, in the order of the table."""
    return [column.name for column in _table(card).columns if column.name not in _APART]


def _default(kept: Contact, name: str) -> str:
    """A blank is filled in; but a card is never shown to the public because another was."""
    blank = getattr(kept, name) in (None, "", [])
    return ABSORBED if blank and name != "public_at" else KEPT


def merge(
    kept: Contact,
    absorbed: Contact,
    chosen: Mapping[str, str] | None = None,
    *,
    by: User | None = None,
) -> Merge:
    """Give `kept` all that `absorbed` had; `absorbed.survivor` is `kept` from then on.

    `chosen` says for each column whose value stays, « kept » or « absorbed »; where it says
    nothing, the kept card's, unless it is blank. Raises MergeRefused.
    """
    db.session.flush()
    for card in (kept, absorbed):
        db.session.refresh(card, with_for_update=True)  # nobody merges them elsewhere meanwhile
    _check(kept, absorbed)
    record = Merge(kind=kind_of(kept), kept_id=kept.id, absorbed_id=absorbed.id, user=by)
    names = {name_key(one): one for one in _names(kept) + _names(absorbed)}
    _choose(kept, absorbed, chosen or {}, record)
    record.moved, record.dropped = [], []
    for column in columns_to(_table(kept)):
        _move(column, record)
    absorbed.merged_into = kept
    db.session.flush()
    db.session.expire_all()
    _add_names(kept, names, record)
    kept.log(f"Fusionnée avec «\u00a0{absorbed.title}\u00a0»", by=by)
    db.session.flush()
    record.own = list(_own(record))
    db.session.add(record)
    db.session.flush()
    db.session.expire_all()
    forget(absorbed)
    index(kept)
    return record


def _check(kept: Contact, absorbed: Contact) -> None:
    if type(kept) is not type(absorbed):
        raise MergeRefused("Une structure et une personne ne se fusionnent pas.")
    if kept.id == absorbed.id:
        raise MergeRefused("Une fiche ne se fusionne pas avec elle-même.")
    for card in (kept, absorbed):
        if card.merged_into is not None:
            raise MergeRefused(
                f"« {card.title} » a déjà été fusionnée dans « {card.survivor.title} »."
            )


def _choose(kept: Contact, absorbed: Contact, chosen: Mapping[str, str], record: Merge) -> None:
    before, after = {}, {}
    for name in facts(kept):
        mine, theirs = getattr(kept, name), getattr(absorbed, name)
        if theirs != mine and chosen.get(name, _default(kept, name)) == ABSORBED:
            before[name], after[name] = mine, theirs
            setattr(kept, name, theirs)
    if isinstance(kept, Organisation) and isinstance(absorbed, Organisation):
        # Its own relay it cannot be; the absorbed card's is worth keeping.
        theirs = absorbed.relay_id if absorbed.relay_id != kept.id else None
        mine = kept.relay_id if kept.relay_id != absorbed.id else None
        if (mine or theirs) != kept.relay_id:
            before["relay_id"], after["relay_id"] = kept.relay_id, mine or theirs
            kept.relay_id = mine or theirs
    record.before, record.after = jsonable(before), jsonable(after)
    db.session.flush()


def _names(card: Contact) -> list[str]:
    return [card.name, card.acronym] if isinstance(card, Organisation) else []


def _add_names(kept: Contact, names: Mapping[str, str], record: Merge) -> None:
    """The card is still found by all the names both had."""
    if not isinstance(kept, Organisation):
        return
    known = {name_key(one) for one in (kept.name, kept.acronym)}
    known |= {name_key(other.name) for other in kept.other_names}
    added = [
        OtherName(organisation=kept, name=name)
        for key, name in names.items()
        if key and key not in known
    ]
    db.session.add_all(added)
    db.session.flush()
    record.names = [{"id": one.id, "name": one.name} for one in added]


def _move(column: sa.Column[Any], record: Merge) -> None:
    """Make the rows that point to the absorbed card point to the kept one.

    A row that would then break a rule, or say what another says, is set aside; if other rows need
    it, it stays with the absorbed card, which nobody sees, rather than take them away.
    """
    table: Any = column.table
    rows = db.session.execute(sa.select(table).where(column == record.absorbed_id)).all()
    moved = []
    for row in rows:
        if table is _table_of(record) and row.id in (record.kept_id, record.absorbed_id):
            continue
        if _is_loop(column, row, record) or _has_twin(column, row, record.kept_id):
            if is_leaf(table) and not any(isinstance(value, bytes) for value in row):
                change(sa.delete(table).where(_is(table, _key(table, row))))
                record.dropped.append({"table": table.name, "row": jsonable(dict(row._mapping))})
            continue
        moved.append(_key(table, row, apart_from=column))
        change(
            sa.update(table)
            .where(_is(table, _key(table, row)))
            .values({column.name: record.kept_id})
        )
    if moved:
        record.moved.append({"table": table.name, "column": column.name, "keys": moved})


def _is_loop(column: sa.Column[Any], row: Any, record: Merge) -> bool:
    """Whether the row ties both cards: moved, it would tie the kept one to itself."""
    table: Any = column.table
    ends = [other for other in columns_to(_table_of(record)) if other.table is table]
    return len(ends) > 1 and any(
        row._mapping[other.name] == record.kept_id for other in ends if other is not column
    )


def _has_twin(column: sa.Column[Any], row: Any, kept_id: int) -> bool:
    """Whether a row of the kept card already says what this one would."""
    table: Any = column.table
    rules = [[other.name for other in others] for others in unique_sets(column) if others]
    if table.name in _SAME:
        rules.append([name for name in _SAME[table.name] if name != column.name])
    for names in rules:
        if names == ["id"] or "id" in names:
            continue
        said = {name: row._mapping[name] for name in names}
        same = [
            table.c[name].is_(None) if value is None else table.c[name] == value
            for name, value in said.items()
        ]
        if None in said.values() and table.name not in _SAME:
            continue  # in a rule of uniqueness, nothing equals nothing
        if db.session.scalar(sa.select(sa.exists().where(column == kept_id, *same))):
            return True
    return False


def _own(record: Merge) -> Iterator[dict[str, Any]]:
    """Every row that points to the kept card once all has moved: later ones were added since."""
    for column in columns_to(_table_of(record)):
        table: Any = column.table
        rows = db.session.execute(sa.select(table).where(column == record.kept_id))
        keys = [_key(table, row, apart_from=column) for row in rows]
        if keys:
            yield {"table": table.name, "column": column.name, "keys": keys}


def _key(table: Any, row: Any, apart_from: Any = None) -> dict[str, Any]:
    """What names a row: its id or, in a table of links, the columns of its key."""
    columns = [table.c.id] if "id" in table.c else list(table.primary_key.columns)
    return {
        column.name: row._mapping[column.name] for column in columns if column is not apart_from
    }


def _is(table: Any, key: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    return sa.and_(*(table.c[name] == value for name, value in key.items()))


def _table_of(record: Merge) -> Any:
    return MODELS[record.kind].__table__


def _table(card: Contact) -> Any:
    return type(card).__table__
