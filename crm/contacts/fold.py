"""Folding: what two ways of writing the same words have in common."""

import unicodedata

_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "’": "'", "ʼ": "'"}
)


def fold(text: str) -> str:
    """`text` in lower case, without accents, its words separated by one space."""
    lowered = text.lower().translate(_LETTERS)
    letters = (c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in letters).split())
