"""Periods: from a day to a day, as an address says it and as a calendar in France means it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self

from crm.filters import PARIS, day, today


@dataclass(frozen=True)
class Period:
    """From a day to a day, both included, on a calendar in France."""

    starts: date
    ends: date

    @classmethod
    def read(cls, args: Mapping[str, str]) -> Self:
        """The period an address says: « annee », or « du » and « au »; this year otherwise."""
        typed = args.get("annee", "")
        year = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) == 4 else 0
        if not 1990 <= year <= 2100:
            year = today().year
        starts, ends = (_day(args.get(name, "")) for name in ("du", "au"))
        starts, ends = starts or date(year, 1, 1), ends or date(year, 12, 31)
        return cls(starts, ends) if starts <= ends else cls(ends, starts)

    def args(self) -> dict[str, str]:
        if self == type(self)(date(self.starts.year, 1, 1), date(self.starts.year, 12, 31)):
            return {"annee": str(self.starts.year)}
        return {"du": self.starts.isoformat(), "au": self.ends.isoformat()}

    @property
    def label(self) -> str:
        if "annee" in self.args():
            return f"en {self.starts.year}"
        return f"du {day(self.starts)} au {day(self.ends)}"

    def bounds(self) -> tuple[datetime, datetime]:
        return midnight(self.starts), midnight(self.ends + timedelta(days=1))

    def months(self) -> list[date]:
        """The first days of the months it touches."""
        found: list[date] = []
        month = self.starts.replace(day=1)
        while month <= self.ends and len(found) < 36:
            found.append(month)
            month = (month + timedelta(days=32)).replace(day=1)
        return found


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1990 <= found.year <= 2100 else None


def midnight(on: date) -> datetime:
    return datetime.combine(on, time(), PARIS)
