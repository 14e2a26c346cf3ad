"""Spreadsheets: reading what Excel and others wrote, or saying in one sentence what is wrong.

Whatever the file, the result is the same: headings, and rows of texts with their line numbers.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from crm.contacts.files.workbooks import TableError, read_workbook
from crm.contacts.fold import fold
from crm.filters import plural

__all__ = ["Table", "TableError", "read_table"]

MAX_COLUMNS = 150
MAX_ROWS = 200_000
MAX_HEADING = 200  # characters

_DELIMITERS = ";\t,|"
_TITLE_LINES = 10  # a title may stand above the headings, never lower than this
# How files that are no table begin.
_OTHERS = {
    b"%PDF": "un PDF",
    b"\x89PNG": "une image",
    b"\xff\xd8\xff": "une image",
    b"GIF8": "une image",
    b"\xd0\xcf\x11\xe0": "un ancien fichier Excel ou Word",
    b"{\\rtf": "un texte mis en forme",
    b"<": "une page web ou du XML",
    b"{": "du JSON",
    b"[{": "du JSON",
    b"BEGIN:": "un agenda ou une carte de visite",
}
_ADVICE = "Enregistrez votre tableau en .xlsx ou en .csv, puis recommencez."

Rows = list[tuple[int, list[str]]]
Lines = Iterator[tuple[int, list[str]]]


@dataclass(frozen=True)
class Table:
    """What a file says: its headings, and its rows with the line each begins on."""

    headings: list[str]
    rows: Rows
    sheet: str = ""
    other_sheets: tuple[str, ...] = ()


def read_table(content: bytes) -> Table:
    """The table in this file, recognised by what it holds rather than by its name.

    Raises TableError, in French and with line numbers, when it cannot be read without guessing.
    """
    if not content.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise TableError("Ce fichier est vide.")
    if content.startswith(b"PK\x03\x04"):
        book = read_workbook(content, MAX_ROWS, MAX_COLUMNS)
        headings, rows = _checked(iter(book.lines))
        return Table(headings, rows, book.name, book.others)
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    for beginning, name in _OTHERS.items():
        if start.startswith(beginning):
            raise TableError(f"Ce fichier n’est pas un tableau\u00a0: c’est {name}. {_ADVICE}")
    return Table(*_checked(_csv_lines(_decoded(content))))


def _decoded(content: bytes) -> str:
    """The text: UTF-8, UTF-16 with its mark, or the Windows-1252 of Excel."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            text = content.decode("utf-16")
        except UnicodeDecodeError as error:
            raise TableError("Ce fichier en UTF-16 est abîmé ou coupé.") from error
    else:
        text = _decoded_bytes(content)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise TableError(
            f"Ligne {line}\u00a0: un caractère nul. Ce fichier n’est pas un tableau. {_ADVICE}"
        )
    return text


def _decoded_bytes(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        _refuse_two_encodings(content)
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise TableError(
            f"Ligne {line}\u00a0: un caractère qui n’existe ni en UTF-8 ni en Windows-1252. "
            "Enregistrez le fichier en «\u00a0CSV UTF-8\u00a0»."
        ) from error


def _refuse_two_encodings(content: bytes) -> None:
    """Lines in UTF-8 beside lines that are not: decoding either way would spoil names."""
    first: dict[bool, int] = {}
    for line, text in enumerate(content.split(b"\n"), 1):
        if not text.isascii():
            first.setdefault(_is_utf8(text), line)
        if len(first) == 2:
            raise TableError(
                f"Deux encodages dans le même fichier\u00a0: UTF-8 à la ligne {first[True]}, autre "
                f"chose à la ligne {first[False]}. Enregistrez-le en «\u00a0CSV UTF-8\u00a0»."
            )


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _csv_lines(text: str) -> Lines:
    text, skipped, delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = skipped + 1
    try:
        for row in reader:
            yield start, row
            start = reader.line_num + skipped + 1
    except csv.Error as error:
        raise TableError(_csv_problem(str(error), start)) from error


def _csv_problem(words: str, line: int) -> str:
    if "unexpected end" in words:
        return f"Ligne {line}\u00a0: un guillemet s’ouvre et ne se referme pas."
    if "field larger" in words:
        return f"Ligne {line} : une cellule trop longue, sans doute un guillemet jamais refermé."
    return f"Ligne {line} : des guillemets au milieu d’une cellule. Doublez-les ou retirez-les."


def _delimiter(text: str) -> tuple[str, int, str]:
    """The text without Excel's « sep=; » line, how many lines that was, and the delimiter."""
    first, _, rest = text.partition("\n")
    hint = first.strip("\r\n \"'").lower()
    if len(hint) == 5 and hint.startswith("sep=") and hint[4] in _DELIMITERS:
        return rest, 1, hint[4]
    sample = text[:20_000]
    return text, 0, max(_DELIMITERS, key=lambda character: _regularity(sample, character))


def _regularity(sample: str, delimiter: str) -> tuple[float, int]:
    """The share of the first lines that have the same number of cells, above one; that number."""
    counts: Counter[int] = Counter()
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    try:
        for _, row in zip(range(50), filter(None, reader), strict=False):
            counts[len(row)] += 1
    except csv.Error:
        return 0, 0
    several = [(lines, width) for width, lines in counts.items() if width > 1]
    lines, width = max(several, default=(0, 0))
    return round(lines / max(counts.total(), 1), 1), width


def _checked(lines: Lines) -> tuple[list[str], Rows]:
    """The headings and the rows, once sure that each cell stands under its heading."""
    filled = ((line, row) for line, row in lines if any(cell.strip() for cell in row))
    line, headings, rest = _headings(filled)
    _check_headings(line, headings)
    rows: Rows = []
    for number, row in rest:
        rows.append((number, _fitted(number, row, len(headings))))
        if len(rows) > MAX_ROWS:
            raise TableError(
                f"Ce fichier dépasse {plural(MAX_ROWS, 'ligne')} (ligne {number})\u00a0: "
                "importez-le en plusieurs fois."
            )
    if not rows:
        raise TableError(f"Il n’y a rien sous les titres de la ligne {line}.")
    return [heading or f"Colonne {rank}" for rank, heading in enumerate(headings, 1)], rows


def _headings(filled: Lines) -> tuple[int, list[str], Lines]:
    """The first line that has several cells, below a title if there is one, and what follows.

    In a list of one column no line has several: its first line is the heading.
    """
    above: Rows = []
    for line, row in filled:
        if sum(bool(cell.strip()) for cell in row) > 1 and len(above) < _TITLE_LINES:
            return line, _trimmed(row), filled
        above.append((line, row))
        if len(above) == _TITLE_LINES:
            break
    if not above:
        raise TableError("Ce fichier est vide.")
    return _from_the_first(chain(above, filled))


def _from_the_first(lines: Iterable[tuple[int, list[str]]]) -> tuple[int, list[str], Lines]:
    rest = iter(lines)
    line, row = next(rest)
    return line, _trimmed(row), rest


def _trimmed(row: list[str]) -> list[str]:
    cells = [" ".join(cell.split()) for cell in row]
    while not cells[-1]:
        cells.pop()
    return cells


def _check_headings(line: int, headings: list[str]) -> None:
    if len(headings) > MAX_COLUMNS:
        raise TableError(
            f"Ligne {line}\u00a0: {plural(len(headings), 'colonne')}, c’est trop "
            f"({MAX_COLUMNS} au plus). Ne gardez que celles à importer."
        )
    seen: dict[str, int] = {}
    for rank, heading in enumerate(headings, 1):
        if len(heading) > MAX_HEADING:
            raise TableError(
                f"Ligne {line} : ce ne sont pas des titres de colonnes. Ce fichier n’est pas un "
                "tableau."
            )
        first = seen.setdefault(fold(heading) or heading, rank)
        if heading and first != rank:
            raise TableError(
                f"Ligne {line} : les colonnes {first} et {rank} ont le même titre, « {heading} »."
            )


def _fitted(line: int, row: list[str], width: int) -> list[str]:
    """The row's cells, as many as there are headings; empty ones beyond are nothing."""
    if len(row) == width:
        return row
    if len(row) < width:
        raise TableError(
            f"Ligne {line}\u00a0: {plural(len(row), 'cellule')} pour {plural(width, 'titre')}. Une "
            "cellule contient-elle un retour à la ligne sans guillemets\u00a0?"
        )
    if any(cell.strip() for cell in row[width:]):
        raise TableError(
            f"Ligne {line}\u00a0: {plural(len(row), 'cellule')} pour {plural(width, 'titre')}. Un "
            "séparateur de trop, ou un guillemet oublié\u00a0?"
        )
    return row[:width]
