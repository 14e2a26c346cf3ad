"""Making a backup: the database at one instant, the files and the keys, in one archive."""

import hashlib
import json
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import sqlalchemy as sa

from crm.config import Settings
from crm.db import db, now
from crm.keeping import archive
from crm.keeping.archive import Manifest, Part, Writer
from crm.keeping.places import revision_of, snapshot
from crm.keeping.tables import Count, all_tables, columns_of, lines

Progress = Callable[[int, int], None]  # done, in all

# Beside the databases: what is worth nothing elsewhere. Mails written to `mail/` have left.
_NOT_KEPT = ("mail", "sauvegardes", "avant-restauration")
_NOT_KEPT_ENDINGS = (".log", ".pid", ".lock", ".part", ".tmp")
_BLOCK = 1 << 20


def make(settings: Settings, file: Path, progress: Progress | None = None) -> Manifest:
    """Save everything into `file` while people work; it appears whole, or not at all.

    Raises OSError when the disk refuses, tables.Uncopied when a table cannot be read.
    """
    with archive.writing(file) as writer, snapshot(db.engine) as connection:
        manifest = Manifest(
            made_at=now(),
            revision=revision_of(connection) or "",
            software=version("maillage"),
            database=connection.dialect.name,
        )
        _put_tables(writer, connection, manifest, progress or (lambda done, total: None))
        for path in kept_files(settings):
            _put_file(writer, path, path.relative_to(settings.instance).as_posix(), manifest)
        writer.put("keys.json", [json.dumps(settings.keys).encode()])
        writer.put("manifest.json", [manifest.as_json().encode()])
    return manifest


def _put_tables(
    writer: Writer, connection: sa.Connection, manifest: Manifest, progress: Progress
) -> None:
    tables = all_tables(connection)
    for done, table in enumerate(tables):
        progress(done, len(tables))
        count = Count()
        size = writer.put(f"tables/{table.name}.jsonl", lines(connection, table, count))
        columns = tuple(column.name for column in columns_of(table))
        manifest.tables[table.name] = Part(count.sha256, count.rows, size, columns=columns)
    progress(len(tables), len(tables))


def _put_file(writer: Writer, path: Path, name: str, manifest: Manifest) -> None:
    digest = hashlib.sha256()

    def blocks() -> Iterator[bytes]:
        with path.open("rb") as opened:
            while block := opened.read(_BLOCK):
                digest.update(block)
                yield block

    size = writer.put(f"files/{name}", blocks())
    manifest.files[name] = Part(digest.hexdigest(), 0, size, path.stat().st_mode & 0o777)


def kept_files(settings: Settings) -> list[Path]:
    """The files of the instance's folder that a backup holds: keys, and what people put there."""
    urls = settings.database_url, settings.queue_url
    databases = "crm.db", "queue.db", *filter(None, map(_path, urls))
    return sorted(
        path
        for path in settings.instance.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and path.relative_to(settings.instance).parts[0] not in _NOT_KEPT
        and not path.name.startswith((".", *databases))
        and not path.name.endswith(_NOT_KEPT_ENDINGS)
        and settings.backup_folder not in path.parents
    )


def _path(url: str) -> str:
    """The name of the file a SQLite URL speaks of; what SQLite puts beside it begins alike."""
    return Path(url.removeprefix("sqlite:///")).name if url.startswith("sqlite:///") else ""
