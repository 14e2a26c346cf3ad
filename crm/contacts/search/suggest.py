"""Suggest: the right card before one has finished typing.

The database gives a few hundred candidates, any that match, at once; they are ranked here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from crm.contacts.fold import fold
from crm.contacts.kinds import ContactKind
from crm.contacts.search.documents import contact_of
from crm.contacts.search.matching import Attempt, Slot, attempts, careful, holding, named, slots_of
from crm.contacts.search.words import STOP

MOST = 300  # candidates that are ranked
_ENOUGH = 3  # contacts found as typed, from which mistakes are not looked for
_MENDED = 25  # what is found by correcting words comes after what is found as typed


@dataclass(frozen=True)
class Hit:
    """One card that a search found."""

    type: ContactKind
    id: int
    name: str
    detail: str  # « Association · Grenoble (38) »
    score: float
    is_archived: bool = False


def suggest(text: str, limit: int = 20) -> list[Hit]:
    """The cards that `text` most likely means, best first; any text is allowed."""
    return ranked(_scored(text, limit), limit)


def suggest_rows(text: str) -> list[Any]:
    """The documents that `suggest` ranks, in no order."""
    return [row for _, row in _scored(text, MOST)]


def _scored(text: str, limit: int) -> list[tuple[float, Any]]:
    slots = slots_of(text)
    if not slots:
        return []
    exact = named(text)
    scores: dict[int, tuple[float, Any]] = {}
    with careful():
        for number, attempt in enumerate(attempts(slots)):
            if attempt.is_last_resort and scores:
                break
            penalty, rows = (_MENDED, []) if number else (0, exact)
            for row in (*rows, *_candidates(attempt, limit)):
                if row.id not in scores:
                    scores[row.id] = score_of(row, attempt.slots, text) - penalty, row
            if len(scores) >= _ENOUGH or (scores and (exact or _is_precise(text))):
                break
    return list(scores.values())


def _is_precise(text: str) -> bool:
    """Whether this is part of a mail or of a number: what is near is not what is looked for."""
    return "@" in text or any(letter.isdigit() for letter in text)


def ranked(scored: Iterable[tuple[float, Any]], most: int | None = None) -> list[Hit]:
    """Hits, best first; equal ones by name, archived ones last."""
    order = sorted(scored, key=lambda one: (one[1].archived, -one[0], one[1].names, one[1].id))
    return [hit_of(row, score) for score, row in order[:most]]


def score_of(row: Any, slots: tuple[Slot, ...], text: str) -> float:
    """How well a document answers what was typed: 100 when every word is in its name, and more."""
    names = row.names.split("|")
    in_names, elsewhere = f" {row.names.replace('|', ' ')} ", f" {row.words} "
    scores = [_slot_score(slot, in_names, elsewhere) for slot in slots]
    return (
        100 * sum(scores) / len(slots)
        + max(_name_score(name, number, slots) for number, name in enumerate(names))
        + _order_score(names, text)
        + (60 if "@" in text and text.strip().lower() in row.mails else 0)
    )


def _slot_score(slot: Slot, in_names: str, elsewhere: str) -> float:
    """1 for a word of the name, less for a beginning, a word from elsewhere, a correction."""
    best = 0.0
    for words, worth in ((in_names, 1.0), (elsewhere, 0.7)):
        if f" {slot.word} " in words:
            return max(best, worth)
        start = words.find(f" {slot.word}")
        if start >= 0:
            length = words.find(" ", start + 1) - start - 1
            best = max(best, worth * (0.75 + 0.2 * len(slot.word) / length))
        for other, distance in slot.others:
            if f" {other} " in words:
                best = max(best, worth * (0.85 - 0.12 * distance))
    return best


def _name_score(name: str, number: int, slots: tuple[Slot, ...]) -> float:
    """What it is worth that the typed words are the whole of this name, the first one above all."""
    every = set(name.split())
    met = [_meets(slot, every) for slot in slots]
    if not any(met):
        return 0
    covered = len(set(met) - {""}) / len(every - STOP or every)
    if covered < 1 or not all(met):
        return 15 * min(covered, 1) - min(number, 3)
    typed = all(slot.word == word for slot, word in zip(slots, met, strict=True))
    return (30 if typed else 20) - min(number, 3)


def _meets(slot: Slot, words: set[str]) -> str:
    """The word of `words` that answers this slot, or an empty text."""
    if slot.word in words or not slot.others:
        return slot.word if slot.word in words else ""
    return next((other for other, _ in slot.others if other in words), "")


@lru_cache(maxsize=256)
def _folded(text: str) -> str:
    return fold(text[:MOST])


def _order_score(names: list[str], text: str) -> float:
    """What it is worth that a name begins with what was typed, in that order."""
    typed = _folded(text)
    if typed in names:
        return 20 - min(names.index(typed), 3)
    return 8 if any(name.startswith(typed) for name in names) else 0


def _candidates(attempt: Attempt, limit: int) -> list[Any]:
    """Those whose names match; when they are few, those that match by anything else."""
    expression = attempt.expression()
    found = holding(expression, MOST, in_names=True)
    return found if len(found) >= limit else [*found, *holding(expression, MOST)]


def hit_of(row: Any, score: float) -> Hit:
    """What is shown of a document."""
    kind, contact_id = contact_of(row.id)
    return Hit(kind, contact_id, row.title, row.detail, round(score, 2), bool(row.archived))
