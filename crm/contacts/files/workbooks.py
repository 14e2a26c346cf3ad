"""Workbooks: the first sheet of an XLSX file, weighed before it is opened."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import python_calamine

from crm.filters import number

MAX_UNPACKED = 200 * 1024 * 1024  # bytes, all parts together
MAX_CELLS = 10_000_000  # the sheet is opened as a rectangle, empty cells included

_CHUNK = 1024 * 1024
_LONGEST_TAG = 300  # bytes: what may be cut between two chunks

# A cell that holds something, and where it stands: « <c r="AB12" … > », not « <c r="AB12"/> ».
_CELL = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\br=["']([A-Z]{1,3})([0-9]{1,7})["'][^<>]*(?<!/)>""")
_ANY_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")


class TableError(ValueError):
    """Why a file cannot be read as a table, in one French sentence; nothing was changed."""


@dataclass(frozen=True)
class Sheet:
    """The lines of the sheet that was read, and the names of those that were not."""

    name: str
    others: tuple[str, ...]
    lines: list[tuple[int, list[str]]]


def read_workbook(content: bytes, max_rows: int, max_columns: int) -> Sheet:
    """The first visible sheet that holds something, every cell as text.

    Raises TableError when the file is no workbook, is broken or protected, or would not fit in
    memory: an honest-looking file of a few kilobytes can claim gigabytes.
    """
    try:
        _weigh(content, max_rows, max_columns)
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        names = _visible(book)
        for name in names:
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            if rows:
                lines = [(line, [_text(cell) for cell in row]) for line, row in enumerate(rows, 1)]
                return Sheet(name, tuple(other for other in names if other != name), lines)
    except python_calamine.PasswordError as error:
        raise TableError("Ce classeur est protégé par un mot de passe : retirez-le.") from error
    except (zipfile.BadZipFile, zlib.error, python_calamine.CalamineError) as error:
        raise TableError("Ce classeur est abîmé, ou n’est pas un fichier .xlsx.") from error
    raise TableError("Ce classeur est vide.")


def _visible(book: python_calamine.CalamineWorkbook) -> list[str]:
    return [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible == python_calamine.SheetVisibleEnum.Visible
        and sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
    ]


def _text(cell: object) -> str:
    """A cell as it is read: 69.0 is « 69 », a date is « 2021-02-03 », true is « oui »."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "oui" if cell else "non"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else f"{cell!r}".replace(".", ",")
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _weigh(content: bytes, max_rows: int, max_columns: int) -> None:
    """Unpack every part piece by piece, keeping nothing, to know what it holds before opening."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise TableError("Ce fichier n’est pas un classeur .xlsx.")
    if sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise _too_heavy()
    total = 0
    for part in parts:
        pieces = _unpacked(content, part)
        if part.filename.startswith("xl/worksheets/"):
            pieces = _measured(pieces, max_rows, max_columns)
        for piece in pieces:
            total += len(piece)
            # The sizes above are what the file says of itself; these are what it does.
            if total > MAX_UNPACKED:
                raise _too_heavy()


def _too_heavy() -> TableError:
    size = number(MAX_UNPACKED // 1024**2)
    return TableError(f"Ce classeur pèse plus de {size} Mo une fois décompressé : il est refusé.")


def _unpacked(content: bytes, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """The part in pieces of at most `_CHUNK` bytes, whatever size it claims."""
    if part.flag_bits & 1:
        raise TableError("Ce classeur est protégé par un mot de passe\u00a0: retirez-le.")
    # The local header: 30 bytes, then a name and an extra field whose lengths it ends with.
    head = content[part.header_offset : part.header_offset + 30]
    start = part.header_offset + 30 + int.from_bytes(head[26:28], "little")
    start += int.from_bytes(head[28:30], "little")
    packed = content[start : start + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        yield packed
        return
    if part.compress_type != zipfile.ZIP_DEFLATED:
        raise zipfile.BadZipFile(part.filename)
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    while packed and not unpacker.eof:
        yield unpacker.decompress(packed, _CHUNK)
        packed = unpacker.unconsumed_tail


def _measured(pieces: Iterator[bytes], max_rows: int, max_columns: int) -> Iterator[bytes]:
    """The same pieces, once sure that the sheet they describe can be opened."""
    tail, cells, last_row, last_column = b"", 0, 0, 0
    for piece in pieces:
        text = tail + piece
        cells += len(_ANY_CELL.findall(text, len(tail) - 1 if tail else 0))
        for found in _CELL.finditer(text):
            last_column = max(last_column, _rank(found[1]))
            last_row = max(last_row, int(found[2]))
        if last_row > max_rows + 1:
            raise TableError(
                f"Cette feuille va jusqu’à la ligne {number(last_row)}\u00a0: "
                f"{number(max_rows)} lignes au plus, importez-la en plusieurs fois."
            )
        if last_column > max_columns:
            raise TableError(
                f"Cette feuille compte {number(last_column)} colonnes, c’est trop "
                f"({max_columns} au plus). Ne gardez que celles à importer."
            )
        if max(cells, last_row * last_column) > MAX_CELLS:
            raise TableError(
                f"Cette feuille compte plus de {number(MAX_CELLS)} cellules : ne gardez que les "
                "colonnes à importer."
            )
        tail = text[-_LONGEST_TAG:]
        yield piece


def _rank(letters: bytes) -> int:
    """The rank of a column: A is 1, Z 26, AA 27."""
    rank = 0
    for letter in letters:
        rank = rank * 26 + letter - 64
    return rank
