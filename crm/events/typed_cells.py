"""Cells of a past table as people type them: several partners, a place, a number of people."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from crm.contacts.departments import DEPARTMENTS
from crm.contacts.fold import fold
from crm.events.kinds import CountKind, EventKind
from crm.text import cut, one_line

# Between two partners whatever their names; « et » may be part of one: « Ville et Banlieue ».
_BETWEEN = re.compile(r"\s*[,;+]\s*|\s+[/&]\s+|\n")
_AND = re.compile(r"\s+et\s+", re.IGNORECASE)
_ACRONYM = re.compile(r"[^\W\d_a-zà-ÿ][A-ZÀ-Þ0-9.-]{1,11}")
_NOTHING = {"", "/", "-", "–", "—", "?", "x", "néant", "neant", "aucun", "sans objet", "nc", "n.c."}
_ONLINE = {"en ligne", "en distanciel", "distanciel", "a distance", "visio", "en visio", "zoom",
           "visioconference", "en visioconference", "webinaire", "online"}  # fmt: skip
_ESTIMATED = re.compile(
    r"^(?:environ|env|autour de|plus de|pres de|une?)\b|^[~≈+><±]|\best\b|estim"
)
_COUNTED = re.compile(r"\bcompt|emarg|pointe")
_NUMBER = re.compile(r"\d[\d\s\u00a0\u202f]*")
MOST = 100_000  # people at one event


class UnreadCell(ValueError):
    """Why a cell cannot be understood, in French."""


@dataclass(frozen=True)
class Place:
    """Where it was: online, in a department, or in words that are neither."""

    is_online: bool = False
    department: str = ""
    words: str = ""


@dataclass(frozen=True)
class Count:
    """How many people came, and how that is known."""

    number: int
    kind: CountKind


def is_nothing(cell: str) -> bool:
    """Whether these signs say that there is nothing to say: « / », « ? »."""
    return one_line(cell).lower() in _NOTHING


def mission_key(words: str) -> str:
    """What the writings of a mission share: « SI Formations », « SI - Formations »; or nothing."""
    return "" if is_nothing(words) else fold(words)


def read_partners(cell: str, is_known: Callable[[str], bool] = lambda name: False) -> list[str]:
    """The partners a cell names, in order, each once.

    « et » parts two acronyms, or two partners that `is_known` by themselves; it stays in a name
    that is known as a whole.
    """
    if is_nothing(cell):
        return []
    found: dict[str, str] = {}
    for words in _BETWEEN.split(cell):
        for name in _apart(one_line(words), is_known):
            if not is_nothing(name):
                found.setdefault(fold(name) or name, cut(name, 300))
    return list(found.values())


def _apart(words: str, is_known: Callable[[str], bool]) -> list[str]:
    parts = _AND.split(words)
    if len(parts) == 1 or is_known(words):
        return [words]
    if all(_ACRONYM.fullmatch(part) or is_known(part) for part in parts):
        return parts
    return [words]


def read_place(cell: str) -> Place:
    """« en ligne », « 69 », « 07 », « 7 » (a spreadsheet took the zero away), « Lyon (69) »."""
    words = one_line(cell)
    if is_nothing(words):
        return Place()
    rest, online = words, False
    for part in re.split(r"\s*(?:[+/,;&]|\bet\b)\s*", words):
        if fold(part) in _ONLINE:
            online, rest = True, rest.replace(part, "", 1)
    rest = rest.strip(" +/,;&")
    rest = re.sub(r"^et\s+|\s+et$", "", rest)
    department = _department(rest)
    if department and rest.upper().zfill(2) == department:
        return Place(online, department)
    return Place(online, department, cut(rest, 200))


def _department(words: str) -> str:
    """The department that these words are, or end with in brackets."""
    found = re.fullmatch(r"(\d{1,3}|2[ab])", words, re.IGNORECASE) or re.search(
        r"\((\d{2,3}|2[ab])\)$", words, re.IGNORECASE
    )
    code = found[1].upper().zfill(2) if found else ""
    if code in DEPARTMENTS:
        return code
    named = [one for one, name in DEPARTMENTS.items() if fold(name) == fold(words)]
    return named[0] if named else ""


def read_count(cell: str) -> Count | None:
    """How many came; None when nobody wrote it down, which is not zero. Raises UnreadCell."""
    words = one_line(cell)
    if is_nothing(words):
        return None
    numbers = _NUMBER.findall(words)
    if len(numbers) != 1 or re.search(r"\d[.,]\d|-\s*\d|%", words):
        raise UnreadCell(f"«\u00a0{cut(words, 60)}\u00a0» n’est pas un nombre de personnes.")
    number = int(re.sub(r"\s", "", numbers[0]))
    if number > MOST:
        raise UnreadCell(
            f"«\u00a0{cut(words, 60)}\u00a0» participants, c’est trop pour un événement."
        )
    plain = words.lower().replace("é", "e").replace("è", "e")
    if _ESTIMATED.search(plain):
        return Count(number, CountKind.ESTIMATED)
    return Count(number, CountKind.COUNTED if _COUNTED.search(plain) else CountKind.DECLARED)


_KINDS = (
    ("formation", EventKind.TRAINING), ("webinaire", EventKind.WEBINAR),
    ("atelier", EventKind.WORKSHOP), ("copil", EventKind.COMMITTEE),
    ("comite", EventKind.COMMITTEE), ("seance d information", EventKind.BRIEFING),
    ("reunion d information", EventKind.BRIEFING), ("stand", EventKind.FORUM),
    ("forum", EventKind.FORUM), ("salon", EventKind.FORUM), ("intervention", EventKind.TALK),
)  # fmt: skip


def kind_of(title: str) -> EventKind:
    """What sort of gathering a title speaks of; the first word that says it decides."""
    words = f" {fold(title)} "
    said = [(words.find(f" {word}"), kind) for word, kind in _KINDS if f" {word}" in words]
    return min(said, key=lambda one: one[0])[1] if said else EventKind.MEETING
