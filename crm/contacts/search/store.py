"""Store: writes documents into the search tables, in the transaction of whoever asks."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from crm.contacts.search import tables
from crm.contacts.search.documents import Document
from crm.contacts.search.spelling import keys_of
from crm.db import db

SHORT = 5  # letters up to which the beginnings of a word are indexed (on SQLite, by FTS5)
_BATCH = 1000
_COLUMNS = ["id", *(column.name for column in tables.documents.c if column.name != "id")]
_VECTORS = ("names_vector", "words_vector")


def is_sqlite() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"


def word_form(word: str) -> str:
    """How the database is asked for a word. Words are letters and digits only."""
    return f'"{word}"' if is_sqlite() else f"'{word}'"


def beginning_form(start: str) -> str:
    """How the database is asked for the words that begin so."""
    if is_sqlite():
        return f'"{start}"*'
    return f"'{start}'" if len(start) <= SHORT else f"'{start}':*"


def hold(keys: Sequence[int]) -> None:
    """Let nobody else write what is known of these contacts until the transaction ends: whoever
    reads a card after this reads what others have just made of it. SQLite has one writer anyway."""
    if not is_sqlite():
        its = tables.documents.c.id
        _execute(sa.select(its).where(its.in_(keys)).order_by(its).with_for_update())


def is_empty() -> bool:
    """Whether nothing can be found."""
    return not db.session.scalar(sa.select(sa.exists().select_from(tables.documents)))


def put(documents: Sequence[Document]) -> None:
    """Write these documents, in place of what was known of the same contacts."""
    keys = [document.key for document in documents]
    if is_sqlite():
        _forget_words(keys)
    _put_documents(documents)
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
        command("delete-all")
        for table in tables.TABLES:
            _execute(sa.delete(table))
    else:
        names = ", ".join(table.name for table in tables.TABLES)
        _execute(sa.text(f"TRUNCATE {names}"))


def batches(things: Sequence[Any], size: int = _BATCH) -> Iterator[Sequence[Any]]:
    return (things[start : start + size] for start in range(0, len(things), size))


def command(name: str) -> None:
    """Tell both FTS5 tables to do something with themselves."""
    _execute(sa.text("INSERT INTO search_names (search_names) VALUES (:name)"), {"name": name})
    _execute(sa.text("INSERT INTO search_words (search_words) VALUES (:name)"), {"name": name})


def columns() -> list[str]:
    """The columns of a document, in the order of `row`."""
    return _COLUMNS if is_sqlite() else [*_COLUMNS, *_VECTORS]


def row(document: Document, *, vectors: bool) -> list[Any]:
    """The values of a document, with what PostgreSQL matches when `vectors`."""
    values = [document.key, *(getattr(document, column) for column in _COLUMNS[1:])]
    if vectors:
        values += [_lexemes(document.names), _lexemes(f"{document.names} {document.words}")]
    return values


def _put_documents(documents: Sequence[Document]) -> None:
    names, vectors = columns(), not is_sqlite()
    values = ", ".join(
        f"CAST(:{name} AS tsvector)" if name in _VECTORS else f":{name}" for name in names
    )
    changed = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
    statement = (
        f"INSERT INTO search_documents ({', '.join(names)}) VALUES ({values})"  # noqa: S608
        f" ON CONFLICT (id) DO UPDATE SET {changed}"
    )
    rows = [dict(zip(names, row(document, vectors=vectors), strict=True)) for document in documents]
    if rows:
        _execute(sa.text(statement), rows)


def _lexemes(text: str) -> str:
    """The words, and the first letters of each: a short beginning is then looked up as a word."""
    words = words_in(text)
    starts = {word[:size] for word in words for size in range(1, SHORT + 1)}
    return " ".join(words | starts)


def words_in(text: str) -> set[str]:
    """The words of a document's names or of what else it says."""
    return set(text.replace("|", " ").split())


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
