"""Rotating: which backups are kept, the newest of each day, week and month, and which go."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime

from crm.filters import local

Keep = tuple[int, int, int]  # days, weeks, months


def expendable(moments: Iterable[datetime], keep: Keep) -> list[datetime]:
    """Those that are the newest of none of the last days, weeks or months, the oldest first.

    Days without a backup do not count: after a month of holidays the last seven are still there.
    """
    newest_first = sorted(moments, reverse=True)
    kept: set[datetime] = set()
    for name, most in zip((_day, _week, _month), keep, strict=True):
        kept |= _newest(newest_first, name, most)
    return sorted(set(newest_first) - kept)


def _newest(
    newest_first: Sequence[datetime], name: Callable[[date], object], most: int
) -> set[datetime]:
    found: dict[object, datetime] = {}
    for moment in newest_first:
        period = name(local(moment).date())
        if period not in found and len(found) < most:
            found[period] = moment
    return set(found.values())


def _day(day: date) -> object:
    return day


def _week(day: date) -> object:
    return day.isocalendar()[:2]


def _month(day: date) -> object:
    return day.year, day.month
