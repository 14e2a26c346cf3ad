"""Counting clicks and opens: for everybody together, robots apart, nobody followed.

A click is kept an hour, long enough to see that a « visitor » opened ten links in two seconds; then
only numbers remain. Source of the rules: CNIL, délibération 2026-042; RGPD art. 25.
"""

import hashlib
import hmac
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from crm.config import Settings
from crm.db import change, db, now
from crm.jobs import every
from crm.newsletter.clicks import Click, Link
from crm.newsletter.deliveries import Delivery
from crm.newsletter.issues import Issue
from crm.newsletter.subscriptions import Consent, Purpose

KEPT = timedelta(hours=1)
# Nobody reads so many links of one letter in so short a time; security gateways do, and while an
# issue is leaving, or just afterwards, two at once are enough to know one.
WINDOW, MANY, FEW = timedelta(seconds=10), 4, 2
JUST_AFTER = timedelta(minutes=2)

_ROBOTS = re.compile(
    r"bot\b|bot[/_-]|crawl|spider|slurp|curl|wget|python|java/|okhttp|go-http|libwww|httpclient"
    r"|headless|phantom|preview|scan|check|monitor|barracuda|mimecast|proofpoint|safelinks"
    r"|fireeye|symantec|sophos|trend ?micro|vade|fortinet|avast|urldefense|facebookexternal"
    r"|whatsapp|telegram|slack|skype|teams|ruby|perl|axios|node-fetch|feed",
    re.IGNORECASE,
)


class Asked(NamedTuple):
    """What a request says of who makes it; forgotten within the hour."""

    address: str
    agent: str
    is_head: bool = False
    is_ahead: bool = False  # fetched before anybody asked (Sec-Purpose: prefetch)
    languages: str = ""

    @property
    def is_robot(self) -> bool:
        """It says so itself; or it speaks no language, as every browser does."""
        nameless = not self.agent or not self.languages
        return self.is_head or self.is_ahead or nameless or bool(_ROBOTS.search(self.agent))

    def visitor(self, secret: str, at: datetime) -> str:
        """Tells one visitor from another today, and no longer."""
        key = hashlib.sha256(f"visiteur\0{secret}\0{at:%Y-%m-%d}".encode()).digest()
        return hmac.digest(key, f"{self.address}\0{self.agent}".encode(), "sha256").hex()[:32]


class Hit(NamedTuple):
    """One click, as it is judged."""

    link_id: int
    visitor: str
    at: datetime
    is_robot: bool


@dataclass(frozen=True)
class Figure:
    """How often a link was followed, by people and by robots."""

    link: Link
    people: int
    robots: int


def click(link: Link, asked: Asked, at: datetime) -> None:
    """Write down that somebody followed `link`."""
    visitor = asked.visitor(Settings.current().secret_key, at)
    db.session.add(Click(link=link, at=at, visitor=visitor, is_robot=asked.is_robot))


def opened(delivery_id: int, asked: Asked, at: datetime) -> None:
    """Write down that someone who agrees to it, today still, opened this issue."""
    agrees = sa.exists().where(
        Consent.subscription_id == Delivery.subscription_id,
        Consent.purpose == Purpose.OPENS,
        Consent.confirmed_at.is_not(None),
        Consent.withdrawn_at.is_(None),
    )
    if not _ROBOTS.search(asked.agent):
        change(
            sa.update(Delivery)
            .where(Delivery.id == delivery_id, Delivery.opened_at.is_(None), agrees)
            .values(opened_at=at)
        )


def opened_by_someone(issue: Issue, asked: Asked) -> None:
    """Write down that `issue` was opened once more; by whom, nothing says."""
    if not _ROBOTS.search(asked.agent):
        change(
            sa.update(Issue)
            .where(Issue.id == issue.id)
            .values(open_count=Issue.open_count + 1)
            .execution_options(synchronize_session=False)
        )


def figures(issue: Issue) -> list[Figure]:
    """Every link of `issue`, the most followed first, the clicks of the last hour included."""
    links = db.session.scalars(Link.of(issue.id)).all()
    people, robots = judge(_hits(issue, None), issue)
    told = [
        Figure(link, link.people + people[link.id], link.robots + robots[link.id]) for link in links
    ]
    return sorted(told, key=lambda figure: (-figure.people, figure.link.rank))


@every(minutes=15)
def settle_clicks() -> None:
    """Turn the clicks of more than an hour ago into numbers, and forget them."""
    before = now() - KEPT
    old = sa.select(Link.issue_id).join(Click).where(Click.at <= before).distinct()
    for issue_id in db.session.scalars(old).all():
        issue = db.session.get_one(Issue, issue_id)
        people, robots = judge(_hits(issue, before), issue)
        for link_id in {*people, *robots}:
            change(
                sa.update(Link)
                .where(Link.id == link_id)
                .values(people=Link.people + people[link_id], robots=Link.robots + robots[link_id])
            )
    db.session.execute(sa.delete(Click).where(Click.at <= before))
    db.session.commit()


def judge(hits: Iterable[Hit], issue: Issue) -> tuple[defaultdict[int, int], defaultdict[int, int]]:
    """How many visitors, people then robots, followed each link; one visitor counts once a link."""
    visitors: defaultdict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        visitors[hit.visitor].append(hit)
    people: defaultdict[int, int] = defaultdict(int)
    robots: defaultdict[int, int] = defaultdict(int)
    for theirs in visitors.values():
        found = robots if _is_robot(theirs, issue) else people
        for link_id in {hit.link_id for hit in theirs}:
            found[link_id] += 1
    return people, robots


def _is_robot(hits: Sequence[Hit], issue: Issue) -> bool:
    ordered = sorted(hits, key=lambda hit: hit.at)
    return any(hit.is_robot for hit in hits) or any(
        _links_at_once(ordered[place:]) >= (FEW if _is_leaving(issue, hit.at) else MANY)
        for place, hit in enumerate(ordered)
    )


def _links_at_once(hits: Sequence[Hit]) -> int:
    return len({hit.link_id for hit in hits if hit.at - hits[0].at <= WINDOW})


def _is_leaving(issue: Issue, at: datetime) -> bool:
    return issue.sent_at is None or at <= issue.sent_at + JUST_AFTER


def _hits(issue: Issue, before: datetime | None) -> list[Hit]:
    query = (
        sa.select(Click.link_id, Click.visitor, Click.at, Click.is_robot)
        .join(Link)
        .where(Link.issue_id == issue.id)
    )
    if before is not None:
        query = query.where(Click.at <= before)
    return [Hit(*row) for row in db.session.execute(query)]
