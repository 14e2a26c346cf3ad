"""Downloads: rows of text as a CSV or XLSX file that a French Excel opens well."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from crm.contacts.formulas import CELL_LIMIT, disarm

_STEP = 500  # rows written at once

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")

Row = Sequence[str | int | None]


def csv_lines(headings: Row, rows: Iterable[Row]) -> Iterator[bytes]:
    """A CSV file piece by piece: UTF-8 with its mark, semicolons, CRLF (RFC 4180)."""
    kept = io.StringIO(newline="")
    writer = csv.writer(kept, delimiter=";")
    yield b"\xef\xbb\xbf"
    writer.writerow([_safe(cell) for cell in headings])
    for done, row in enumerate(rows, 1):
        writer.writerow([_safe(cell) for cell in row])
        if done % _STEP == 0:
            yield _emptied(kept)
    yield _emptied(kept)


def write_xlsx(path: Path, headings: Row, rows: Iterable[Row]) -> None:
    """An XLSX file, written row by row: its size does not weigh on memory."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Contacts")
    sheet.freeze_panes = "A2"
    titles = [WriteOnlyCell(sheet, value=_cell(heading)) for heading in headings]
    for title in titles:
        title.font = Font(bold=True)
    sheet.append(titles)
    for row in rows:
        sheet.append([_cell(cell) for cell in row])
    book.save(path)


def _safe(cell: str | int | None) -> str | int:
    if isinstance(cell, int):
        return cell
    return disarm(_UNWRITABLE.sub("", cell or ""))


def _cell(cell: str | int | None) -> str | int | None:
    """The cell as XLSX keeps it: « _x0041_ » would be read as « A », so its first sign is spelt."""
    if not isinstance(cell, str):
        return cell
    return _ESCAPED.sub("_x005F_", str(_safe(cell))[:CELL_LIMIT]) or None


def _emptied(kept: io.StringIO) -> bytes:
    written = kept.getvalue().encode()
    kept.seek(0)
    kept.truncate()
    return written
