"""Needles: how someone may be named in a text that is about something else."""

import re
from dataclasses import dataclass
from typing import Any

from crm.contacts.details import DetailKind, detail_key
from crm.contacts.personal import is_elsewhere, namesakes
from crm.contacts.spelled import GAP, like, pattern
from crm.personal import GONE, GONE_ADDRESS, GONE_PHONE, Who

_GAP = "[\\s\u00a0.+\\-]*"  # between digits


@dataclass(frozen=True)
class Needles:
    """What to look for, and what to say instead. `hints`, as LIKE has them: all those of one of
    the groups are in every text that says it."""

    patterns: tuple[tuple[re.Pattern[str], str], ...]
    hints: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, who: Who) -> "Needles":
        """Their addresses and numbers, unless another card has them too; their full name, unless
        somebody else is called the same."""
        patterns: list[tuple[re.Pattern[str], str]] = []
        hints: list[tuple[str, ...]] = []
        for email in sorted(who.emails):
            patterns.append((_address(email), GONE_ADDRESS))
            hints.append((email.replace("@", "%").replace("+", "%"),))
        for first, last in who.names:
            if first and last and not namesakes(first, last, who.people):
                patterns.append((_whole(_either_way(first, last)), GONE))
                hints.append((like(first), like(last)))
        for phone in sorted(who.phones):
            key = detail_key(DetailKind.PHONE, phone)
            if len(key) >= 8 and not is_elsewhere(DetailKind.PHONE, key, who.people):
                patterns.append((_number(key), GONE_PHONE))
                hints.append(("%".join(key.removeprefix("0")),))
        return cls(tuple(patterns), tuple(hints))

    def are_in(self, text: str) -> bool:
        return any(pattern.search(text) for pattern, _ in self.patterns)

    def replaced(self, value: Any) -> Any:
        """The same text, list or mapping, without them."""
        if isinstance(value, str):
            for pattern, words in self.patterns:
                value = pattern.sub(words, value)
            return value
        if isinstance(value, list):
            return [self.replaced(one) for one in value]
        if isinstance(value, dict):
            return {name: self.replaced(one) for name, one in value.items()}
        return value


def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:(?<![^\W_])|(?<=%20)){pattern}(?![^\W_])", re.IGNORECASE)


def _address(email: str) -> re.Pattern[str]:
    """As it is, as the query of a kept search writes it, or as the file of a mail is named
    (« 20260303-00-zoe@example.org.eml »); never the end of a longer one."""
    written = re.escape(email).replace("@", "(?:@|%40)").replace(r"\+", r"(?:\+|%2B)")
    begins, ends = r"(?:(?<![\w.+\-])|(?<=\d-))", r"(?![\w\-]|\.(?!eml\b)\w)"
    return re.compile(begins + written + ends, re.IGNORECASE)


def _either_way(first: str, last: str) -> str:
    """« Chloé Martin », « MARTIN Chloe », whatever the accents and the spaces."""
    one, other = pattern(first), pattern(last)
    return rf"(?:{one}{GAP}{other}|{other}{GAP}{one})"


def _number(key: str) -> re.Pattern[str]:
    """A number however its digits are grouped, in its national or its French international form."""
    digits = _GAP.join(key.removeprefix("0"))
    start = rf"(?:\+33|0033|0)?{_GAP}(?:\(0\))?{_GAP}" if key[0] == "0" else r"\+?"
    return re.compile(rf"(?<!\d){start}{digits}(?!\d)")
