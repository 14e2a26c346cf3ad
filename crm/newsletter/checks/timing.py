"""Timing: what will be over, what was already sent, and who was written to just before."""

from collections.abc import Iterator
from datetime import date, timedelta

import sqlalchemy as sa

from crm.db import db, now
from crm.filters import day, plural
from crm.newsletter import audience
from crm.newsletter.checks.findings import Finding, Weight, on_item, quoted
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.delivery import rhythms
from crm.newsletter.issues import Issue, Publication, Section
from crm.newsletter.items import Item
from crm.newsletter.placements import Placement
from crm.newsletter.subscriptions import Subscription

LATELY = timedelta(days=3)
_RECEIVED = (State.SENT, State.COMPLAINED)


def deadlines(issue: Issue, on: date) -> Iterator[Finding]:
    """What closes before it is read, or so soon after that nobody can answer."""
    for placement in issue.placements:
        item = placement.item
        if item is None or item.ends_on is None:
            continue
        name, end = quoted(placement.title), day(item.ends_on)
        if item.ends_on < on:
            words = f"{name} se termine le {end}, avant l’envoi du {day(on)}."
            yield on_item(placement, words, Weight.BLOCKING)
        elif item.ends_on < on + timedelta(days=placement.section.lead_days):
            yield on_item(placement, f"{name} se termine le {end}, très peu après l’envoi.")


def repeats(issue: Issue) -> Iterator[Finding]:
    """An item, or another with the same link, that a number of this letter already carried."""
    placed = {
        placement.item.canonical_url or f"#{placement.item_id}": placement
        for placement in issue.placements
        if placement.item is not None
    }
    if not placed:
        return
    sent = (
        sa.select(Item.canonical_url, Placement.item_id, Issue.number, Issue.started_at)
        .join(Placement, Placement.item_id == Item.id)
        .join(Section, Section.id == Placement.section_id)
        .join(Issue, Issue.id == Section.issue_id)
        .where(
            Issue.publication_id == issue.publication_id,
            Issue.id != issue.id,
            Issue.started_at.is_not(None),
            sa.or_(
                Item.canonical_url.in_([url for url in placed if not url.startswith("#")]),
                Placement.item_id.in_([one.item_id for one in placed.values()]),
            ),
        )
        .order_by(Issue.number)
    )
    last = {row[0] or f"#{row[1]}": row for row in db.session.execute(sent)}
    for key, (_, item_id, number, at) in last.items():
        if (placement := placed.get(key)) is not None:
            what = "a déjà paru" if item_id == placement.item_id else "mène à une page déjà relayée"
            words = f"{quoted(placement.title)} {what} dans le n°\u00a0{number}, le {day(at)}."
            yield on_item(placement, words)


def tiredness(issue: Issue) -> Iterator[Finding]:
    """How many of its recipients had a letter of ours, this one or another, in the last days."""
    since = now() - LATELY
    recent = sa.select(Issue).where(
        Issue.started_at > since - timedelta(days=7), Issue.id != issue.id
    )
    ids = [one.id for one in db.session.scalars(recent)]
    if not ids:
        return
    other = sa.orm.aliased(Subscription)
    written = (
        sa.select(other.email)
        .join(Delivery, Delivery.subscription_id == other.id)
        .where(
            Delivery.issue_id.in_(ids),
            Delivery.state.in_(_RECEIVED),
            Delivery.settled_at > since,
        )
    )
    at = max(issue.scheduled_at or now(), now())
    theirs = Subscription.recipients(issue.publication).where(
        rhythms.is_due(at), audience.is_meant(issue.audience), Subscription.email.in_(written)
    )
    count = db.session.scalar(sa.select(sa.func.count()).select_from(theirs.subquery())) or 0
    if count:
        names = sa.select(Publication.name).join(Issue).where(Issue.id.in_(ids)).distinct()
        letters = ", ".join(db.session.scalars(names.order_by(Publication.name)))
        people = plural(count, "destinataire a", "destinataires ont")
        yield Finding(f"{people} déjà reçu une lettre de vous depuis trois jours ({letters}).")
