"""Forget: nothing of someone stays in the search, not even the words only they were found by."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from crm.contacts.kinds import ContactKind
from crm.contacts.search import store, tables
from crm.contacts.search.documents import key_of
from crm.db import db

_SHORT = 2  # letters of a word that is in too many others
_HOLDERS = {
    "sqlite": "SELECT 1 FROM search_words WHERE search_words MATCH :form LIMIT 1",
    "postgresql": "SELECT 1 FROM search_documents WHERE words_vector @@ CAST(:form AS tsquery)"
    " LIMIT 1",
}


def forget_people(ids: Sequence[int]) -> None:
    """Take these people out of the search, and the words nobody else has."""
    keys = [key_of(ContactKind.PERSON, one) for one in ids]
    its = tables.documents.c
    found = sa.select(its.names, its.words).where(its.id.in_(keys))
    words = {word for row in db.session.execute(found) for text in row
             for word in store.words_in(text)}  # fmt: skip
    store.remove(keys)
    unlearn(words)


def unlearn(words: Iterable[str]) -> None:
    """Correct nothing any more into these words (folded), unless some card still has them."""
    gone = [word for word in sorted(words) if word.isalnum() and not _is_held(word)]
    for table in (tables.vocabulary, tables.spellings):
        for some in store.batches(gone):
            db.session.execute(sa.delete(table).where(table.c.word.in_(some)))


def unlearn_around(words: Iterable[str]) -> None:
    """The same, for all the words made of these: « chloemartin » is one of the search’s own."""
    column = tables.vocabulary.c.word
    for word in words:
        if len(word) > _SHORT:
            unlearn(db.session.scalars(sa.select(column).where(column.contains(word))).all())


def settle() -> None:
    """On SQLite, write the full-text index again: what was taken out leaves its pages too."""
    if store.is_sqlite():
        store.command("optimize")


def _is_held(word: str) -> bool:
    holders = sa.text(_HOLDERS["sqlite" if store.is_sqlite() else "postgresql"])
    return db.session.execute(holders, {"form": store.word_form(word)}).first() is not None
