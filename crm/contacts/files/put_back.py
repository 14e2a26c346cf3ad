"""Put back: give cards what they said before an import, except where someone has worked since."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from crm.contacts.details import Detail
from crm.contacts.files.apply import jsonable
from crm.contacts.files.bulk import among, batches
from crm.contacts.files.cards import MODELS, TERMS
from crm.contacts.files.columns import COLUMNS
from crm.contacts.files.imports import ImportChange
from crm.contacts.journal import Entry
from crm.contacts.kinds import ContactKind
from crm.contacts.organisations import OtherName
from crm.contacts.people import Role
from crm.contacts.references import columns_to
from crm.db import change, db, now

# The tables an import adds rows to, the column that tells whether they were edited since, the one
# that says they are no longer in use, and how to say it.
_AROUND: dict[str, tuple[Any, Any, Any, str]] = {
    "other_names": (OtherName, OtherName.name, sa.null(), "un autre nom"),
    "details": (Detail, Detail.value, Detail.closed_at, "un courriel ou un téléphone"),
    "roles": (Role, Role.title, Role.ended_on, "une fonction"),
    "entries": (Entry, Entry.text, sa.null(), "le journal"),
}
# What else may point to a card that an import made, and how to say it.
_WORDS = {
    "other_names": "un autre nom a été ajouté",
    "details": "un courriel ou un téléphone a été ajouté",
    "roles": "une fonction y est attachée",
    "entries": "son journal a de nouvelles lignes",
    "organisation_terms": "des termes ont été ajoutés",
    "person_terms": "des termes ont été ajoutés",
    "organisation_links": "des liens avec d’autres structures ont été ajoutés",
    "organisations": "une autre structure y renvoie",
}


@dataclass(frozen=True)
class Left:
    """Something the undo did not touch, and why."""

    line: int  # of the file; 0 for a term
    title: str
    why: str

    @property
    def is_term(self) -> bool:
        return self.line == 0


@dataclass
class Undone:
    """What undoing an import did."""

    removed: int = 0  # cards that the import had made
    restored: int = 0  # cards put back as they were
    left: list[Left] = field(default_factory=list)
    done: int = 0  # changes that no longer wait


def put_back(kind: ContactKind, changes: Sequence[ImportChange]) -> Undone:
    """Put back what was done to these cards, all of one kind, as far as nobody has worked on them
    since. People go before organisations: the roles they leave hold the organisations that stay.

    The search is not told, and the changes themselves remain.
    """
    undone = Undone(done=len(changes))
    if changes:
        _Batch(kind, changes, undone).run()
    return undone


class _Batch:
    """Some cards of one kind, looked at and put back together."""

    def __init__(self, kind: ContactKind, changes: Sequence[ImportChange], undone: Undone) -> None:
        self.kind, self.changes, self.undone = kind, changes, undone
        self.table: Any = MODELS[kind].__table__
        self.links: Any = TERMS[kind]
        self.ids = [one.contact_id for one in changes]
        # Nobody adds anything to them until this is over: PostgreSQL has more than one writer.
        query = sa.select(self.table).where(among(self.table.c.id, self.ids))
        rows = db.session.execute(query.order_by(self.table.c.id).with_for_update(of=self.table))
        self.today = {row.id: jsonable(dict(row._mapping)) for row in rows}
        self.edited: defaultdict[int, list[str]] = defaultdict(list)
        self.around = {name: self._unedited(name) for name in _AROUND}

    def run(self) -> None:
        created = [one for one in self.changes if one.created]
        reasons = self._reasons_to_stay(created)
        gone = [one.contact_id for one in created if not reasons[one.contact_id]]
        for one in created:
            if reasons[one.contact_id]:
                self._leave(one, ", ".join(dict.fromkeys(reasons[one.contact_id])))
        if gone:
            change(sa.delete(self.table).where(among(self.table.c.id, gone)))
        self.undone.removed += len(gone)
        self._put_back([one for one in self.changes if not one.created])

    def _leave(self, one: ImportChange, why: str) -> None:
        row = self.today.get(one.contact_id, one.after)
        names = [row.get(name) or "" for name in ("name", "first_name", "last_name")]
        self.undone.left.append(Left(one.line, " ".join(filter(None, names)), why))

    def _unedited(self, name: str) -> set[int]:
        """The ids, among the rows added under this name, of those that nobody edited since."""
        model, text, over, words = _AROUND[name]
        owner = {
            int(one): (change.contact_id, said)
            for change in self.changes
            for one, said in change.added.get(name, {}).items()
        }
        found: set[int] = set()
        for some in batches(sorted(owner)):
            rows = sa.select(model.id, text, over).where(among(model.id, some))
            for one, said, is_over in db.session.execute(rows):
                if said == owner[one][1] and is_over is None:
                    found.add(one)
        for one in owner.keys() - found:
            self.edited[owner[one][0]].append(words)
        return found

    def _changed_fields(self, one: ImportChange) -> list[str]:
        row = self.today[one.contact_id]
        return [name for name, value in one.after.items() if row[name] != value]

    def _reasons_to_stay(self, created: Sequence[ImportChange]) -> defaultdict[int, list[str]]:
        """Why each of these cards cannot simply go."""
        reasons: defaultdict[int, list[str]] = defaultdict(list)
        for one in created:
            row = self.today.get(one.contact_id)
            if row is None:
                reasons[one.contact_id].append("la fiche n’existe plus")
            elif row["merged_into_id"]:
                reasons[one.contact_id].append("fusionnée depuis avec une autre fiche")
            elif fields := self._changed_fields(one):
                reasons[one.contact_id].append(f"modifiée depuis\u00a0: {self._labels(fields)}")
            elif row["updated_at"] != row["created_at"]:
                reasons[one.contact_id].append("modifiée depuis")
            if self.edited[one.contact_id]:
                words = ", ".join(dict.fromkeys(self.edited[one.contact_id]))
                reasons[one.contact_id].append(f"modifiée depuis\u00a0: {words}")
        for one_id, words in self._pointing([one.contact_id for one in created]):
            reasons[one_id].append(words)
        return reasons

    def _pointing(self, ids: Sequence[int]) -> Iterable[tuple[int, str]]:
        """What has come to point to these cards, other than what the import itself added."""
        terms = {
            (one.contact_id, term) for one in self.changes for term in one.added.get("terms", ())
        }
        merged = sa.select(self.table.c.merged_into_id).where(
            among(self.table.c.merged_into_id, ids)
        )
        for one in db.session.scalars(merged):
            yield one, "une autre fiche y a été fusionnée"
        for column in columns_to(self.table):
            table: Any = column.table
            others = [other for other in table.primary_key.columns if other is not column]
            key = others[0] if others else table.c.id
            own = self.around.get(table.name, set())
            for one, other in db.session.execute(sa.select(column, key).where(among(column, ids))):
                if other not in own and not (table is self.links and (one, other) in terms):
                    yield one, _WORDS.get(table.name, "d’autres données y sont rattachées")

    def _labels(self, names: Iterable[str]) -> str:
        keys = (f"{self.kind.value}.{name.removesuffix('_id')}" for name in names)
        return ", ".join(COLUMNS[key].label.lower() for key in keys)

    def _put_back(self, changes: Sequence[ImportChange]) -> None:
        """Give cards that were there before what they had, where nobody has changed it since."""
        open_ones = []
        for one in changes:
            row = self.today.get(one.contact_id)
            if row is None or row["merged_into_id"]:
                why = "fusionnée depuis avec une autre fiche" if row else "la fiche n’existe plus"
                self._leave(one, why)
                continue
            open_ones.append(one)
            left = self._changed_fields(one)
            fields = {name: old for name, old in one.before.items() if name not in left}
            if fields:
                change(
                    sa.update(self.table)
                    .where(self.table.c.id == one.contact_id)
                    .values(self._typed(fields) | {"updated_at": now()})
                )
            self.undone.restored += 1
            words = [self._labels(left)] if left else []
            words += dict.fromkeys(self.edited[one.contact_id])
            words += self._put_roles_back(one)
            if words:
                self._leave(one, f"modifié depuis, laissé tel quel\u00a0: {', '.join(words)}")
        self._take_away(open_ones)

    def _typed(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Plain data as the columns want it."""
        return {name: typed(self.table.c[name], value) for name, value in fields.items()}

    def _put_roles_back(self, one: ImportChange) -> list[str]:
        words = []
        for kept in one.added.get("changed_roles", ()):
            role = db.session.get(Role, kept["id"])
            now_is = role and jsonable({name: getattr(role, name) for name in kept["after"]})
            if role is None or now_is != kept["after"]:
                words.append("une fonction")
                continue
            for name, value in kept["before"].items():
                setattr(role, name, typed(Role.__table__.c[name], value))
        return words

    def _take_away(self, changes: Sequence[ImportChange]) -> None:
        """Remove what the import added to these cards and nobody edited."""
        ids = {one.contact_id for one in changes}
        for name, (model, *_) in _AROUND.items():
            gone = [
                int(key) for one in changes for key in one.added.get(name, {})
                if int(key) in self.around[name]
            ]  # fmt: skip
            for some in batches(gone):
                change(sa.delete(model).where(among(model.id, some)))
        table, owner = TERMS[self.kind], TERMS[self.kind].c[f"{self.kind.value}_id"]
        links = [
            {"card": one.contact_id, "term": term}
            for one in changes if one.contact_id in ids for term in one.added.get("terms", ())
        ]  # fmt: skip
        if links:
            query = sa.delete(table).where(
                owner == sa.bindparam("card"), table.c.term_id == sa.bindparam("term")
            )
            db.session.connection().execute(query, links)


def typed(column: Any, value: Any) -> Any:
    """Plain data as this column wants it."""
    kind = column.type.python_type if value is not None else None
    if isinstance(value, str) and kind is not None and hasattr(kind, "fromisoformat"):
        return kind.fromisoformat(value)
    if isinstance(column.type, sa.Enum) and column.type.enum_class and value is not None:
        return column.type.enum_class(value)
    return value
