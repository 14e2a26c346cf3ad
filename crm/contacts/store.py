"""Store: writes documents into the search tables, in the transaction of whoever asks."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from crm.contacts import tables
from crm.contacts.documents import Document
from crm.contacts.spelling import keys_of
from crm.db import db

SHORT = 3  # letters up to which the beginnings of a word are words of their own, on PostgreSQL
_BATCH = 1000
_COLUMNS = [field.name for field in fields(Document) if field.name in tables.documents.c]
_INDEXES = {
    "search_documents_names": "search_documents USING gin (names_vector)",
    "search_documents_words": "search_documents USING gin (words_vector)",
    "search_documents_sort_name": "search_documents (sort_name, id)",
}


def is_sqlite() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"


def put(documents: Sequence[Document]) -> None:
    """Write these documents, in place of what was known of the same contacts."""
    keys = [document.key for document in documents]
    if is_sqlite():
        _forget_words(keys)
    _insert_documents(documents, replace=True)
    if is_sqlite():
        _index_words(documents)
    _execute(sa.delete(tables.titles).where(tables.titles.c.document_id.in_(keys)))
    _insert_titles(documents)
    learn({word for document in documents for word in document.spellings})
    mark(keys)


def remove(keys: Sequence[int]) -> None:
    """Forget these contacts."""
    if is_sqlite():
        _forget_words(keys)
    _execute(sa.delete(tables.documents).where(tables.documents.c.id.in_(keys)))
    _execute(sa.delete(tables.titles).where(tables.titles.c.document_id.in_(keys)))
    mark(keys)


def mark(keys: Iterable[int]) -> None:
    """Say that the bitmaps no longer hold for these contacts."""
    rows = [{"document_id": key} for key in keys]
    if rows:
        _execute(tables.changes.insert(), rows)


def learn(words: set[str]) -> None:
    """Let mistakes be corrected into these words."""
    column = tables.vocabulary.c.word
    for some in batches(sorted(words)):
        known = set(db.session.scalars(sa.select(column).where(column.in_(some))))
        _insert_words(sorted(set(some) - known))


def clear() -> None:
    """Empty the search."""
    filled = sa.or_(*(sa.exists().select_from(table) for table in tables.TABLES))
    if not db.session.scalar(sa.select(filled)):
        return
    if is_sqlite():
        _command("delete-all")
        for table in tables.TABLES:
            _execute(sa.delete(table))
    else:
        names = ", ".join(table.name for table in tables.TABLES)
        _execute(sa.text(f"TRUNCATE {names}"))


def fill(batches_of_documents: Iterable[list[Document]]) -> None:
    """Fill an empty search at once: the indexes are made when all is there."""
    words: set[str] = set()
    if not is_sqlite():
        for name in _INDEXES:
            _execute(sa.text(f"DROP INDEX {name}"))
    for documents in batches_of_documents:
        _insert_documents(documents, replace=False)
        _insert_titles(documents)
        words.update(word for document in documents for word in document.spellings)
    for some in batches(sorted(words)):
        _insert_words(some)
    _make_indexes()


def batches(things: Sequence[Any], size: int = _BATCH) -> Iterator[Sequence[Any]]:
    return (things[start : start + size] for start in range(0, len(things), size))


def _make_indexes() -> None:
    if is_sqlite():
        _command("rebuild")
        return
    for name, what in _INDEXES.items():
        _execute(sa.text(f"CREATE INDEX {name} ON {what}"))
    for table in tables.TABLES:
        _execute(sa.text(f"ANALYZE {table.name}"))


def _command(name: str) -> None:
    """Tell both FTS5 tables to do something with themselves."""
    _execute(sa.text("INSERT INTO search_names (search_names) VALUES (:name)"), {"name": name})
    _execute(sa.text("INSERT INTO search_words (search_words) VALUES (:name)"), {"name": name})


def _insert_documents(documents: Sequence[Document], *, replace: bool) -> None:
    if not documents:
        return
    rows = [_row(document) for document in documents]
    columns = ["id", *(column for column in _COLUMNS), *([] if is_sqlite() else _vectors(rows[0]))]
    values = ", ".join(
        f"CAST(:{column} AS tsvector)" if column.endswith("_vector") else f":{column}"
        for column in columns
    )
    changed = ", ".join(f"{column} = excluded.{column}" for column in columns[1:])
    statement = f"INSERT INTO search_documents ({', '.join(columns)}) VALUES ({values})"  # noqa: S608
    if replace:
        statement += f" ON CONFLICT (id) DO UPDATE SET {changed}"
    _execute(sa.text(statement), rows)


def _row(document: Document) -> dict[str, Any]:
    row = {column: getattr(document, column) for column in _COLUMNS} | {"id": document.key}
    if not is_sqlite():
        row["names_vector"] = _lexemes(document.names)
        row["words_vector"] = _lexemes(f"{document.names} {document.words}")
    return row


def _vectors(row: dict[str, Any]) -> list[str]:
    return [column for column in row if column.endswith("_vector")]


def _lexemes(text: str) -> str:
    """The words, and the first letters of each: a short beginning is then looked up as a word."""
    words = set(text.replace("|", " ").split())
    starts = {word[:size] for word in words for size in range(1, SHORT + 1)}
    return " ".join(words | starts)


def _index_words(documents: Sequence[Document]) -> None:
    rows = [{"key": d.key, "names": d.names, "words": d.words} for d in documents]
    if rows:
        _execute(sa.text("INSERT INTO search_names (rowid, names) VALUES (:key, :names)"), rows)
        _execute(
            sa.text("INSERT INTO search_words (rowid, names, words) VALUES (:key, :names, :words)"),
            rows,
        )


def _forget_words(keys: Sequence[int]) -> None:
    """FTS5 has to be told what it had indexed."""
    its = tables.documents.c
    found = db.session.execute(sa.select(its.id, its.names, its.words).where(its.id.in_(keys)))
    rows = [dict(row._mapping) for row in found]
    if rows:
        _execute(
            sa.text(
                "INSERT INTO search_names (search_names, rowid, names)"
                " VALUES ('delete', :id, :names)"
            ),
            rows,
        )
        _execute(
            sa.text(
                "INSERT INTO search_words (search_words, rowid, names, words)"
                " VALUES ('delete', :id, :names, :words)"
            ),
            rows,
        )


def _insert_titles(documents: Sequence[Document]) -> None:
    rows = [
        {"title": title, "document_id": document.key}
        for document in documents
        for title in sorted(document.titles)
    ]
    if rows:
        insert = (sqlite.insert if is_sqlite() else postgresql.insert)(tables.titles)
        _execute(insert.on_conflict_do_nothing(), rows)


def _insert_words(words: Sequence[str]) -> None:
    if words:
        _execute(tables.vocabulary.insert(), [{"word": word} for word in words])
        rows = [{"key": key, "word": word} for word in words for key in keys_of(word)]
        _execute(tables.spellings.insert(), rows)


def _execute(statement: Any, rows: Any = None) -> None:
    db.session.execute(statement, rows)
