"""Matching: which documents hold the words that someone typed, exactly or nearly."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import Any

import sqlalchemy as sa

from crm.contacts.search.spelling import corrections
from crm.contacts.search.store import SHORT, beginning_form, is_sqlite, word_form
from crm.contacts.search.tables import documents, titles, vocabulary
from crm.contacts.search.words import canonical, typed_words
from crm.db import db

_FEW = 30  # words that are looked for in place of their beginning
_COLUMNS = "d.id, d.title, d.detail, d.names, d.words, d.mails, d.archived"
_WHERE = {  # by (is SQLite, in names only)
    (True, False): "d.id IN (SELECT rowid FROM search_words WHERE search_words MATCH :words"
    " LIMIT :most)",
    (True, True): "d.id IN (SELECT rowid FROM search_names WHERE search_names MATCH :words"
    " LIMIT :most)",
    (False, False): "d.words_vector @@ CAST(:words AS tsquery) LIMIT :most",
    (False, True): "d.names_vector @@ CAST(:words AS tsquery) LIMIT :most",
}


_HOLDING = {  # key, table and test, by is SQLite
    True: ("rowid", "search_words", "search_words MATCH :words"),
    False: ("id", "search_documents", "words_vector @@ CAST(:words AS tsquery)"),
}
_FEW_KEYS = 1000  # keys that a statement may name


@dataclass(frozen=True)
class Slot:
    """One typed word, and the words it may have been meant for with their distance."""

    word: str
    others: tuple[tuple[str, int], ...] = ()
    longer: tuple[str, ...] = ()  # the words that begin so, when they are known and few

    def forms(self) -> list[str]:
        """How the database is asked for it: any of these will do."""
        meant = [word_form(word) for word in self.longer] or [beginning_form(self.word)]
        return [*meant, *(word_form(word) for word, _ in self.others)]

    def corrected(self) -> "Slot":
        return replace(self, others=tuple(corrections(self.word)))


Slots = tuple[Slot, ...]


@dataclass(frozen=True)
class Attempt:
    """One reading of what was typed: every slot of one of its `sets` has to be found."""

    slots: Slots  # what the ranking compares
    sets: tuple[Slots, ...]
    is_last_resort: bool = False

    def expression(self) -> str:
        """What the database's full-text search understands. Words are letters and digits only."""
        return any_of(all_of(slots) for slots in self.sets)


def slots_of(text: str) -> Slots:
    words = typed_words(text)
    longer = _longer([word for word in words if len(word) > SHORT])
    return tuple(Slot(word, longer=longer.get(word, ())) for word in words)


def as_typed(slots: Slots) -> Attempt:
    return Attempt(slots, (slots,))


def attempts(slots: Slots) -> Iterator[Attempt]:
    """The readings of what was typed, the most faithful first."""
    yield as_typed(slots)
    joined = _joined(slots)
    if joined.sets:
        yield joined
    mended = tuple(slot.corrected() for slot in slots)
    if any(slot.others for slot in mended):
        yield as_typed(mended)
    if len(slots) > 1:  # one word too many, or one that nothing explains
        yield Attempt(mended, tuple(combinations(mended, len(mended) - 1)), is_last_resort=True)


def _joined(slots: Slots) -> Attempt:
    """« micro don » for MicroDON: two words that follow each other are one that is known."""
    pairs = list(enumerate(one.word + two.word for one, two in pairwise(slots)))
    known = _longer([word for _, word in pairs])
    compared, sets = list(slots), []
    for place, joined in pairs:
        if joined not in known:
            continue
        whole = Slot(joined, longer=known[joined])
        sets.append((*slots[:place], whole, *slots[place + 2 :]))
        for number in (place, place + 1):
            slot = compared[number]
            compared[number] = replace(slot, others=(*slot.others, (joined, 0)))
    return Attempt(tuple(compared), tuple(sets))


def named(*texts: str) -> Sequence[Any]:
    """The documents of contacts that are called so, whatever the order of the words."""
    whole = {canonical(text)[:200] for text in texts}
    ids = sa.select(titles.c.document_id).where(titles.c.title.in_(whole)).limit(50)
    return db.session.execute(_documents().where(documents.c.id.in_(ids))).all()


def holding(expression: str, most: int, *, in_names: bool = False) -> list[Any]:
    """Some documents, at most `most`, that the expression matches: any of them, unranked."""
    return _run(_WHERE[is_sqlite(), in_names], expression, most)


def keys_holding(expression: str, among: Sequence[int] | None = None) -> list[int]:
    """Every document that the expression matches; when `among` is small, only those of them.

    They may be many: they come as one text, which is five times faster than rows.
    """
    if among is not None and not among:
        return []
    key, table, test = _HOLDING[is_sqlite()]
    joined = f"group_concat({key})" if is_sqlite() else f"string_agg({key}::text, ',')"
    statement = sa.text(f"SELECT {joined} FROM {table} WHERE {test}")  # noqa: S608
    values: dict[str, Any] = {"words": expression}
    if among is not None and len(among) <= _FEW_KEYS:
        statement = sa.text(f"{statement.text} AND {key} IN :among")
        statement = statement.bindparams(sa.bindparam("among", expanding=True))
        values["among"] = list(among)
    keys = db.session.scalar(statement, values)
    return [int(found) for found in keys.split(",")] if keys else []


def by_keys(keys: Sequence[int]) -> Sequence[Any]:
    """The documents with these keys."""
    return db.session.execute(_documents().where(documents.c.id.in_(keys))).all()


def condition(attempt: Attempt) -> sa.ColumnElement[bool]:
    """The same as `keys_holding`, as a condition on the table of documents."""
    if is_sqlite():
        found = sa.text("SELECT rowid FROM search_words WHERE search_words MATCH :words")
        bound = found.bindparams(words=attempt.expression()).columns(sa.column("rowid", sa.Integer))
        return documents.c.id.in_(bound)
    test = sa.text("search_documents.words_vector @@ CAST(:words AS tsquery)")
    return test.bindparams(words=attempt.expression())  # type: ignore[return-value]


def best_attempt(text: str) -> Attempt | None:
    """The most faithful reading that finds someone; none when nothing was typed."""
    slots = slots_of(text)
    last = None
    with careful():
        for last in attempts(slots) if slots else ():
            if holding(last.expression(), 1):
                break
    return last


def _documents() -> sa.Select[Any]:
    its = documents.c
    return sa.select(its.id, its.title, its.detail, its.names, its.words, its.mails, its.archived)


@contextmanager
def careful() -> Iterator[None]:
    """A stretch of `holding`: PostgreSQL may not read the whole table there.

    With a LIMIT its planner hopes to meet matches soon by doing so, and sometimes there are none.
    """
    if is_sqlite():
        yield
        return
    choose = sa.text("SELECT set_config('enable_seqscan', :value, true)")
    db.session.execute(choose, {"value": "off"})
    yield
    db.session.execute(choose, {"value": "on"})


def _run(where: str, expression: str, most: int) -> list[Any]:
    # Only our own words are in the statement; what was typed is bound.
    statement = f"SELECT {_COLUMNS} FROM search_documents d WHERE {where}"  # noqa: S608
    return list(db.session.execute(sa.text(statement), {"words": expression, "most": most}))


def all_of(slots: Slots) -> str:
    return (" AND " if is_sqlite() else " & ").join(any_of(slot.forms()) for slot in slots)


def any_of(forms: Iterable[str]) -> str:
    return "(" + (" OR " if is_sqlite() else " | ").join(forms) + ")"


def _longer(starts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The words of the index that begin so: both databases find words faster than beginnings.

    An empty tuple when there are too many; nothing for a beginning that no known word has.
    """
    column = vocabulary.c.word
    parts = []
    for start in dict.fromkeys(starts):
        begins = column.between(start, start + "\U0010ffff")
        some = sa.select(column).where(begins).distinct().limit(_FEW + 1).subquery()
        parts.append(sa.select(sa.literal(start), some.c.word))
    found: defaultdict[str, list[str]] = defaultdict(list)
    for start, word in db.session.execute(sa.union_all(*parts)) if parts else ():
        found[start].append(word)
    return {start: tuple(words) if len(words) <= _FEW else () for start, words in found.items()}
