"""Dates as people type them in a table: « 8 janvier 2021 », « 23 & 26 mars, 7 avril 2021 »."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from crm.filters import day

MOST = 100  # days of one event
_ISO = re.compile(r"\s*(\d{4})-(\d\d)-(\d\d)(?:[T ]00:00(?::00)?)?\s*")
_SLASHED = re.compile(r"\b(\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d\d)\b")
_TOKEN = re.compile(r"\d+|[a-z]+|[^\s\w.]")
_MONTHS = ("janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre",
           "octobre", "novembre", "decembre")  # fmt: skip
_WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_BETWEEN = {"et", "puis", "&", "+", ",", ";", "le", "les", "er", "du", "ainsi", "que"}
_UNTIL = {"au", "a", "jusqu", "-", "–", "—"}


class UnreadDate(ValueError):
    """Why these words are no date, in French."""


@dataclass
class _Part:
    """One day of the month, as far as it is known yet."""

    day: int
    month: int = 0
    year: int = 0
    weekday: str = ""
    ends_range: bool = False


def read_dates(text: str) -> list[date]:
    """The days that these words name, in order, each once. Raises UnreadDate.

    A month or a year is said once for all the days before it, as in « 1 & 2 avril 2021 ».
    """
    if not text.strip():
        raise UnreadDate("Il manque la date.")
    found = _iso(text) or _spoken(text)
    if not found:
        raise UnreadDate(f"«\u00a0{text.strip()}\u00a0»\u00a0: il manque le jour.")
    if len(found) > MOST:
        raise UnreadDate(f"«\u00a0{text.strip()}\u00a0» fait plus de {MOST} jours.")
    return sorted(set(found))


def say_dates(days: Iterable[date]) -> str:
    """« 8 janvier 2021 », « 23 & 26 mars, 7 avril 2021 »: read back, the same days."""
    by_month = [list(some) for _, some in groupby(sorted(days), lambda one: (one.year, one.month))]
    said = []
    for place, some in enumerate(by_month):
        is_last_of_year = place + 1 == len(by_month) or by_month[place + 1][0].year != some[0].year
        first, *rest = some[-1:] if len(some) == 1 else some
        form = "d MMMM y" if is_last_of_year else "d MMMM"
        if not rest:
            said.append(day(first, form))
            continue
        *between, last = rest
        said.append(", ".join(map(_number, [first, *between])) + f" & {day(last, form)}")
    return ", ".join(said)


def _number(one: date) -> str:
    return "1er" if one.day == 1 else str(one.day)


def _iso(text: str) -> list[date]:
    found = _ISO.fullmatch(text)
    return [_date(int(found[3]), int(found[2]), int(found[1]), text)] if found else []


def _spoken(text: str) -> list[date]:
    plain = _SLASHED.sub(_unslashed, text)
    letters = unicodedata.normalize("NFKD", plain.lower().replace("’", "'"))
    tokens = _TOKEN.findall("".join(one for one in letters if not unicodedata.combining(one)))
    parts = _parts(tokens, text)
    if any(not part.month for part in parts):
        raise UnreadDate(f"«\u00a0{text.strip()}\u00a0»\u00a0: il manque le mois.")
    if any(not part.year for part in parts):
        raise UnreadDate(f"«\u00a0{text.strip()}\u00a0»\u00a0: il manque l’année.")
    return _days(parts, text)


def _unslashed(found: re.Match[str]) -> str:
    """« 03/05/2021 » in words; « 05/21/2021 », which no French calendar has, stays as it is."""
    month, year = int(found[2]), int(found[3])
    if not 1 <= month <= 12:
        return found[0]
    return f" {found[1]} {_MONTHS[month - 1]} {year + 2000 if year < 100 else year} "


def _parts(tokens: list[str], text: str) -> list[_Part]:
    parts: list[_Part] = []
    weekday, is_range = "", False
    for token in tokens:
        month = _month(token)
        if token.isdigit() and len(token) == 4:
            _complete(parts, "year", int(token))
        elif token.isdigit() and len(token) <= 2:
            parts.append(_Part(int(token), weekday=weekday, ends_range=is_range))
            weekday, is_range = "", False
        elif month:
            _complete(parts, "month", month)
        elif token in _WEEKDAYS:
            weekday = token
        elif token in _UNTIL:
            is_range = bool(parts)
        elif token not in _BETWEEN:
            raise UnreadDate(f"«\u00a0{text.strip()}\u00a0» n’est pas une date que nous lisons.")
    return parts


def _month(token: str) -> int:
    """The month that a word names, shortened or not: « janv », « sept »."""
    if len(token) < 3 or token in _WEEKDAYS:
        return 0
    named = [rank for rank, name in enumerate(_MONTHS, 1) if name.startswith(token)]
    return named[0] if len(named) == 1 else 0


def _complete(parts: list[_Part], what: str, value: int) -> None:
    for part in parts:
        if not getattr(part, what):
            setattr(part, what, value)


def _days(parts: list[_Part], text: str) -> list[date]:
    found: list[date] = []
    for part in parts:
        one = _date(part.day, part.month, part.year, text)
        if part.weekday and _WEEKDAYS[one.weekday()] != part.weekday:
            raise UnreadDate(
                f"«\u00a0{text.strip()}\u00a0»\u00a0: le {day(one)} est un "
                f"{_WEEKDAYS[one.weekday()]}, pas un {part.weekday}."
            )
        if part.ends_range and one < found[-1]:
            raise UnreadDate(f"«\u00a0{text.strip()}\u00a0» finit avant de commencer.")
        while part.ends_range and found[-1] + timedelta(days=1) < one and len(found) <= MOST:
            found.append(found[-1] + timedelta(days=1))
        found.append(one)
    return found


def _date(number: int, month: int, year: int, text: str) -> date:
    try:
        found = date(year, month, number)
    except ValueError:
        raise UnreadDate(f"«\u00a0{text.strip()}\u00a0»\u00a0: ce jour n’existe pas.") from None
    if not 1950 <= found.year <= 2100:
        raise UnreadDate(f"«\u00a0{text.strip()}\u00a0»\u00a0: l’année {year} n’est pas possible.")
    return found
