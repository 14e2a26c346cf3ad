"""Conditions: for whom a section or a placement is, when it is not for everybody.

Within one list any will do (an association *or* a school); the lists add up (an association *and*
in Isère). The column holds plain data; a condition without any list is for everybody.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import sqlalchemy as sa

from crm.contacts.departments import DEPARTMENTS
from crm.contacts.search.segments import Segment
from crm.contacts.terms import Term
from crm.db import db

_FEW = 3  # departments that are named one by one

_MASCULINE = {
    "15", "14", "18", "25", "29", "30", "32", "39", "41", "45", "46", "47", "49", "56", "59", "62",
    "63", "67", "68", "69", "81", "82", "83", "84", "90", "94", "95",
}  # fmt: skip
_PLURAL = {"04", "05", "06", "08", "13", "22", "40", "64", "65", "66", "78", "79", "88", "92"}
_BARE = {"75", "974", "976"}  # « de Paris »

# What follows one of these in a label is already as it should be: « établissement d’enseignement ».
_STOPS = {"de", "des", "du", "et", "en", "issue", "issues", "à", "aux", "pour", "sans"}


@dataclass(frozen=True)
class Condition:
    """Whom something is for. `label` says it in French, as it read when it was drawn."""

    actor_types: tuple[int, ...] = ()
    departments: tuple[str, ...] = ()
    segment: int | None = None
    label: str = ""

    @property
    def key(self) -> tuple[tuple[int, ...], tuple[str, ...], int | None]:
        """Two conditions with the same key choose the same readers."""
        return self.actor_types, self.departments, self.segment

    @property
    def is_for_all(self) -> bool:
        return not (self.actor_types or self.departments or self.segment)

    def dump(self) -> dict[str, Any]:
        """As a section or a placement keeps it: nothing when it is for everybody."""
        if self.is_for_all:
            return {}
        return {
            "actor_types": list(self.actor_types),
            "departments": list(self.departments),
            "segment": self.segment,
        }

    @classmethod
    def load(cls, data: dict[str, Any] | None) -> Self | None:
        """What `dump` kept, or a frozen content; None: for everybody."""
        if not data:
            return None
        found = cls(
            tuple(data.get("actor_types") or ()),
            tuple(data.get("departments") or ()),
            data.get("segment"),
            data.get("label", ""),
        )
        return None if found.is_for_all else found

    @classmethod
    def draw(cls, data: dict[str, Any] | None) -> Self | None:
        """What a section or a placement keeps, said in French with the words of today."""
        found = cls.load(data)
        return found and cls(*found.key, said(found))


def said(condition: Condition) -> str:
    """« associations de l’Isère », « abonnés du segment « Élus » »."""
    types = [many(term.label) for term in terms(condition.actor_types)]
    words = [listed(types) if types else "abonnés"]
    if condition.departments:
        words.append(_places(condition.departments))
    if condition.segment is not None:
        segment = db.session.get(Segment, condition.segment)
        words.append(
            f"du segment «\u00a0{segment.name}\u00a0»" if segment else "d’un segment disparu"
        )
    return " ".join(words)


def terms(ids: Iterable[int]) -> list[Term]:
    """These terms, or those they were merged into since, each once."""
    rows = db.session.scalars(sa.select(Term).where(Term.id.in_(list(ids))))
    found = {term.id: term for term in map(_today, rows)}
    return sorted(found.values(), key=lambda term: (term.position, term.label))


def _today(term: Term) -> Term:
    while term.merged_into is not None:
        term = term.merged_into
    return term


def is_lost(condition: Condition) -> bool:
    """Whether it asks for a segment that is no more: nobody would be meant."""
    return condition.segment is not None and db.session.get(Segment, condition.segment) is None


def many(label: str) -> str:
    """« collectivités territoriales » for « collectivité territoriale »."""
    words = label.split(" ")
    stop = next((place for place, word in enumerate(words) if _stops(word)), len(words))
    plain = [_several(word) for word in words[:stop]]
    return " ".join([*plain, *words[stop:]])


def listed(words: Sequence[str], last: str = "et") -> str:
    """« a, b et c »."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def _stops(word: str) -> bool:
    return word.lower() in _STOPS or word.startswith(("d’", "d'", "("))


def _several(word: str) -> str:
    if word.isupper() and len(word) > 1:
        return word  # an acronym
    word = word[:1].lower() + word[1:]
    if word == "ou" or word.endswith(("s", "x", "z")):
        return word
    if word.endswith(("au", "eu")):
        return f"{word}x"
    return re.sub(r"al$", "aux", word) if word.endswith("al") else f"{word}s"


def _places(codes: Sequence[str]) -> str:
    if len(codes) > _FEW:
        return f"de {len(codes)}\u00a0départements"
    return listed([_of(code) for code in codes])


def _of(code: str) -> str:
    """« de l’Isère », « du Rhône », « des Landes »."""
    name = DEPARTMENTS.get(code, code)
    if code in _BARE:
        return f"de {name}"
    if code in _PLURAL:
        return f"des {name}"
    if code in _MASCULINE:
        return f"du {name}"
    return f"de l’{name}" if name[0] in "AEIOUYÉHÎ" else f"de la {name}"
