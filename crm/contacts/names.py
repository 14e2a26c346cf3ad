"""Names of organisations as lists write them: « Nom complet (SIGLE) », « Ville » + « Vienne »."""

import re

from crm.contacts.fold import fold
from crm.text import one_line

_ACRONYM = re.compile(r"(.+?)\s*\(\s*([^\s()]{2,60})\s*\)")
_SMALL_WORDS = {
    "a", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "pour", "sur",
}  # fmt: skip

# Kinds of local authority that lists put in a column of their own, and what ties them to a place.
_AUTHORITIES = {
    "conseil regional": "Conseil régional –",
    "region": "Région –",
    "conseil general": "Conseil général –",
    "conseil departemental": "Conseil départemental –",
    "departement": "Département –",
    "ville": "Ville de",
    "commune": "Commune de",
    "mairie": "Mairie de",
}
_ALREADY_SAID = re.compile(
    r"(conseil|region|departement|ville|commune|mairie|communaute|metropole|prefecture|village)\b"
)


def split_name(text: str) -> tuple[str, str]:
    """The name and the acronym of « Nom complet (SIGLE) »; the acronym is empty when none is said.

    « * » at either end, which lists use to call a footnote, is not part of the name.
    """
    name = one_line(text).strip("* \u00a0").strip()
    found = _ACRONYM.fullmatch(name)
    if found is None or not _is_acronym(found[2], found[1]):
        return name, ""
    return found[1].strip("* "), found[2]


def full_name(kind: str, name: str) -> str:
    """The name of a local authority whose kind stands in another column.

    « Conseil régional » and « Aquitaine » make « Conseil régional – Aquitaine » (the right
    article cannot be guessed), « Ville » and « Athis-Mons » make « Ville d’Athis-Mons ». A name
    that already says what it is, and any other kind, change nothing.
    """
    link = _AUTHORITIES.get(fold(kind))
    if link is None or not name or _ALREADY_SAID.match(fold(name)):
        return name
    if not link.endswith(" de"):
        return f"{link} {name}"
    kind = link.removesuffix(" de")
    for article, contracted in (("Le ", "du "), ("Les ", "des ")):
        if name.startswith(article):
            return f"{kind} {contracted}{name.removeprefix(article)}"
    return f"{kind} d’{name}" if fold(name)[:1] in "aeiouy" else f"{kind} de {name}"


def _is_acronym(word: str, name: str) -> bool:
    """Capitals make an acronym; so does a word made of letters of the name, from its first one."""
    if sum(letter.isupper() for letter in word) >= 2:
        return True
    words = [part for part in fold(name).split() if part not in _SMALL_WORDS]
    letters, rest = fold(word).replace(" ", ""), iter("".join(words))
    return len(words) > 2 and words[0][:1] == letters[:1] and all(one in rest for one in letters)
