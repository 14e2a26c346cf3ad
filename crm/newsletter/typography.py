"""Typography: French as it is printed, without changing a word.

Real apostrophes, and no-break spaces before : ; ? ! » and after «, as the Imprimerie nationale sets
them (« Lexique des règles typographiques »). Addresses, code and targets of links are left alone.
"""

import re

NBSP = "\u00a0"
_HOLE = "\ue000"  # stands for what is left alone; nobody types it
_SPACES = "[ \u2009]"  # those a line may end at
_ALONE = re.compile(
    r"`[^`]*`|\]\([^)\n]*\)|<[^>\n]*>|\b(?:https?://|www\.)\S+|\b\S+@\S+\.\w+", re.IGNORECASE
)
_RULES = (
    (re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])"), "’"),
    # A mark that stands alone after a space, or right after a word.
    (re.compile(rf"(?<=\S){_SPACES}+(?=(?:[;?!]+|:|»)(?:\W|$))"), NBSP),
    (re.compile(r"(?<=[^\W_])(?=[;?!](?:\s|$))"), NBSP),
    (re.compile(r"(?<=[^\W\d_])(?=:(?:\s|$))"), NBSP),
    (re.compile(r"(?<=[^\W_.…!?])(?=»)"), NBSP),
    (re.compile(rf"(?<=«){_SPACES}+(?=\S)"), NBSP),
    (re.compile(r"(?<=«)(?=\w)"), NBSP),
    (re.compile(rf"(?<=\d){_SPACES}(?=(?:%|€|h\b|\d{{3}}\b))"), NBSP),
    (re.compile(rf"(?<=\bn°){_SPACES}(?=\d)"), NBSP),
)


def mend(text: str) -> str:
    """`text`, plain or in Markdown, well set. Safe to repeat: what is right stays as it is."""
    if _HOLE in text:
        return text
    kept = _ALONE.findall(text)
    text = _ALONE.sub(_HOLE, text)
    for fault, right in _RULES:
        text = fault.sub(right, text)
    whole = iter(kept)
    return re.sub(_HOLE, lambda _: next(whole), text)


def is_right(text: str) -> bool:
    return mend(text) == text
