"""Dates as French texts write them: « 1er avril », « du 3 au 5 juin 2026 », « 31/01/2026 »."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_WEEKDAYS = {name[:3]: number for number, name in enumerate(
    ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
)}  # fmt: skip
_MONTHS = {
    "jan": 1, "fev": 2, "mars": 3, "avr": 4, "mai": 5, "juin": 6, "juil": 7, "aou": 8, "sep": 9,
    "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_MONTH = (
    r"(?:janvier|janv?|fevrier|fevr?|mars|avril|avr|mai|juin|juillet|juil|aout|septembre|sept?"
    r"|octobre|oct|novembre|nov|decembre|dec)(?![a-z])\.?"
)
_WEEKDAY = (
    r"(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lun|mar|mer|jeu|ven|sam|dim)"
    r"[.,]?\s+)"
)
_DAY = r"(?:1\s?er|[0-3]?\d)(?![\d])"
_YEAR = r"(?:,?\s+(?:20\d\d)(?!\d))"
_HOUR = r"(?:,?\s+(?:a|de)\s+\d{1,2}\s?(?:h|:)\s?(?:\d\d)?)"


def _in_figures(name: str) -> str:
    """« 31/01/2026 », « 31.1.26 »: the same sign twice."""
    return rf"(?P<{name}>\d{{1,2}}(?P<{name}s>[/.-])\d{{1,2}}(?P={name}s)(?:20\d\d|\d\d)(?!\d))"


_SPAN = re.compile(
    rf"""(?<![\d/.,-])(?:
      (?P<iso>20\d\d-[01]\d-[0-3]\d)(?!\d)
    | {_in_figures("f1")} (?:\s+au\s+|\s*-\s*) {_WEEKDAY}? {_in_figures("f2")}
    | (?P<g1>\d{{1,2}}/\d{{1,2}}) \s+(?:au|et)\s+ {_in_figures("g2")}
    | {_in_figures("f")}
    | (?P<short>[0-3]\d/[01]\d)(?![\d/])
    | (?P<w1>{_WEEKDAY})? (?P<d1>{_DAY}) (?:\s*,\s*{_DAY})*
      (?:\s+(?P<m1>{_MONTH}))? (?P<y1>{_YEAR})? {_HOUR}?
      (?P<join>\s+au\s+|\s+et\s+(?:le\s+)?|\s+jusqu'au\s+|(?<=\d)-(?=\d)|\s*-\s+(?=\D|\d+\s+[a-z]))
      (?P<w2>{_WEEKDAY})? (?P<d2>{_DAY}) \s*(?P<m2>{_MONTH}) (?P<y2>{_YEAR})?
    | (?P<w>{_WEEKDAY})? (?P<d>{_DAY}) \s*(?P<m>{_MONTH}) (?P<y>{_YEAR})?
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Span:
    """One or several days in a text: the first, the last, and where it is written."""

    first: date
    last: date
    begin: int
    end: int
    is_list: bool = False  # « le 3 et le 5 »: days apart, rather than from one to the other


def simplify(text: str) -> str:
    """`text` in lower case, without accents, with one kind of space, apostrophe and dash."""
    text = text.lower().replace("’", "'").replace("ʼ", "'").replace("œ", "oe")
    text = re.sub("[‐‑‒–—]", "-", text)
    letters = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", "".join(letters))


def spans(simple: str, near: date) -> list[Span]:
    """The days written in this simplified text. Where a year is missing, it is close to `near`."""
    return list(_spans(simple, near))


def _spans(simple: str, near: date) -> Iterator[Span]:
    for found in _SPAN.finditer(simple):
        days = _days(found.groupdict(), near)
        if days is not None and days[0] <= days[1]:
            listed = (found["join"] or "").strip().startswith("et")
            yield Span(*days, found.start(), found.end(), is_list=listed)


def _days(part: dict[str, str | None], near: date) -> tuple[date, date] | None:
    if part["f1"] and part["f2"]:
        return _pair(_figures(part["f1"]), _figures(part["f2"]))
    if part["g1"] and part["g2"]:
        last = _figures(part["g2"])
        return _pair(last and _without_year(part["g1"], last), last)
    if part["d1"] and part["d2"] and part["m2"]:
        return _range(part, near)
    single = _single(part, near)
    return _pair(single, single)


def _pair(first: date | None, last: date | None) -> tuple[date, date] | None:
    return None if first is None or last is None else (first, last)


def _single(part: dict[str, str | None], near: date) -> date | None:
    if part["iso"]:
        return _date(*(int(figure) for figure in part["iso"].split("-")))
    if part["f"]:
        return _figures(part["f"])
    if part["short"]:
        day, month = (int(figure) for figure in part["short"].split("/"))
        return _closest(day, month, None, near)
    return _written(part["w"], part["d"] or "", part["m"] or "", part["y"], near)


def _range(part: dict[str, str | None], near: date) -> tuple[date, date] | None:
    last = _written(part["w2"], part["d2"] or "", part["m2"] or "", part["y2"], near)
    if last is None:
        return None
    if not part["m1"] and (part["join"] or "").strip() == "-" != part["join"]:
        return _pair(last, last)  # « Atelier 2 - 14 mars »
    day, month = _number(part["d1"] or ""), _month(part["m1"] or part["m2"] or "")
    year = _number(part["y1"]) if part["y1"] else last.year
    first = _date(year, month, day)
    if first is not None and first > last and not part["y1"]:
        first = _date(year - 1, month, day)
    return _pair(first, last)


def _written(
    weekday: str | None, day: str, month: str, year: str | None, near: date
) -> date | None:
    if year:
        return _date(_number(year), _month(month), _number(day))
    return _closest(_number(day), _month(month), weekday, near)


def _closest(day: int, month: int, weekday: str | None, near: date) -> date | None:
    """That day in the year meant by a text of the day `near`: a little before it, or after.

    The name of the day, when it is written, is a better witness.
    """
    years = (near.year, near.year + 1, near.year - 1)
    possible = [found for year in years if (found := _date(year, month, day)) is not None]
    if weekday:
        wanted = _WEEKDAYS[weekday[:3]]
        possible = [found for found in possible if found.weekday() == wanted] or possible
    window = (near - timedelta(days=30), near + timedelta(days=335))
    likely = [found for found in possible if window[0] <= found <= window[1]]
    return next(iter(likely or sorted(possible, key=lambda found: abs(found - near))), None)


def _figures(text: str) -> date | None:
    day, month, year = (int(figure) for figure in re.split(r"[/.-]", text))
    return _date(year if year > 99 else 2000 + year, month, day)


def _without_year(text: str, last: date) -> date | None:
    day, month = (int(figure) for figure in text.split("/"))
    first = _date(last.year, month, day)
    return _date(last.year - 1, month, day) if first is not None and first > last else first


def _number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def _month(text: str) -> int:
    return next(number for name, number in _MONTHS.items() if text.startswith(name))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if 1990 <= year < 2100 else None
    except ValueError:
        return None
