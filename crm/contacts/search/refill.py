"""Refill: writes a whole search at once, by the shortest way each database has."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from crm.contacts.search import store, tables
from crm.contacts.search.documents import Document
from crm.contacts.search.spelling import keys_of
from crm.db import db

# Made when everything is there: ten times faster than kept up row by row.
_INDEXES = {
    "search_documents_names": "search_documents USING gin (names_vector)",
    "search_documents_words": "search_documents USING gin (words_vector)",
    "search_documents_sort_name": "search_documents (sort_name, id)",
    "search_vocabulary_word": "search_vocabulary (word)",
    "search_spellings_key": "search_spellings (key)",
}
_STEP = 5000  # words written at once


def fill(parts: Iterable[list[Document]]) -> None:
    """Fill an empty search with these documents."""
    words: set[str] = set()
    dropped = list(_INDEXES)[-2:] if store.is_sqlite() else list(_INDEXES)
    for name in dropped:
        db.session.execute(sa.text(f"DROP INDEX {name}"))
    for documents in parts:
        _load_documents(documents)
        words.update(word for document in documents for word in document.spellings)
    for some in store.batches(sorted(words), _STEP):
        _load("search_vocabulary", ["word"], [(word,) for word in some])
        keyed = [(key, word) for word in some for key in keys_of(word)]
        _load("search_spellings", ["key", "word"], keyed)
    for name in dropped:
        db.session.execute(sa.text(f"CREATE INDEX {name} ON {_INDEXES[name]}"))
    _finish()


def _load_documents(documents: Sequence[Document]) -> None:
    vectors = not store.is_sqlite()
    rows = [store.row(document, vectors=vectors) for document in documents]
    _load("search_documents", store.columns(), rows)
    titles = [(title, document.key) for document in documents for title in document.titles]
    _load("search_titles", ["title", "document_id"], titles)


def _load(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    if not rows:
        return
    connection, names = db.session.connection(), ", ".join(columns)
    if store.is_sqlite():
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
        connection.exec_driver_sql(statement, [tuple(row) for row in rows])
        return
    raw = connection.connection.driver_connection
    assert raw is not None
    with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _finish() -> None:
    """Make SQLite's full-text tables, or tell PostgreSQL's planner what is there."""
    if store.is_sqlite():
        store.command("rebuild")
        return
    for table in tables.TABLES:
        db.session.execute(sa.text(f"ANALYZE {table.name}"))
