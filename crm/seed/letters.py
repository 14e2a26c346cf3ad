"""The past numbers of both letters, composed one after the other as the year went by."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from crm.db import db
from crm.newsletter.compose import compose, subject_of
from crm.newsletter.content import freeze
from crm.newsletter.issues import Issue, Publication
from crm.newsletter.items import Kind
from crm.seed import texts
from crm.seed.french import typeset
from crm.seed.network import Network, moment

# RESA'CLIC began in 2016, eleven numbers a year; La Lettre in 1995, three a year.
LAST_NUMBER = {"resaclic": 108, "lettre": 93}
LETTER_AGES = (75, 195, 315)  # days ago


@dataclass(frozen=True)
class _Planned:
    """A number to be: its letter, the day it left, its rank (0 is the last one)."""

    slug: str
    on: date
    rank: int


def fill(network: Network) -> None:
    """Publish the items and compose the numbers in the order they happened.

    It is `compose` itself that fills them, from what the site had published by then.
    """
    items = iter([*network.items])
    coming = next(items, None)
    for planned in sorted(_planned(network), key=lambda one: one.on):
        composed_at = moment(planned.on - timedelta(days=1), 14)
        while coming is not None and coming.seen_at <= composed_at:
            db.session.add(coming)
            coming = next(items, None)
        _send(network, planned)
    db.session.add_all([coming, *items] if coming is not None else [])
    db.session.flush()


def _planned(network: Network) -> Iterator[_Planned]:
    for rank in range(network.size.issues):
        yield _Planned("resaclic", network.issue_day(rank), rank)
    for rank, age in enumerate(LETTER_AGES[: network.size.letters]):
        yield _Planned("lettre", network.tuesday(age), rank)


def _send(network: Network, planned: _Planned) -> Issue:
    """One number: composed and frozen the day before, then sent in the morning."""
    publication = Publication.find(planned.slug)
    assert publication is not None
    eve = planned.on - timedelta(days=1)
    issue = compose(publication, planned.on, by=network.users["awa"], at=moment(eve, 14))
    issue.number = LAST_NUMBER[planned.slug] - planned.rank
    issue.subject = subject_of(issue)
    issue.preheader = _preheader(issue)
    issue.editorial = typeset(texts.read("editorials")[planned.slug][-1 - planned.rank].strip())
    freeze(issue, at=moment(eve, 16, 30))
    issue.scheduled_at = issue.started_at = moment(planned.on, 9)
    issue.sent_at = moment(planned.on, 9, 7)
    db.session.flush()
    return issue


def _preheader(issue: Issue) -> str:
    """What else there is inside, counted."""
    kinds = [placement.item.kind for placement in issue.placements if placement.item is not None]
    told = [
        f"{kinds.count(kind)} {kind.label if kinds.count(kind) == 1 else kind.plural}"
        for kind in (Kind.FUNDING, Kind.EVENT, Kind.JOB)
        if kind in kinds
    ]
    return typeset(f"Également dans ce numéro : {', '.join(told)}.") if told else ""
