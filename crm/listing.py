"""Pages: one page of rows that no model pages by itself, as the macro of lists wants it."""

from dataclasses import dataclass
from typing import Any, ClassVar

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
