"""Editions: before an issue leaves, every distinct letter it makes and how many get each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from crm.db import db, now
from crm.filters import number
from crm.newsletter import audience
from crm.newsletter.conditions import Condition, listed
from crm.newsletter.content import Content
from crm.newsletter.deliveries import Delivery
from crm.newsletter.delivery import rhythms
from crm.newsletter.issues import Issue
from crm.newsletter.subscriptions import Subscription
from crm.newsletter.variants import Shown, bits, by_content, conditions_of, shown

MOST = 200  # letters rendered for one issue


@dataclass(frozen=True)
class Edition:
    """One distinct letter of an issue: what it says, and how many get it."""

    bits: int
    content: Content
    meant: tuple[Condition, ...]
    count: int
    is_alone: bool = False

    @property
    def label(self) -> str:
        """« 412 associations de l’Isère reçoivent celle-ci »."""
        who = self._who()
        if self.count < 2:
            return f"{number(self.count)}\u00a0{who}"
        return f"{number(self.count)}\u00a0{who} reçoivent celle-ci"

    def _who(self) -> str:
        if len(self.meant) == 1 and self.count > 1:
            return self.meant[0].label
        people = "abonné" if self.count < 2 else "abonnés"
        if self.meant:
            return f"{people}, à la fois {listed([one.label for one in self.meant])}" if (
                len(self.meant) > 1
            ) else f"{people} ({self.meant[0].label})"  # fmt: skip
        if self.is_alone:
            return people
        return f"autre {people}" if self.count < 2 else f"autres {people}"


def editions(issue: Issue) -> list[Edition]:
    """Every distinct letter that would leave now, the most read first."""
    content = Content.of(issue)
    conditions = conditions_of(content)
    counts = count_bits(issue, conditions)
    contents = by_content(content, counts or {0: 0})
    groups: dict[Shown, list[int]] = {}
    for its_bits, one in contents.items():
        groups.setdefault(shown(one), []).append(its_bits)
    found = [_edition(all_bits, contents, conditions, counts) for all_bits in groups.values()]
    if len(found) == 1:
        found = [replace(found[0], meant=(), is_alone=True)]
    return sorted(found, key=lambda edition: -edition.count)


def count_bits(issue: Issue, conditions: Sequence[Condition]) -> dict[int, int]:
    """How many recipients there would be now with each combination of conditions; once it began to
    leave, how many there are."""
    if issue.started_at is not None:
        theirs = sa.select(Delivery.bits).where(Delivery.issue_id == issue.id).subquery()
        return _grouped(theirs)
    at = max(issue.scheduled_at or now(), now())
    theirs = (
        Subscription.recipients(issue.publication)
        .where(rhythms.is_due(at), audience.is_meant(issue.audience))
        .with_only_columns(bits(conditions).label("bits"))
        .subquery()
    )
    return _grouped(theirs)


def _grouped(theirs: sa.Subquery) -> dict[int, int]:
    rows = db.session.execute(sa.select(theirs.c.bits, sa.func.count()).group_by(theirs.c.bits))
    return {int(row[0]): row[1] for row in rows}


def _edition(
    all_bits: Sequence[int],
    contents: Mapping[int, Content],
    conditions: Sequence[Condition],
    counts: Mapping[int, int],
) -> Edition:
    fewest = all_bits[0]
    meant = tuple(one for place, one in enumerate(conditions) if fewest >> place & 1)
    total = sum(counts.get(its_bits, 0) for its_bits in all_bits)
    return Edition(fewest, contents[fewest], meant, total)
