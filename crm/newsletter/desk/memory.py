"""Memory: what is new since the last number, what is left out, and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from crm.db import db, now
from crm.filters import NBSP, day, local, plural
from crm.newsletter.asides import Aside, Choice
from crm.newsletter.compose import FIRST_LOOK_BACK, candidates, fits, is_recent, since
from crm.newsletter.issues import Issue, Layout, Section
from crm.newsletter.items import Item, Kind
from crm.newsletter.placements import Placement

MOST = 300  # items looked at among those that are left out
MOST_FOUND = 40


class Why(StrEnum):
    """Why an item is not proposed, from what is decided to what only time did."""

    NEXT = "next"
    SENT = "sent"
    PLANNED = "planned"
    LATE = "late"
    OVER = "over"
    DEAD = "dead"
    OLD = "old"
    NEVER = "never"

    @property
    def label(self) -> str:
        return {
            "next": "Gardés pour la prochaine fois", "sent": "Déjà envoyés",
            "planned": "Déjà dans un autre numéro", "late": "Finissent avant l’envoi",
            "over": "Terminés", "dead": "Lien mort", "old": "Trop anciens",
            "never": "Laissés pour de bon",
        }[self]  # fmt: skip


@dataclass(frozen=True)
class Known:
    """An item, and what the desk remembers of it. `why` is None when nothing is against it."""

    item: Item
    age: str
    why: Why | None = None
    words: str = ""  # « envoyé dans le n° 12 »
    issue: Issue | None = None  # the number that has it
    section: Section | None = None  # where it would go


@dataclass(frozen=True)
class Shelf:
    """The left of the desk."""

    new: Mapping[Kind, Sequence[Known]]
    left_out: Mapping[Why, Sequence[Known]]
    is_whole: bool  # whether every item left out lately is told

    @property
    def count_left_out(self) -> int:
        return sum(map(len, self.left_out.values()))


@dataclass
class _Past:
    """What one publication did of some items."""

    issues: dict[int, Issue] = field(default_factory=dict)
    asides: dict[int, Aside] = field(default_factory=dict)


def shelf(issue: Issue) -> Shelf:
    """What may be taken in `issue`, by kind, and what is left out of it lately, by reason."""
    proposed = explain(issue, candidates(issue))
    others = _others(issue, [known.item.id for known in proposed])
    left_out = [one for one in proposed if one.why] + explain(issue, others[:MOST])
    new: dict[Kind, list[Known]] = {}
    for known in proposed:
        if known.why is None:
            new.setdefault(known.item.kind, []).append(known)
    groups = {why: [one for one in left_out if one.why is why] for why in Why}
    return Shelf(
        {kind: new[kind] for kind in Kind if kind in new},
        {why: found for why, found in groups.items() if found},
        len(others) <= MOST,
    )


def find(issue: Issue, words: str) -> list[Known]:
    """Any item whose title or organisation holds `words`, and why it is not proposed."""
    query = Item.latest(words=words).options(joinedload(Item.feed)).limit(MOST_FOUND)
    return explain(issue, list(db.session.scalars(query)))


def warnings(issue: Issue) -> dict[int, str]:
    """What is wrong with the items placed in `issue`, by placement; nothing for the others."""
    placed = [one for one in issue.placements if one.item is not None]
    items = [one.item for one in placed if one.item is not None]
    told = {known.item.id: known for known in explain(issue, items)}
    bad = (Why.SENT, Why.PLANNED, Why.LATE, Why.OVER, Why.DEAD)
    return {
        one.id: told[one.item_id].words
        for one in placed
        if one.item_id is not None and told[one.item_id].why in bad
    }


def explain(issue: Issue, items: Sequence[Item]) -> list[Known]:
    """What the desk remembers of each of these items, for `issue`, in their order."""
    if not items:
        return []
    past, at = _past(issue, [item.id for item in items]), now()
    latest = since(issue.publication, issue.composed_at)
    return [_known(item, issue, past, latest, at) for item in items]


def _others(issue: Issue, proposed: Sequence[int]) -> Sequence[Item]:
    """What came lately, or waits for the next number, and is not proposed; one more than MOST."""
    kinds = sorted({kind for section in issue.sections for kind in section.kinds})
    lately = is_recent(since(issue.publication, issue.composed_at) - FIRST_LOOK_BACK)
    waits = sa.select(Aside.item_id).where(
        Aside.publication_id == issue.publication_id, Aside.choice == Choice.NEXT
    )
    here = [one.item_id for one in issue.placements if one.item_id is not None]
    query = (
        sa.select(Item)
        .where(
            Item.kind.in_(kinds),
            sa.or_(lately, Item.id.in_(waits)),
            Item.id.not_in([*proposed, *here]),
        )
        .options(joinedload(Item.feed))
        .order_by(Item.id.in_(waits).desc(), Item.seen_at.desc(), Item.id.desc())
    )
    return db.session.scalars(query.limit(MOST + 1)).all()


def _past(issue: Issue, ids: Sequence[int]) -> _Past:
    past, publication = _Past(), issue.publication_id
    elsewhere = (
        sa.select(Placement.item_id, Issue)
        .join(Placement.section)
        .join(Section.issue)
        .where(Issue.publication_id == publication, Issue.id != issue.id)
        .where(Placement.item_id.in_(ids))
        .order_by(Issue.number)
        .options(sa.orm.defer(Issue.content))
    )
    past.issues = {row.item_id: row.Issue for row in db.session.execute(elsewhere)}
    decided = sa.select(Aside).where(Aside.publication_id == publication, Aside.item_id.in_(ids))
    past.asides = {aside.item_id: aside for aside in db.session.scalars(decided)}
    return past


def _known(item: Item, issue: Issue, past: _Past, latest: datetime, at: datetime) -> Known:
    section, on = section_for(item, issue), issue.planned_on
    aside, other = past.asides.get(item.id), past.issues.get(item.id)
    found = age(item, at)
    if other is not None:
        why, words = _placed_in(other)
        return Known(item, found, why, words, other, section)
    if aside is not None and (aside.choice is Choice.NEVER or aside.number >= issue.number):
        why = Why(aside.choice.value)
        return Known(item, found, why, _decided(aside), section=section)
    if item.is_over(min(on, local(at).date())):
        return Known(item, found, Why.OVER, _ended(item), section=section)
    if item.is_over(on):
        return Known(item, found, Why.LATE, _too_early(item, on), section=section)
    if item.link_error:
        return Known(item, found, Why.DEAD, item.link_error, section=section)
    if not _fits_somewhere(item, issue):
        return Known(item, found, Why.LATE, _too_soon(item, on), section=section)
    if aside is not None:
        words = f"gardé depuis le n°{NBSP}{aside.number}"
        return Known(item, found, None, words, section=section)
    if not _is_new(item, latest):
        return Known(item, found, Why.OLD, _old(item, latest), section=section)
    return Known(item, found, section=section)


def section_for(item: Item, issue: Issue) -> Section | None:
    """Where `item` would go: a section that takes it and has room, one with its tags first."""
    on = issue.planned_on
    fitting = [section for section in issue.sections if fits(item, section, on)]
    takers = fitting or [section for section in issue.sections if item.kind in section.kinds]
    return min(takers, key=lambda section: _preference(section, takers), default=None)


def _preference(section: Section, among: Sequence[Section]) -> tuple[bool, bool, bool, int]:
    full = section.quota is not None and len(section.placements) >= section.quota
    # A front page is chosen, not filled.
    return full, section.layout is Layout.FEATURE, not section.tags, among.index(section)


def _fits_somewhere(item: Item, issue: Issue) -> bool:
    """Whether it closes late enough for a section of its kind; tags set apart."""
    takers = [section for section in issue.sections if item.kind in section.kinds]
    if item.ends_on is None or not takers:
        return True
    return item.ends_on >= issue.planned_on + timedelta(min(one.lead_days for one in takers))


def _is_new(item: Item, latest: datetime) -> bool:
    if item.published_at is not None and item.published_at <= latest - FIRST_LOOK_BACK:
        return False
    return item.seen_at > latest or (item.published_at or item.seen_at) > latest


def _placed_in(issue: Issue) -> tuple[Why, str]:
    number = f"n°{NBSP}{issue.number}"
    if issue.started_at is not None:
        return Why.SENT, f"envoyé dans le {number}, le {day(issue.started_at)}"
    state = "en préparation" if issue.is_draft else "programmé"
    return Why.PLANNED, f"dans le {number}, {state}"


def _decided(aside: Aside) -> str:
    who = f" par {aside.by.display_name}" if aside.by else ""
    return f"{aside.choice.label}{who}, le {day(aside.at)}"


def _ended(item: Item) -> str:
    word = "terminé" if item.kind is Kind.EVENT else "clos"
    return f"{word} depuis le {day(item.ends_on)}"


def _too_early(item: Item, on: date) -> str:
    return f"finit le {day(item.ends_on)}, avant l’envoi du {day(on)}"


def _too_soon(item: Item, on: date) -> str:
    left = plural((item.ends_on - on).days, "jour") if item.ends_on else ""
    if item.ends_on == on:
        return f"finit le {day(item.ends_on)}, le jour de l’envoi"
    return f"finit le {day(item.ends_on)}, {left} seulement après l’envoi"


def _old(item: Item, latest: datetime) -> str:
    """What the last number could have taken, or an old page that came late."""
    published = item.published_at or item.seen_at
    return f"paru le {day(published)}, avant le dernier numéro"


def age(item: Item, at: datetime) -> str:
    """« aujourd’hui », « hier », « il y a 12 jours », « il y a 3 mois »."""
    days = (local(at).date() - local(item.published_at or item.seen_at).date()).days
    if days < 2:
        return "hier" if days == 1 else "aujourd’hui"
    if days < 60:
        return f"il y a {plural(days, 'jour')}"
    return f"il y a {days // 30}{NBSP}mois"


def source(item: Item) -> str:
    """Where it comes from, in a few words."""
    return item.feed.name if item.feed else "ajouté à la main"


def ids(known: Iterable[Known]) -> list[int]:
    return [one.item.id for one in known]
