"""Spelling: which words of the index someone may have meant.

Every word is kept under itself, under what is left of it when one letter is taken away, and under
how it sounds; so is what is typed, and both meet where they differ by one mistake, whichever it is,
the first letter included. It is the same on both databases, and needs no extension.
"""

import re
from collections.abc import Iterable
from zlib import crc32

import sqlalchemy as sa
from rapidfuzz.distance import OSA

from crm.contacts.search.tables import spellings, vocabulary
from crm.db import db

_SHORTEST = 3  # letters of a word that can be corrected
_TWO_MISTAKES = 7  # letters from which two mistakes are forgiven
_BEGINNING = 5  # letters from which the beginning of a word can be corrected
_MOST = 8  # words that one word is corrected into
_NEIGHBOURS = 2000  # words compared one by one when no other way found anything

_SOUNDS = [
    (re.compile(pattern), sound)
    for pattern, sound in [
        (r"ph", "f"), (r"(?<![cs])h", ""), (r"y", "i"), (r"qu|ck|q|c(?![eihy])", "k"),
        (r"w", "v"), (r"z", "s"), (r"c(?=[eiy])", "s"), (r"g(?=[eiy])", "j"), (r"eau|au", "o"),
        (r"ai|ei", "e"), (r"ou", "u"), (r"(?<=..)[estxd]+$", ""), (r"(.)\1+", r"\1"),
    ]
]  # fmt: skip


def sound(word: str) -> str:
    """Roughly how a French reader says `word`: two words that sound alike give the same text."""
    for pattern, replacement in _SOUNDS:
        word = pattern.sub(replacement, word)
    return word


def keys_of(word: str) -> set[int]:
    """The numbers that `word` is kept under."""
    return {_number(left) for left in _less_one(word)} | {_number("~" + sound(word))}


def corrections(word: str) -> list[tuple[str, int]]:
    """Words of the index that `word` may stand for, the nearest first, with their distance."""
    if len(word) < _SHORTEST or not word.isalpha():
        return []
    found = _nearest(word, _candidates(word))
    if not found and len(word) >= _BEGINNING:
        found = _nearest(word, _neighbours(word), partial=True)
    return found


def _candidates(word: str) -> Iterable[str]:
    keys = keys_of(word)
    if len(word) >= _TWO_MISTAKES:
        keys |= {_number(left) for less in _less_one(word) for left in _less_one(less)}
    found = sa.select(spellings.c.word).where(spellings.c.key.in_(keys)).distinct()
    return db.session.scalars(found).all()


def _neighbours(word: str) -> Iterable[str]:
    """The words that begin alike: for two mistakes, or for a word that is still being typed."""
    start, column = word[:3], vocabulary.c.word
    found = sa.select(column).where(
        column >= start, column < start + "\U0010ffff", sa.func.length(column) >= len(word) - 2
    )
    return db.session.scalars(found.distinct().limit(_NEIGHBOURS)).all()


def _nearest(
    word: str, candidates: Iterable[str], *, partial: bool = False
) -> list[tuple[str, int]]:
    allowed = _allowed(word)
    spoken = sound(word)
    found = {}
    for candidate in candidates:
        distance = OSA.distance(word, candidate, score_cutoff=allowed)
        if partial:
            distance = min(distance, _to_a_beginning(word, candidate, allowed))
        if distance > allowed and sound(candidate) == spoken:
            distance = allowed
        if 0 < distance <= allowed:
            found[candidate] = distance
    ranked = sorted(found, key=lambda other: (found[other], other[0] != word[0], other))
    return [(other, found[other]) for other in ranked[:_MOST]]


def _to_a_beginning(word: str, candidate: str, allowed: int) -> int:
    """The distance to the nearest beginning of `candidate`."""
    lengths = range(len(word) - 1, len(word) + 2)
    return min(OSA.distance(word, candidate[:size], score_cutoff=allowed) for size in lengths)


def _allowed(word: str) -> int:
    return 2 if len(word) >= _TWO_MISTAKES else 1


def _less_one(word: str) -> set[str]:
    """`word`, and what is left of it without one of its letters."""
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def _number(text: str) -> int:
    """32 bits, signed: half the space of a text; the distance is checked afterwards anyway."""
    return crc32(text.encode()) - 2**31
