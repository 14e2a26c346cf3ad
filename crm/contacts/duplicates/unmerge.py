"""Unmerge: make two cards again of what a merge made one, with what was added since.

The card that was absorbed still has its row; what had moved to the other comes back to it.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from crm.contacts.duplicates.merge import ABSORBED, KEPT, Contact, MergeRefused
from crm.contacts.duplicates.merges import Merge
from crm.contacts.files.apply import jsonable
from crm.contacts.files.cards import MODELS
from crm.contacts.files.put_back import typed
from crm.contacts.organisations import OtherName
from crm.contacts.references import columns_to, unique_sets
from crm.contacts.search.index import index
from crm.db import Base, change, db, now
from crm.users import User


def unmerge(record: Merge, since_goes_to: str = KEPT, *, by: User | None = None) -> None:
    """Restore both cards; what was added since goes to the « kept » or to the « absorbed » one.

    Raises MergeRefused, saying which merge to undo first when a later one stands on this one.
    """
    kept, absorbed = _both(record)
    db.session.flush()
    since = list(_since(record)) if since_goes_to == ABSORBED else []
    _remove_names(record)
    _restore_facts(record, since_goes_to)
    _point_back(record, record.moved)
    _point_back(record, since, if_free=True)
    _restore_dropped(record)
    record.undone_at = now()
    db.session.flush()
    db.session.expire_all()
    absorbed.merged_into = None
    for card, other in ((kept, absorbed), (absorbed, kept)):
        card.log(f"Fusion avec «\u00a0{other.title}\u00a0» défaite", by=by)
        index(card)


def _both(record: Merge) -> tuple[Contact, Contact]:
    """Both cards, once sure that they can be told apart again. Raises MergeRefused."""
    kept, absorbed = record.kept, record.absorbed
    if record.undone_at is not None:
        raise MergeRefused("Cette fusion est déjà défaite.")
    if kept is None or absorbed is None:
        raise MergeRefused("L’une des deux fiches n’existe plus.")
    last = db.session.scalars(Merge.of(record.kind, kept.id)).first()
    if last is not None and last.id != record.id:
        other = last.absorbed if last.kept_id == kept.id else last.kept
        raise MergeRefused(
            f"« {kept.title} » a été fusionnée depuis avec « {other.title if other else '?'} » : "
            "défaites d’abord cette fusion-là."
        )
    return kept, absorbed


def _since(record: Merge) -> Iterator[dict[str, Any]]:
    """The rows that point to the kept card and did not when the merge was done."""
    then = {(said["table"], said["column"]): said["keys"] for said in record.own}
    for column in columns_to(_table(record)):
        table: Any = column.table
        known = then.get((table.name, column.name), [])
        seen = {tuple(sorted(key.items())) for key in known}
        names = ["id"] if "id" in table.c else [
            key.name for key in table.primary_key.columns if key is not column
        ]  # fmt: skip
        rows = db.session.execute(
            sa.select(*(table.c[name] for name in names)).where(column == record.kept_id)
        )
        keys = [dict(row._mapping) for row in rows]
        fresh = [key for key in keys if tuple(sorted(key.items())) not in seen]
        if fresh:
            yield {"table": table.name, "column": column.name, "keys": fresh}


def _remove_names(record: Merge) -> None:
    """The kept card no longer needs the other's names, unless someone changed them."""
    for said in record.names:
        change(
            sa.delete(OtherName).where(OtherName.id == said["id"], OtherName.name == said["name"])
        )


def _restore_facts(record: Merge, since_goes_to: str) -> None:
    """The kept card's facts as they were; those edited since go where they were said to go."""
    table = _table(record)
    row = db.session.execute(sa.select(table).where(table.c.id == record.kept_id)).one()
    today = jsonable(dict(row._mapping))
    back: dict[str, Any] = {}
    given: dict[str, Any] = {}
    for name, old in record.before.items():
        if today[name] != record.after[name]:
            if since_goes_to != ABSORBED:
                continue
            given[name] = row._mapping[name]
        back[name] = typed(table.c[name], old)
    for card_id, values in ((record.kept_id, back), (record.absorbed_id, given)):
        if values:
            change(sa.update(table).where(table.c.id == card_id).values(values))


def _point_back(record: Merge, rows: list[dict[str, Any]], *, if_free: bool = False) -> None:
    for said in rows:
        for key in said["keys"]:
            _point(said, key, record.kept_id, record.absorbed_id, if_free=if_free)


def _point(
    said: dict[str, Any], key: dict[str, Any], was: int, to: int, *, if_free: bool = False
) -> None:
    """Make this row point to the other card, if it still points to the first."""
    table = Base.metadata.tables[said["table"]]
    column = table.c[said["column"]]
    found = sa.and_(column == was, *(table.c[name] == value for name, value in key.items()))
    row = db.session.execute(sa.select(table).where(found)).one_or_none()
    if row is None or (if_free and _is_taken(column, row, to)):
        return
    change(sa.update(table).where(found).values({column.name: to}))


def _is_taken(column: sa.Column[Any], row: Any, to: int) -> bool:
    """Whether a rule of uniqueness forbids this row to point there."""
    for others in unique_sets(column):
        if others and all(other.name != "id" for other in others):
            same = [other == row._mapping[other.name] for other in others]
            if db.session.scalar(sa.select(sa.exists().where(column == to, *same))):
                return True
    return False


def _restore_dropped(record: Merge) -> None:
    """Write again the rows that were set aside, under their own number if it is still free."""
    for said in record.dropped:
        table = Base.metadata.tables[said["table"]]
        row = {name: typed(table.c[name], value) for name, value in said["row"].items()}
        key = list(table.primary_key.columns)
        same = sa.and_(*(column == row[column.name] for column in key))
        if db.session.scalar(sa.select(sa.exists().where(same))):
            if "id" not in row:
                continue
            del row["id"]
        db.session.execute(sa.insert(table).values(row))


def _table(record: Merge) -> Any:
    return MODELS[record.kind].__table__
