"""Plain text from outside: without what cannot be seen, on one line, cut at a word."""

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

# Control characters, lone surrogates, and direction marks (they make a text read as another).
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")


def clean(text: str | None) -> str:
    """`text` without control or direction marks, in composed form, lines ended by \\n, trimmed."""
    if text and text.isprintable() and unicodedata.is_normalized("NFC", text):
        return text.strip()
    return _HIDDEN.sub("", unicodedata.normalize("NFC", _LINE_ENDS.sub("\n", text or ""))).strip()


def one_line(text: str | None) -> str:
    """`clean` text on one line: nothing in it can begin a new header or a new field."""
    return " ".join(clean(text).split())


def cut(text: str, length: int) -> str:
    """`text` in at most `length` characters, cut after a word, with « … » for what is gone."""
    if len(text) <= length:
        return text
    start = text[: length - 1]
    if not text[length - 1].isspace():
        head, space, _ = start.rpartition(" ")
        # A very long word is cut in the middle rather than lost.
        start = head if space and len(head) > length // 2 else start
    return start.rstrip(" ,;:–-(«\u00a0\u202f") + "…"


def normal_email(value: str) -> str | None:
    """The address as it is kept, or None when no mail server would take it (RFC 5321, RFC 6531)."""
    try:
        found = validate_email(value.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return found.normalized.lower()


def row_number(text: object) -> int:
    """The number of a row as a form sends it; 0, that no row has, for anything else."""
    typed = str(text)
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0
