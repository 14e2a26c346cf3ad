"""Composing: a new issue, its sections filled by the publication's recipe."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from crm.contacts.fold import fold
from crm.db import db, now
from crm.newsletter.asides import Aside
from crm.newsletter.issues import (
    Issue,
    Layout,
    Order,
    Publication,
    RecipeSection,
    Section,
    SectionRule,
)
from crm.newsletter.items import Item
from crm.newsletter.placements import Placement
from crm.users import User

# How far back the very first number looks: there is no number before it to start from.
FIRST_LOOK_BACK = timedelta(days=60)


def compose(
    publication: Publication, on: date, *, by: User | None = None, at: datetime | None = None
) -> Issue:
    """The next issue of `publication`, to be sent on the day `on`, filled from its recipe."""
    number = publication.next_number()
    issue = Issue(
        publication=publication,
        number=number,
        planned_on=on,
        composed_by=by,
        composed_at=at or now(),
        sections=[_section_from(rule) for rule in publication.recipe],
    )
    db.session.add(issue)
    db.session.flush()
    fill(issue)
    issue.subject = subject_of(issue)
    return issue


def fill(issue: Issue) -> None:
    """Fill the sections of a new issue with what its rules call for."""
    chosen = share_out(candidates(issue), issue.sections, issue.planned_on)
    for section, items in chosen:
        section.placements = [
            Placement(item=item, position=position) for position, item in enumerate(items, 1)
        ]
    db.session.flush()


def candidates(issue: Issue) -> list[Item]:
    """What is new for this publication: never in one of its numbers, and not over, newest first.

    What was kept for this number comes before.
    """
    kinds = {kind for section in issue.sections for kind in section.kinds}
    on, at, number = issue.planned_on, issue.composed_at, issue.number
    query = _new(issue.publication, kinds, on, at, number)
    newest = sa.func.coalesce(Item.published_at, Item.seen_at).desc()
    kept = Item.id.in_(Aside.kept_for(issue.publication, number))
    return list(db.session.scalars(query.order_by(kept.desc(), newest, Item.id.desc())))


def count_new(publication: Publication) -> int:
    """How many items a number composed now would choose from."""
    kinds = {kind for section in publication.recipe for kind in section.kinds}
    moment, number = now(), publication.next_number()
    query = _new(publication, kinds, moment.date(), moment, number)
    return db.session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0


def _new(
    publication: Publication, kinds: Iterable[str], on: date, at: datetime, number: int
) -> sa.Select[Item]:
    lately = is_recent(since(publication, at))
    return sa.select(Item).where(
        Item.kind.in_(sorted(kinds)),
        sa.or_(lately, Item.id.in_(Aside.kept_for(publication, number))),
        sa.or_(Item.ends_on.is_(None), Item.ends_on >= on),
        Item.link_error == "",
        Item.id.not_in(placed(publication)),
        Item.id.not_in(Aside.hidden_from(publication, number)),
    )


def is_recent(since: datetime) -> sa.ColumnElement[bool]:
    """Whether an item came, or was published, after that moment; and is not an old page."""
    return sa.and_(
        Item.seen_at > since - timedelta(days=366),  # lets the index do most of the work
        sa.or_(Item.seen_at > since, Item.published_at > since),
        sa.or_(Item.published_at.is_(None), Item.published_at > since - FIRST_LOOK_BACK),
    )


def placed(publication: Publication) -> sa.Select[int | None]:
    """The items that already have a place in a number of this publication."""
    return (
        sa.select(Placement.item_id)
        .join(Placement.section)
        .join(Section.issue)
        # A free block has no item; NOT IN would find nothing beside a NULL.
        .where(Issue.publication_id == publication.id, Placement.item_id.is_not(None))
    )


def share_out(
    items: Sequence[Item], sections: Sequence[Section], on: date
) -> list[tuple[Section, list[Item]]]:
    """Which items go in which section.

    A front page chooses first; then sections that ask for tags; then the others, in their order.
    """
    left = list(items)
    chosen: dict[int, list[Item]] = {}
    for index, section in sorted(enumerate(sections), key=lambda pair: claim(*pair)):
        fitting = _sorted((item for item in left if fits(item, section, on)), section)
        chosen[index] = fitting[: section.quota]
        taken = {id(item) for item in chosen[index]}
        left = [item for item in left if id(item) not in taken]
    return [(section, chosen[index]) for index, section in enumerate(sections)]


def fits(item: Item, section: SectionRule, on: date) -> bool:
    """Whether this item has its place in this section of a letter sent on the day `on`."""
    if item.kind not in section.kinds:
        return False
    if item.ends_on is not None and item.ends_on < on + timedelta(days=section.lead_days):
        return False
    wanted = {fold(tag) for tag in section.tags}
    return not wanted or bool(wanted & {fold(tag) for tag in item.tags})


def subject_of(issue: Issue) -> str:
    """A subject to start from: the name, the number, and the first title."""
    first = next((placement.title for placement in issue.placements), "")
    subject = f"{issue.title} – {first}" if first else issue.title
    return subject if len(subject) <= 90 else f"{subject[:89].rsplit(' ', 1)[0]}…"


def claim(index: int, section: SectionRule) -> tuple[int, int]:
    """When the section at this place chooses: the smallest first."""
    if section.layout is Layout.FEATURE:
        return (0, index)
    return (1 if section.tags else 2, index)


def _sorted(items: Iterable[Item], section: SectionRule) -> list[Item]:
    """In the section's order; `items` come newest first, and sorting keeps that between equals."""
    if section.layout is Layout.FEATURE:
        return sorted(items, key=lambda item: item.picture_id is None)
    if section.order is Order.DEADLINE:
        return sorted(items, key=lambda item: item.starts_on or item.ends_on or date.max)
    return list(items)


def since(publication: Publication, at: datetime) -> datetime:
    """The moment the last number that left was composed: what came later was not in it."""
    last = publication.last_sent()
    return last.composed_at if last is not None else at - FIRST_LOOK_BACK


def _section_from(rule: RecipeSection) -> Section:
    values = {name: getattr(rule, name) for name in SectionRule.RULE}
    return Section(placements=[], **values)  # nothing to look for there before it is filled
