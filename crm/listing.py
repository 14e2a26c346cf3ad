"""Pages: one page of rows that no model pages by itself, as the macro of lists wants it."""

from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

from flask import request


@dataclass(frozen=True)
class Listing:
    """Some rows of a long list, and where they are in it."""

    items: list[Any]
    total: int
    page: int

    SIZE: ClassVar[int] = 50

    @staticmethod
    def asked_page() -> int:
        """The page that the address asks for."""
        return min(max(1, request.args.get("page", 1, type=int)), 100_000)

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.SIZE))

    @property
    def has_prev(self) -> bool:
        return self.page > 1

    @property
    def has_next(self) -> bool:
        return self.page < self.pages

    @property
    def prev_num(self) -> int:
        return self.page - 1

    @property
    def next_num(self) -> int:
        return self.page + 1


def query(**changes: object) -> str:
    """« ?annee=2026&page=2 »: what the present address asks, with these changes; None removes.

    What was typed is only ever the value of an argument: handed to `url_for`, « _scheme » or
    « _anchor » would make another address of it.
    """
    pairs = [pair for pair in request.args.items(multi=True) if pair[0] not in changes]
    pairs += [(name, str(value)) for name, value in changes.items() if value is not None]
    return f"?{urlencode(pairs, errors='replace')}" if pairs else ""
