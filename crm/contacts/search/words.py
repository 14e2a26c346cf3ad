"""Words: what a search compares, cut the same way in the cards and in the search box."""

import re
from functools import lru_cache

from crm.contacts.details import DetailKind, detail_key
from crm.contacts.fold import fold

# Said in half of the names, typed or not: they tell nothing apart.
_SMALL = (
    "a au aux c d de des du en et j l la le les m n ou par pour qu s sous sur t un une asso "
    "association associations comite comites commune http https mairie ville www"
)
STOP = frozenset(_SMALL.split())

LONGEST = 40  # letters of a word that are kept
_MOST = 8  # words of a search that are looked at
_LONGEST_TEXT = 300  # characters of a search that are looked at
_ENDING = re.compile(r"(?<=\w\w)\.(?:co?m?|eu?|fr?|ne?t?|or?g?)\b", re.I)  # of a mail, of a site
_DOTTED = re.compile(r"\b(?:\w\.){2,}")  # « A.F.D. »
_NUMBER = re.compile(r"\+?\d[\d\s.\-()/\u00a0\u202f]*\d")


def words_of(text: str) -> list[str]:
    """The folded words of `text`, in order."""
    return [word[:LONGEST] for word in fold(text).split()]


@lru_cache(maxsize=50_000)
def known_words(text: str) -> tuple[str, ...]:
    """The same, for the names of places and organisations that card after card repeats."""
    return tuple(words_of(text))


def significant(words: list[str]) -> list[str]:
    """`words` without those that tell nothing, unless nothing else is left."""
    return [word for word in words if word not in STOP] or words


def typed_words(text: str) -> list[str]:
    """What to look for when someone types `text`: a handful of words, whatever the text."""
    text = text[:_LONGEST_TEXT]
    joined = _NUMBER.sub(lambda found: f" {_joined(found[0], text)} ", text)
    joined = _DOTTED.sub(lambda found: found[0].replace(".", ""), _ENDING.sub(" ", joined))
    return list(dict.fromkeys(significant(words_of(joined))))[:_MOST]


def _joined(number: str, text: str) -> str:
    """« 06.12 » and « +33 6 12 » as they are kept (0612); « 38 2012 » stays two words."""
    is_all = re.sub(r"\D", "", number) == re.sub(r"[\s.\-()/+\u00a0\u202f]", "", text)
    if is_all or number.startswith(("+", "0")):
        return detail_key(DetailKind.PHONE, number)
    return number


def canonical(text: str) -> str:
    """What two ways of ordering the same name have in common."""
    return " ".join(sorted(set(significant(words_of(text)))))


def run_together(name: str) -> list[str]:
    """The ways `name` is written in one word: « pS-Eau » pseau, « Eau vive » eauvive."""
    pieces = ["".join(words_of(piece)) for piece in name.split() if len(words_of(piece)) > 1]
    words = significant(words_of(name))
    if 1 < len(words) <= 3 and len("".join(words)) <= 20:
        pieces.append("".join(words))
    return list(dict.fromkeys(piece[:LONGEST] for piece in pieces))


def initials(name: str) -> list[str]:
    """The acronyms one would make of `name`, with and without its small words."""
    words = words_of(name)
    made = ["".join(word[0] for word in kept) for kept in (words, significant(words))]
    return list(dict.fromkeys(letters for letters in made if 3 <= len(letters) <= 12))


def phone_words(key: str) -> list[str]:
    """The ways a number is half remembered: without its zero, from its second or third pair."""
    starts = [0, 1, 2, 4, 6] if key.startswith("0") else [0, 2, 4, 6]
    return list(dict.fromkeys(key[start:] for start in starts if len(key) - start >= 4))


def email_words(key: str) -> list[str]:
    """The words of a mail, those of its left part run together too."""
    words = [*words_of(_ENDING.sub(" ", key)), *run_together(key.partition("@")[0])]
    return list(dict.fromkeys(words))


def site_words(host: str) -> list[str]:
    return [word for word in words_of(_ENDING.sub(" ", host)) if word not in STOP]
