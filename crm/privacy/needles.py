"""Needles: how someone may be named in a text that is about something else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crm.contacts.details import DetailKind, detail_key
from crm.contacts.personal import is_elsewhere, namesakes
from crm.personal import GONE, GONE_ADDRESS, GONE_PHONE, Who

_SEPARATORS = ("", " ", ".", "-", "\u00a0")


@dataclass(frozen=True)
class Needles:
    """What to look for, and what to say instead. `hints`: one is in every text that says it."""

    patterns: tuple[tuple[re.Pattern[str], str], ...]
    hints: tuple[tuple[str, ...], ...]  # all the words of one of these are in the text

    @classmethod
    def of(cls, who: Who) -> "Needles":
        """Their addresses and numbers, unless another card has them too; their full name, unless
        somebody else is called the same."""
        patterns: list[tuple[re.Pattern[str], str]] = []
        hints: list[tuple[str, ...]] = []
        for email in sorted(who.emails):
            patterns.append((_whole(re.escape(email)), GONE_ADDRESS))
            hints.append((email,))
        for first, last in who.names:
            if first and last and not namesakes(first, last, who.people):
                patterns.append((_whole(_either_way(first, last)), GONE))
                hints.append((first, last))
        for phone in sorted(who.phones):
            key = detail_key(DetailKind.PHONE, phone)
            if len(key) >= 8 and not is_elsewhere(DetailKind.PHONE, key, who.people):
                patterns.append((_number(key), GONE_PHONE))
                hints += [(form,) for form in _forms(key, phone)]
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
    return re.compile(rf"(?<!\w){pattern}(?!\w)", re.IGNORECASE)


def _either_way(first: str, last: str) -> str:
    """« Chloé Martin », « MARTIN Chloé », whatever the spaces."""
    one, other = (r"[\s\u00a0]+".join(map(re.escape, name.split())) for name in (first, last))
    gap = r"[\s\u00a0,]+"
    return rf"(?:{one}{gap}{other}|{other}{gap}{one})"


def _number(key: str) -> re.Pattern[str]:
    """A number however its digits are grouped, in its national or its French international form."""
    digits = r"[\s\u00a0.\-]*".join(key.removeprefix("0"))
    start = r"(?:\+33|0033|0)?[\s\u00a0.\-]*(?:\(0\))?[\s\u00a0.\-]*" if key[0] == "0" else r"\+?"
    return re.compile(rf"(?<!\d){start}{digits}(?!\d)")


def _forms(key: str, phone: str) -> Iterator[str]:
    """The usual ways of writing it: what the database is asked for."""
    yield phone
    pairs = [key[place : place + 2] for place in range(0, len(key), 2)]
    for separator in _SEPARATORS:
        yield separator.join(pairs)
    if key[0] == "0":
        for separator in _SEPARATORS:
            yield separator.join([key[1], *pairs[1:]])
