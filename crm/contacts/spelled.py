"""Spelled: every way of writing a name that is read as that name.

« Zylphée Vorkazin » is « ZYLPHEE VORKAZIN » on many forms, « Vorkazin_Zylphee » in the name of a
file and « Zylph%C3%A9e+Vorkazin » in an address.
"""

import re
import unicodedata
from collections import defaultdict
from functools import cache
from urllib.parse import quote

from crm.contacts.fold import fold

# Latin letters with accents: Latin-1, Latin Extended-A and -B, Latin Extended Additional.
_LATIN = (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))
_FRENCH = frozenset("àâäæçèéêëîïñôöùûüÿœ")
_SPACE = "(?:[\\s\u00a0_+'’\\-\u2010\u2011]|%20|%27|%2C|%E2%80%99)"
GAP = f"{_SPACE.replace('[', '[,', 1)}+"  # between a first and a last name, either way round
_OFTEN = frozenset("aceinosuyz")  # letters that carry accents, or lose them


def pattern(name: str) -> str:
    """A regular expression, to be used without case, for `name` however it is spelled."""
    return f"{_SPACE}+".join(_word(word) for word in fold(name).split())


def like(name: str) -> str:
    """What SQL’s LIKE finds it by, at least, in small letters: « % » for what may be written in
    several ways."""
    letters = unicodedata.normalize("NFC", name).lower()
    sure = (
        one if one.isascii() and one.isalnum() and one not in _OFTEN else "%" for one in letters
    )
    return re.sub("%+", "%", "".join(sure))


def _word(word: str) -> str:
    written, place = [], 0
    while place < len(word):
        both = word[place : place + 2]
        if len(both) == 2 and both in _spellings():
            apart = "".join(map(_letter, both))
            written.append(f"(?:{apart}|{_letter(both)})")
        else:
            both = word[place]
            written.append(_letter(both))
        place += len(both)
    return "".join(written)


@cache
def _letter(letter: str) -> str:
    ways = {re.escape(letter), *map(re.escape, _spellings().get(letter, ()))}
    ways |= {quote(one) for one in _spellings().get(letter, ()) if one.lower() in _FRENCH}
    return f"(?:{'|'.join(sorted(ways))})[\u0300-\u036f]*"


@cache
def _spellings() -> dict[str, tuple[str, ...]]:
    """The accented letters that are read as a letter, or as two (« œ »)."""
    found: dict[str, list[str]] = defaultdict(list)
    for code in _LATIN:
        if folded := fold(chr(code)):
            found[folded].append(chr(code))
    return {plain: tuple(ways) for plain, ways in found.items()}
