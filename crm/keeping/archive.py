"""Archive: the one file of a backup, a ZIP that says what it holds and lets it be checked."""

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

FORMAT = 1
_BLOCK = 1 << 20  # bytes read at once
_QUICK = 1  # deflate level: twice the size of the best, in a fifth of the time


class Damaged(Exception):
    """A file that is no backup, or no longer; the message says what is wrong, in French."""


@dataclass(frozen=True)
class Part:
    """A table or a file: how many rows, how many bytes, their SHA-256; the columns of a table."""

    sha256: str
    rows: int = 0
    size: int = 0
    mode: int = 0o600
    columns: tuple[str, ...] = ()


@dataclass
class Manifest:
    """What a backup says of itself."""

    made_at: datetime
    revision: str
    software: str
    database: str
    tables: dict[str, Part] = field(default_factory=dict)
    files: dict[str, Part] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.tables.values())

    def as_json(self) -> str:
        told = asdict(self) | {"made_at": self.made_at.isoformat()}
        return json.dumps(told, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: bytes) -> "Manifest":
        """Raises ValueError, KeyError or TypeError when it is not one."""
        told = json.loads(text)
        if told.pop("format") != FORMAT:
            raise ValueError("format")
        return cls(
            made_at=datetime.fromisoformat(told["made_at"]),
            revision=told["revision"],
            software=told["software"],
            database=told["database"],
            tables={name: _part(one) for name, one in told["tables"].items()},
            files={_safe(name): _part(one) for name, one in told["files"].items()},
        )


def _part(told: dict[str, object]) -> Part:
    columns = told.pop("columns")
    assert isinstance(columns, list)
    return Part(**told, columns=tuple(columns))  # type: ignore[arg-type]


def _safe(name: str) -> str:
    """A path that stays inside the folder it is read into. Raises ValueError."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or not path.name:
        raise ValueError(name)
    return str(path)


class Writer:
    """Writes an archive piece by piece; `file` appears whole, at the end, or not at all."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive

    def put(self, name: str, blocks: Iterable[bytes]) -> int:
        """Write a member; returns its size in bytes before compression."""
        size = 0
        with self.archive.open(name, "w", force_zip64=True) as member:
            for block in blocks:
                member.write(block)
                size += len(block)
        return size


@contextmanager
def writing(file: Path) -> Iterator[Writer]:
    """An archive for its owner's eyes only (0600), on the disk when the block ends."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "w+b") as raw:
            with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=_QUICK) as archive:
                yield Writer(archive)
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(file)
        _sync_folder(file.parent)
    finally:
        part.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """So that the new name, too, survives a power cut (fsync(2))."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


class Reader:
    """Reads an archive. Every method raises Damaged when something is not as it was written."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        try:
            self.manifest = Manifest.from_json(archive.read("manifest.json"))
        except _BROKEN as error:
            raise Damaged("son sommaire est illisible") from error

    def table(self, name: str) -> Iterator[bytes]:
        """The lines of a table, checked against the manifest when the last one is read."""
        part = self.manifest.tables[name]
        digest, rows = hashlib.sha256(), 0
        for line in self._lines(f"tables/{name}.jsonl"):
            digest.update(line)
            rows += 1
            yield line
        if (digest.hexdigest(), rows) != (part.sha256, part.rows):
            raise Damaged(f"la table {name} n’est pas celle qui a été sauvegardée")

    def file(self, name: str) -> Iterator[bytes]:
        """The content of a file, in blocks, checked at the end."""
        digest = hashlib.sha256()
        for block in self._blocks(f"files/{name}"):
            digest.update(block)
            yield block
        if digest.hexdigest() != self.manifest.files[name].sha256:
            raise Damaged(f"le fichier {name} n’est pas celui qui a été sauvegardé")

    def secrets(self) -> list[str]:
        """The secret that signed links and sessions, then the older ones."""
        try:
            found: list[str] = json.loads(self.archive.read("keys.json"))
        except _BROKEN as error:
            raise Damaged("ses clés sont illisibles") from error
        return found

    def check(self) -> None:
        """Read everything once."""
        for name in self.manifest.tables:
            for _ in self.table(name):
                pass
        for name in self.manifest.files:
            for _ in self.file(name):
                pass
        self.secrets()

    def _lines(self, member: str) -> Iterator[bytes]:
        try:
            with self.archive.open(member) as opened:
                yield from opened
        except _BROKEN as error:
            raise Damaged(f"{member} est abîmé") from error

    def _blocks(self, member: str) -> Iterator[bytes]:
        try:
            with self.archive.open(member) as opened:
                yield from iter(lambda: opened.read(_BLOCK), b"")
        except _BROKEN as error:
            raise Damaged(f"{member} est abîmé") from error


@contextmanager
def reading(file: Path) -> Iterator[Reader]:
    """Raises Damaged when it is not a backup, FileNotFoundError when there is none."""
    with file.open("rb") as raw, _opened(raw) as archive:
        yield Reader(archive)


def _opened(raw: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(raw)
    except _BROKEN as error:
        raise Damaged("ce fichier n’est pas une sauvegarde, ou il est incomplet") from error


# What zipfile, zlib and json raise on bytes that were changed.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, TypeError, AssertionError,
    NotImplementedError, RuntimeError, OverflowError, AttributeError,
)  # fmt: skip
