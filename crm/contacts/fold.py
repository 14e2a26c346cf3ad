"""Folding: what two ways of writing the same words have in common."""

import unicodedata

_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "ς": "σ", "ʼ": "’"}
)


class _Folded(dict[int, str]):
    """Each character's folded form, found once: a whole base is folded in seconds."""

    def __missing__(self, code: int) -> str:
        lowered = unicodedata.normalize("NFKD", chr(code)).lower().translate(_LETTERS)
        letters = (
            c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c)
        )
        self[code] = "".join(c if c.isalnum() else " " for c in letters)
        return self[code]


_FOLDED = _Folded()


def fold(text: str) -> str:
    """`text` in lower case, without accents, its words separated by one space."""
    return " ".join(text.translate(_FOLDED).split())
