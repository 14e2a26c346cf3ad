"""Search: the full page. What is asked (a flat address), and what answers, counted exactly."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, urlencode

from crm.contacts.search.facets import FACETS, SINCE

PAGE = 50  # cards on a page
_LAST_PAGE = 100_000
_LONGEST = 300
_FIRST_YEAR = 1900


class Sort(StrEnum):
    RELEVANCE = "pertinence"
    NAME = "nom"
    COMMUNE = "commune"
    UPDATED = "modification"

    @property
    def label(self) -> str:
        return _SORTS[self]


_SORTS = {
    Sort.RELEVANCE: "Pertinence",
    Sort.NAME: "Nom",
    Sort.COMMUNE: "Commune",
    Sort.UPDATED: "Modifiées en dernier",
}


@dataclass(frozen=True)
class Search:
    """What is looked for. Its query string can be sent to a colleague, or kept as a segment."""

    words: str = ""
    chosen: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by facet: any of these
    since: dict[str, date] = field(default_factory=dict)
    archived: bool = False
    sort: Sort = Sort.RELEVANCE
    page: int = 1

    @classmethod
    def parse(cls, query_string: str) -> "Search":
        """The search that an address says; what makes no sense in it is left out."""
        pairs = _pairs(query_string)
        said = dict(reversed(pairs))
        chosen = {code: _values(pairs, code) for code in FACETS}
        since = {code: _day(said.get(code, "")) for code in SINCE}
        return cls(
            words=_clean(said.get("q", "")),
            chosen={code: values for code, values in chosen.items() if values},
            since={code: day for code, day in since.items() if day is not None},
            archived=said.get("archives") == "oui",
            sort=next((sort for sort in Sort if sort == said.get("tri")), Sort.RELEVANCE),
            page=_page(said.get("page", "")),
        )

    def query_string(self) -> str:
        """The address of this search, without what is said by saying nothing."""
        sort = [("tri", self.sort.value)] if self.sort is not Sort.RELEVANCE else []
        page = [("page", self.page)] if self.page > 1 else []
        return urlencode([*self.pairs(), *sort, *page])

    def pairs(self) -> list[tuple[str, Any]]:
        """What the address says of who is looked for: neither the order nor the page."""
        pairs: list[tuple[str, Any]] = [("q", self.words)] if self.words else []
        for code in sorted(self.chosen):
            pairs += [(code, value) for value in self.chosen[code]]
        pairs += [(code, self.since[code].isoformat()) for code in sorted(self.since)]
        pairs += [("archives", "oui")] if self.archived else []
        return pairs

    def without_words(self) -> "Search":
        return replace(self, words="", page=1)

    def without_since(self, code: str) -> "Search":
        since = {other: day for other, day in self.since.items() if other != code}
        return replace(self, since=since, page=1)

    def without_archived(self) -> "Search":
        return replace(self, archived=False, page=1)

    def toggle(self, code: str, value: str) -> "Search":
        """The same search with this value chosen, or no longer chosen; back on its first page."""
        values = set(self.chosen.get(code, ())) ^ {value}
        chosen = {**self.chosen, code: tuple(sorted(values))}
        kept = {code: values for code, values in chosen.items() if values}
        return replace(self, chosen=kept, page=1)

    def at(self, page: int) -> "Search":
        return replace(self, page=page)

    @property
    def is_empty(self) -> bool:
        """Whether it finds everyone."""
        return not (self.words or self.chosen or self.since)


def _pairs(query_string: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query_string, max_num_fields=1000)
    except ValueError:  # more fields than anyone chooses
        return []


def _values(pairs: Iterable[tuple[str, str]], code: str) -> tuple[str, ...]:
    values = {value for name, value in pairs if name == code}
    return tuple(sorted(value for value in values if value == _clean(value) and " " not in value))


def _clean(text: str) -> str:
    """One line without control characters, short enough to be looked for."""
    visible = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(visible.split())[:_LONGEST].strip()


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    return day if day and day.year >= _FIRST_YEAR else None  # its midnight must exist everywhere


def _page(text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else 1
    return min(max(number, 1), _LAST_PAGE)
