"""Folding: what two ways of writing the same words have in common."""

import unicodedata

_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "ς": "σ", "ʼ": "’"}
)
_LINE_ENDS = "\t\n\r\x85"


class _Folded(dict[int, str]):
    """Each character's folded form, found once: a whole base is folded in seconds."""

    def __missing__(self, code: int) -> str:
        lowered = unicodedata.normalize("NFKD", chr(code)).lower().translate(_LETTERS)
        letters = (
            c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c)
        )
        self[code] = "".join(c if c.isalnum() else _gap(c) for c in letters)
        return self[code]


def _gap(character: str) -> str:
    """A space, or nothing for what cannot be seen: it does not cut the word it hides in."""
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs")
    return "" if hidden and character not in _LINE_ENDS else " "


_FOLDED = _Folded()


def fold(text: str) -> str:
    """`text` in lower case, without accents, its words separated by one space."""
    return " ".join(text.translate(_FOLDED).split())
