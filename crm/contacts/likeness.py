"""Likeness: how much two names look alike, and which are worth comparing at all."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations

from rapidfuzz import fuzz

from crm.contacts.fold import fold
from crm.text import one_line

NEAR = 88  # percent: one typing mistake in a word of eight letters, or a small word more

_SMALL = {
    "a", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "ou", "par",
    "pour", "sur", "un", "une",
}  # fmt: skip
# Said by so many names that they bring too many together.
_COMMON = {
    "action", "agence", "agglomeration", "aide", "ami", "amis", "amitie", "asso", "association",
    "associations", "centre", "club", "collectif", "comite", "commune", "communaute", "communes",
    "conseil", "cooperation", "coordination", "departement", "departemental", "departementale",
    "developpement", "echanges", "ecole", "economie", "education", "federation", "fondation",
    "formation", "france", "francais", "francaise", "general", "groupe", "institut",
    "international", "internationale", "jumelage", "lycee", "maison", "metropole", "mission",
    "monde", "national", "nationale", "partage", "pays", "region", "regional", "regionale",
    "reseau", "sans", "sante", "service", "social", "sociale", "solidaire", "solidaires",
    "solidarite", "solidarites", "sud", "syndicat", "union", "universite", "ville",
}  # fmt: skip


def name_key(text: str) -> str:
    """What two writings of the same name have in common; never empty for a name that is not."""
    return fold(text) or one_line(text)


@lru_cache(maxsize=200_000)
def essence(folded: str) -> str:
    """The words that count, in alphabetical order: lists invert them."""
    return " ".join(sorted(in_order(folded).split()))


@lru_cache(maxsize=200_000)
def in_order(folded: str) -> str:
    """The words that count, as they come: a mistake in a first letter changes no place."""
    return " ".join(word for word in folded.split() if word not in _SMALL) or folded


def blocks(folded: str) -> Iterator[str]:
    """Keys such that two names that look alike share one: a mistake in any one word is forgiven.

    They are made of the longest, least common words, so that few names share them by chance, and
    of the numbers, since names whose numbers differ are never alike.
    """
    numbers = _numbers(folded)
    tail = f"#{numbers}" if numbers else ""
    words = [word for word in set(folded.split()) if word not in _SMALL and not word.isdigit()]
    words.sort(key=lambda word: (word in _COMMON, -len(word), word))
    if len(words) > 1:
        # Both ends, in case a space is missing or too many in between.
        glued = in_order(folded).replace(" ", "")
        yield f"{glued[:6]}~{glued[-6:]}{tail}"
        for one, other in combinations(sorted(words[:3]), 2):
            yield f"{one}+{other}{tail}"
    if len(words) == 2:
        for one, other in (words, reversed(words)):
            yield f"{one}+{other[:2]}*{tail}"
    elif len(words) == 1:
        yield f"{words[0][:4]}*{tail}"
        yield f"*{words[0][-4:]}{tail}"


def alike(one: str, other: str) -> int:
    """How alike two folded names are, in percent. « CDOS 91 » is nothing like « CDOS 92 »."""
    if _numbers(one) != _numbers(other):
        return 0
    straight = fuzz.ratio(in_order(one), in_order(other))
    return round(max(straight, fuzz.ratio(essence(one), essence(other))))


@lru_cache(maxsize=200_000)
def _numbers(folded: str) -> str:
    if not any(map(folded.__contains__, "0123456789")):
        return ""
    return " ".join(sorted(word for word in folded.split() if word.isdigit()))
