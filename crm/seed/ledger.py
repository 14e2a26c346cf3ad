"""The ledger of the last numbers: who was sent what, and what became of it."""

import random
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crm.db import db
from crm.newsletter.clicks import Link
from crm.newsletter.content import Content
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.issues import Issue, Publication
from crm.newsletter.items import Kind
from crm.newsletter.subscriptions import Consent, Subscription
from crm.seed.network import Network
from crm.seed.rows import Rows

# What servers answer, in their own words.
REFUSED = (
    "550 5.1.1 <{email}>: Recipient address rejected: User unknown",
    "550 5.7.1 Message rejected as spam by Content Filtering",
    "552 5.2.2 Mailbox full",
    "554 5.4.14 Hop count exceeded - possible mail loop",
)
RETURNED = (
    "5.1.1 The email account that you tried to reach does not exist",
    "5.2.2 Mailbox over quota",
    "5.4.4 Host or domain name not found",
)
# In thousandths: refused at once, come back later, put aside because it died in between.
REFUSALS, RETURNS, ASIDE = 5, 3, 1


def fill(network: Network) -> None:
    """The deliveries of the last numbers of each letter."""
    rng, rows = network.chance("ledger"), Rows(Delivery)
    for issue in _last_issues(network.size.ledgers):
        for number, email in _recipients(issue):
            died = network.died.get(number)
            if died is None or died >= issue.planned_on:
                is_last = died == issue.planned_on
                outcome = _outcome(issue, email, rng, is_last=is_last)
                rows.add(issue_id=issue.id, subscription_id=number, attempts=1, **outcome)
    rows.save()
    _follow_links(network)


def _follow_links(network: Network) -> None:
    """How often the links of those numbers were followed: the first ones, and jobs, the most."""
    rng, rows = network.chance("links"), Rows(Link)
    for issue in _last_issues(network.size.ledgers):
        told = {block.url: block for block in Content.of(issue).blocks if block.url}
        for rank, (url, block) in enumerate(told.items(), 1):
            most = 260 if block.kind is Kind.JOB else max(30, 240 - 8 * rank)
            people, robots = rng.randint(most // 4, most), rng.randint(0, 40)
            rows.add(issue_id=issue.id, rank=rank, url=url, title=block.title[:300],
                     people=people, robots=robots)  # fmt: skip
    rows.save()


def _last_issues(count: int) -> list[Issue]:
    query = sa.select(Issue).join(Issue.publication).order_by(Issue.number.desc())
    resaclic = db.session.scalars(query.where(Publication.slug == "resaclic").limit(count))
    lettre = db.session.scalars(query.where(Publication.slug == "lettre").limit(1))
    return [*resaclic, *lettre]


def _recipients(issue: Issue) -> list[tuple[int, str]]:
    """Who was to receive it that morning, dead addresses too."""
    assert issue.sent_at is not None
    query = (
        sa.select(Subscription.id, Subscription.email)
        .join(Consent)
        .where(
            Subscription.publication_id == issue.publication_id,
            Consent.confirmed_at < issue.started_at,
            sa.or_(Subscription.left_at.is_(None), Subscription.left_at > issue.sent_at),
        )
        .order_by(Subscription.id)
    )
    return [(number, email) for number, email in db.session.execute(query)]


def _outcome(issue: Issue, email: str, rng: random.Random, *, is_last: bool) -> dict[str, Any]:
    """What became of one message; `is_last`: of the one that told the address is dead."""
    assert issue.started_at is not None
    drawn = rng.randrange(1000)
    at: datetime = issue.started_at + timedelta(seconds=rng.randint(2, 400))
    if is_last:
        return _settled(State.BOUNCED, at + timedelta(hours=2), RETURNED[0])
    if drawn < REFUSALS:
        return _settled(State.FAILED, at, rng.choice(REFUSED).format(email=email))
    if drawn < REFUSALS + RETURNS:
        return _settled(
            State.BOUNCED, at + timedelta(hours=rng.randint(1, 30)), rng.choice(RETURNED)
        )
    if drawn < REFUSALS + RETURNS + ASIDE:
        return _settled(State.SUPPRESSED, at, "")
    return _settled(State.SENT, at, "250 2.0.0 Ok: queued")


def _settled(state: State, at: datetime, response: str) -> dict[str, Any]:
    return {"state": state, "settled_at": at, "response": response}
