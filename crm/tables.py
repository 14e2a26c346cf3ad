"""Downloads: rows of text as a CSV or XLSX file that a French Excel opens well."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from crm.formulas import CELL_LIMIT, disarm

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


def write_xlsx(path: Path, headings: Row, rows: Iterable[Row], sheet: str = "Contacts") -> None:
    """An XLSX file, written row by row: its size does not weigh on memory."""
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet)
    page.freeze_panes = "A2"
    titles = [_cell(page, heading) for heading in headings]
    for title in titles:
        title.font = Font(bold=True)
    page.append(titles)
    for row in rows:
        page.append([_value(page, cell) for cell in row])
    book.save(path)


def _value(sheet: Any, cell: str | int | None) -> Any:
    """A number, nothing, or a text that stays one: « #N/A » would become an error."""
    if isinstance(cell, str) and cell.startswith("#"):
        return _cell(sheet, cell)
    return _text(cell) if isinstance(cell, str) else cell


def _cell(sheet: Any, text: str | int | None) -> Any:
    made = WriteOnlyCell(sheet, value=_text(str(text)))
    made.data_type = "s"
    return made


def _safe(cell: str | int | None) -> str | int:
    if isinstance(cell, int):
        return cell
    return disarm(_UNWRITABLE.sub("", cell or ""))


def _text(cell: str) -> str | None:
    """The text as XLSX keeps it: « _x0041_ » would be read as « A », so its first sign is spelt."""
    return _ESCAPED.sub("_x005F_", str(_safe(cell))[:CELL_LIMIT]) or None


def _emptied(kept: io.StringIO) -> bytes:
    written = kept.getvalue().encode()
    kept.seek(0)
    kept.truncate()
    return written
