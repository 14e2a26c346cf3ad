"""Variants: the different letters that one issue makes, by the conditions of what is in it.

The conditions of an issue are numbered in their order. What a subscriber is, one bit for each, is
counted by the database and kept in the ledger when the issue leaves: whatever happens afterwards,
everybody gets what was decided then. Two such numbers that show the same are one variant.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import replace

import sqlalchemy as sa

from crm.db import db
from crm.newsletter import audience
from crm.newsletter.conditions import Condition, is_lost
from crm.newsletter.content import Content, Part
from crm.newsletter.subscriptions import Subscription

MOST_CONDITIONS = 30  # bits

Shown = tuple[tuple[str, tuple[int, ...]], ...]  # the sections that are shown, and their blocks


def conditions_of(content: Content) -> list[Condition]:
    """The distinct conditions of an issue, in their order."""
    found: dict[object, Condition] = {}
    for part in content.parts:
        for one in (part.only, *(block.only for block in part.blocks)):
            if one is not None:
                found.setdefault(one.key, one)
    return list(found.values())


def lost(content: Content) -> list[Condition]:
    """Those that ask for a segment that is no more."""
    return [one for one in conditions_of(content) if is_lost(one)]


def bits(conditions: Sequence[Condition]) -> sa.ColumnElement[int]:
    """What a subscription is, one bit for each condition, as the database counts it."""
    total: sa.ColumnElement[int] = sa.literal(0, sa.BigInteger)
    for place, condition in enumerate(conditions):
        total = total + sa.case((audience.is_for(condition), 1 << place), else_=0)
    return total


def seen(content: Content, its_bits: int) -> Content:
    """What someone with these bits reads: no section is empty, nothing is for somebody else."""
    conditions = conditions_of(content)
    if not conditions:
        return content
    met = {one.key for place, one in enumerate(conditions) if its_bits >> place & 1}
    parts = (_part(part, met) for part in content.parts)
    return replace(content, parts=tuple(part for part in parts if part.says_something))


def public(content: Content) -> Content:
    """What everybody may read, on the web and for ever."""
    return seen(content, 0)


def seen_by(content: Content, subscription: Subscription) -> Content:
    """What this subscriber reads."""
    query = sa.select(bits(conditions_of(content))).where(Subscription.id == subscription.id)
    return seen(content, db.session.scalar(query) or 0)


def by_content(content: Content, all_bits: Iterable[int]) -> dict[int, Content]:
    """What each of these reads; those who read the same share it. The fewest bits come first."""
    known: dict[Shown, Content] = {}
    found = {}
    for its_bits in sorted(all_bits, key=lambda value: (value.bit_count(), value)):
        one = seen(content, its_bits)
        found[its_bits] = known.setdefault(shown(one), one)
    return found


def shown(content: Content) -> Shown:
    """What tells one variant from another."""
    return tuple(
        (part.title, tuple(block.number for block in part.blocks)) for part in content.parts
    )


def _part(part: Part, met: Set[object]) -> Part:
    if part.only is not None and part.only.key not in met:
        return replace(part, blocks=())
    blocks = (block for block in part.blocks if block.only is None or block.only.key in met)
    return replace(part, blocks=tuple(blocks))
