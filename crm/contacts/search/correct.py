"""Correct: compares what the search knows with the cards, and puts right what differs.

Nobody waits while it compares; what differs is written a few cards at a time, so that others write
in between. It believes the indexes of the database: when these are damaged, `reindex_all`.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import sqlalchemy as sa

from crm.contacts.kinds import ContactKind
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.search import bitmaps, store, tables
from crm.contacts.search.documents import contact_of, documents, key_of
from crm.contacts.search.index import Progress, index_only, reindex_all
from crm.db import db, give_way, reading

_STEP = 2000  # cards compared at once
_AT_ONCE = 100  # cards written at once: a tenth of a second
_WORDS = 1000  # words learnt at once

Span = tuple[ContactKind, int, int, int]  # the first and the last identifier; how many


@dataclass
class Difference:
    """What the search does not know as the cards say it."""

    total: int = 0  # cards that can be found
    read: int = 0  # cards compared, with those only the search knew of
    ids: dict[ContactKind, list[int]] = field(default_factory=lambda: defaultdict(list))
    words: set[str] = field(default_factory=set)

    @property
    def count(self) -> int:
        return sum(map(len, self.ids.values()))


def correct(progress: Progress | None = None) -> Difference:
    """Put right what the search knows, and return what was not. Commits as it goes: others write
    in between. An empty search is made at once."""
    progress = progress or (lambda done, total: None)
    db.session.commit()
    if store.is_empty():
        total = reindex_all(progress)
        db.session.commit()
        return Difference(total)
    with reading():
        found = _compare(progress)
        db.session.rollback()
    _write(found, progress)
    if found.count:
        with reading():
            counted = bitmaps.count()
            db.session.rollback()
        bitmaps.keep(counted)
        db.session.commit()
    return found


def _compare(progress: Progress) -> Difference:
    """Read every card, and what the search knows of it."""
    db.session.rollback()
    found, spans = Difference(), list(_spans())
    count = sum(span[-1] for span in spans)
    for span in spans:
        _compare_some(span, found)
        db.session.rollback()
        progress(found.read, count)
    found.words -= set(db.session.scalars(sa.select(tables.vocabulary.c.word)))
    return found


def _spans() -> Iterator[Span]:
    """The cards there are, and those only the search knows of, a few thousand at a time."""
    known = [contact_of(key) for key in db.session.scalars(sa.select(tables.documents.c.id))]
    for kind, model in ((ContactKind.ORGANISATION, Organisation), (ContactKind.PERSON, Person)):
        ids = set(db.session.scalars(sa.select(model.id)))
        ids.update(one for of, one in known if of is kind)
        for some in store.batches(sorted(ids), _STEP):
            yield kind, some[0], some[-1], len(some)


def _compare_some(span: Span, found: Difference) -> None:
    kind, first, last, count = span
    known = _known(kind, first, last)
    cards = documents(kind, lambda column: column.between(first, last))
    for card in cards:
        found.words |= card.spellings
        said = (tuple(store.row(card, vectors=False)), card.titles)
        if known.pop(card.key, None) != said:
            found.ids[kind].append(contact_of(card.key)[1])
    found.ids[kind] += [one for _, one in map(contact_of, known)]  # no such card
    found.total += len(cards)
    found.read += count


def _known(
    kind: ContactKind, first: int, last: int
) -> dict[int, tuple[tuple[object, ...], frozenset[str]]]:
    """What the search has of each of these contacts: its document and its titles."""
    within, titles = (key_of(kind, first), key_of(kind, last)), defaultdict(set)
    its = tables.titles.c
    rows = sa.select(its.document_id, its.title).where(its.document_id.between(*within))
    for key, title in db.session.execute(rows):
        titles[key].add(title)
    its = tables.documents.c
    query = sa.select(tables.documents).where(its.id.between(*within))
    return {
        row.id: (tuple(row), frozenset(titles[row.id]))
        for row in db.session.execute(query)
        if contact_of(row.id)[0] is kind
    }


def _write(found: Difference, progress: Progress) -> None:
    done = found.read
    for kind, ids in found.ids.items():
        for some in store.batches(sorted(ids), _AT_ONCE):
            index_only(kind, some)
            done += len(some)
            give_way()
            progress(done, found.read + found.count)
    for words in store.batches(sorted(found.words), _WORDS):
        store.learn(set(words))
        give_way()
