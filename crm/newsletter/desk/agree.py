"""Agreeing: two people wrote the same text; neither erases the other's.

A form posts, beside what was typed, what the text was when it was opened. What only one of them
touched is theirs; what both changed, differently, comes back with both texts.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from crm.db import db
from crm.newsletter.desk.gestures import DeskGesture
from crm.newsletter.issues import Issue


@dataclass(frozen=True)
class Clash:
    """A text that became something else while it was being written here."""

    field: str
    theirs: str
    mine: str


@dataclass(frozen=True)
class Agreement:
    """What to write, and what only the second one can decide."""

    values: dict[str, str]
    clashes: list[Clash]


def agree(typed: Mapping[str, str], today: Mapping[str, str], seen: Mapping[str, str]) -> Agreement:
    """`typed` by someone who had `seen` these texts, which are `today` what they are."""
    values, clashes = {}, []
    for name, mine in typed.items():
        theirs = today.get(name, "")
        before = seen.get(name, theirs)
        values[name] = theirs if mine == before else mine
        if mine not in (before, theirs) and theirs != before:
            clashes.append(Clash(name, theirs, mine))
    return Agreement(values, clashes)


def who_wrote(issue: Issue, typing: str) -> DeskGesture | None:
    """The last one who typed there: their name and when."""
    return db.session.scalar(
        sa.select(DeskGesture)
        .where(DeskGesture.issue_id == issue.id, DeskGesture.typing == typing)
        .order_by(DeskGesture.id.desc())
        .limit(1)
    )
