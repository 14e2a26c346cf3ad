"""Results: who answers a search, how many, with which values, and in which order."""

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import islice
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from crm.contacts.kinds import ContactKind
from crm.contacts.search import bitmaps
from crm.contacts.search.bitmaps import Generation, World, as_set
from crm.contacts.search.criteria import PAGE, Search, Sort
from crm.contacts.search.documents import key_of
from crm.contacts.search.facets import FACETS, SINCE, Facet, Rows
from crm.contacts.search.matching import (
    Attempt,
    Slot,
    all_of,
    any_of,
    best_attempt,
    by_keys,
    condition,
    keys_holding,
)
from crm.contacts.search.suggest import MOST, Hit, hit_of, ranked, score_of, suggest_rows
from crm.contacts.search.tables import documents
from crm.db import db

_STEP = 1000


@dataclass(frozen=True)
class Value:
    """One value of a facet, with the number of cards one would see by choosing it."""

    code: str
    label: str
    count: int
    is_chosen: bool


W = TypeVar("W", bound=World)


@dataclass(frozen=True)
class Side(Generic[W]):
    """A world, and for each condition of the search those of this world who meet it."""

    world: W
    conditions: dict[str, int]

    @cached_property
    def met(self) -> int:
        """Those who meet every condition."""
        return self._all(self.conditions)

    def met_without(self, name: str) -> int:
        """Those who meet every condition but one, which is being counted itself."""
        if name not in self.conditions:
            return self.met
        return self._all(other for other in self.conditions if other != name)

    def _all(self, names: Iterable[str]) -> int:
        return reduce(operator.and_, (self.conditions[name] for name in names), self.world.whole)


@dataclass(frozen=True)
class Found:
    """What a search found. Everything is counted when it is asked for."""

    search: Search
    attempt: Attempt | None
    base: Side[Generation]
    fresh: Side[World]

    @property
    def sides(self) -> tuple[Side[Any], Side[Any]]:
        return self.base, self.fresh

    def total(self) -> int:
        """How many cards."""
        return sum(side.met.bit_count() for side in self.sides)

    def facets(self) -> list[tuple[Facet, list[Value]]]:
        """Every facet with its values; choosing one of them gives exactly its count."""
        return [(facet, self._values(facet)) for facet in FACETS.values()]

    def by_department(self) -> dict[str, int]:
        """The number of cards of each department."""
        return {code: count for code, count in self._counts("departement", "").items() if count}

    def page(self) -> list[Hit]:
        """The cards of the page that is asked for."""
        start = (self.search.page - 1) * PAGE
        if self.attempt and self.search.sort is Sort.RELEVANCE:
            return self._most_relevant(start)
        return hits_of(self._sorted(start, PAGE, set()))

    def keys(self) -> list[int]:
        """The keys of every card, in no order."""
        return [key for side in self.sides for key in side.world.members(side.met)]

    def _values(self, facet: Facet) -> list[Value]:
        chosen = self.search.chosen.get(facet.code, ())
        counts = self._counts(facet.code, facet.code)
        shown = {value: count for value, count in counts.items() if count or value in chosen}
        labels = facet.labels(shown)
        return [Value(code, labels[code], shown[code], code in chosen) for code in labels]

    def _counts(self, code: str, without: str) -> dict[str, int]:
        prefix, counts = f"{code}:", dict[str, int]()
        for side in self.sides:
            met = side.met_without(without)
            for name, members in side.world.sets.items():
                if name.startswith(prefix):
                    value = name.removeprefix(prefix)
                    counts[value] = counts.get(value, 0) + (members & met).bit_count()
        return counts

    def _most_relevant(self, start: int) -> list[Hit]:
        """The best answers are ranked; the others follow by name."""
        assert self.attempt is not None
        total = self.total()
        rows = by_keys(self.keys() if total <= MOST else self._relevant_keys())
        scored = [(score_of(row, self.attempt.slots, self.search.words), row) for row in rows]
        best = ranked(scored)
        page = best[start : start + PAGE]
        if len(page) == PAGE or total <= len(best):
            return page
        taken = {row.id for row in rows}
        others = self._sorted(max(0, start - len(best)), PAGE - len(page), taken)
        return [*page, *hits_of(others)]

    def _relevant_keys(self) -> list[int]:
        return sorted({row.id for row in suggest_rows(self.search.words) if self._has(row.id)})

    def _has(self, key: int) -> bool:
        return any(side.world.places([key]) & side.met for side in self.sides)

    def _sorted(self, start: int, size: int, taken: set[int]) -> list[int]:
        """The keys from `start` on, in the order asked for, `taken` left out.

        Cards that changed since the bitmaps were made are few: they are merged into a stretch of
        the kept order that is longer by as many.
        """
        order = Sort.NAME if self.search.sort is Sort.RELEVANCE else self.search.sort
        changed = set(self.fresh.world.members(self.fresh.met)) - taken
        before = max(0, start - len(changed))
        met = self.base.met & ~as_set(taken)
        walked = self.base.world.walk(order.value, met)
        stretch = list(islice(walked, before, size + start))
        merged = _in_order([*stretch, *changed], order) if changed else stretch
        return merged[start - before : start - before + size]


def find(search: Search) -> Found:
    """Who answers this search, today, in this transaction."""
    generation, fresh = bitmaps.worlds()
    attempt = best_attempt(search.words)
    ids = {f"since:{code}": _keys_since(code, search) for code in search.since if code in SINCE}
    base = Side(generation, _conditions(search, generation, ids))
    apart = Side(fresh, _conditions(search, fresh, ids))
    if attempt is not None:
        base.conditions["words"] = _who_have(attempt, generation)
        changed = keys_holding(attempt.expression(), fresh.keys)
        apart.conditions["words"] = fresh.places(changed)
    return Found(search, attempt, base, apart)


def results(search: Search) -> Rows:
    """The keys of every card found, as a statement: for an export, a letter, a segment."""
    wanted: list[sa.ColumnElement[bool]] = []
    if not search.archived:
        wanted.append(documents.c.archived.is_(False))
    spaced = " " + documents.c.facets + " "
    for code, values in search.chosen.items():
        wanted.append(
            sa.or_(*(spaced.contains(f" {code}:{value} ", autoescape=True) for value in values))
        )
    for code, day in search.since.items():
        chosen = [SINCE[code].ids(kind, day).subquery() for kind in ContactKind]
        wanted.append(
            sa.or_(
                *(
                    documents.c.id.in_(sa.select(ids.c[0] * 2 + key_of(kind, 0)))
                    for kind, ids in zip(ContactKind, chosen, strict=True)
                )
            )
        )
    attempt = best_attempt(search.words)
    if attempt is not None:
        wanted.append(condition(attempt))
    return sa.select(documents.c.id).where(*wanted).order_by(*bitmaps.ORDERS["nom"])


def _keys_since(code: str, search: Search) -> list[int]:
    return [
        key_of(kind, contact_id)
        for kind in ContactKind
        for contact_id in db.session.scalars(SINCE[code].ids(kind, search.since[code]))
    ]


def _who_have(attempt: Attempt, generation: Generation) -> int:
    """Those who have the words: the database looks for the rare ones, bitmaps have the others."""
    rare = [slots for slots in attempt.sets if any(_is_rare(slot, generation) for slot in slots)]
    found = as_set(keys_holding(any_of(map(all_of, rare)))) if rare else 0
    for slots in attempt.sets:
        if slots not in rare:
            found |= reduce(operator.and_, (_who_have_slot(slot, generation) for slot in slots))
    return found


def _is_rare(slot: Slot, generation: Generation) -> bool:
    return not any(form in generation.forms for form in slot.forms())


def _who_have_slot(slot: Slot, generation: Generation) -> int:
    many = {form: generation.holds(form) for form in slot.forms()}
    few = [form for form, members in many.items() if members is None]
    found = as_set(keys_holding(any_of(few))) if few else 0
    return reduce(operator.or_, (members for members in many.values() if members), found)


def _conditions(search: Search, world: World, ids: dict[str, list[int]]) -> dict[str, int]:
    """For each condition of the search, those of this world who meet it."""
    sets = {
        code: reduce(operator.or_, (world.sets.get(f"{code}:{value}", 0) for value in values), 0)
        for code, values in search.chosen.items()
    }
    if not search.archived:
        sets["archived"] = world.whole & ~world.sets.get("archived", 0)
    return {**sets, **{name: world.places(keys) for name, keys in ids.items()}}


def _in_order(keys: Sequence[int], order: Sort) -> list[int]:
    found = [row for some in _some(keys) for row in _sortable(some)]
    return [row.id for row in sorted(found, key=_SORT_KEYS[order])]


_SORT_KEYS: dict[Sort, Any] = {
    Sort.NAME: lambda row: (row.sort_name, row.id),
    Sort.COMMUNE: lambda row: (row.sort_commune, row.sort_name, row.id),
    Sort.UPDATED: lambda row: (-row.updated, -row.id),
}


def _sortable(keys: Sequence[int]) -> Iterable[Any]:
    its = documents.c
    columns = sa.select(its.id, its.sort_name, its.sort_commune, its.updated)
    return db.session.execute(columns.where(its.id.in_(keys)))


def _some(keys: Sequence[int]) -> Iterable[Sequence[int]]:
    return (keys[start : start + _STEP] for start in range(0, len(keys), _STEP))


def hits_of(keys: Sequence[int]) -> list[Hit]:
    """The cards of these documents, in the same order."""
    rows = {row.id: row for row in by_keys(keys)}
    return [hit_of(rows[key], 0.0) for key in keys if key in rows]
