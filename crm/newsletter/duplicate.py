"""Duplicating: a new number that starts as another one, or a new letter with another's recipe."""

import re
from datetime import date

import sqlalchemy as sa

from crm.contacts.fold import fold
from crm.db import db, now
from crm.newsletter.issues import Issue, Publication, RecipeSection, Section, SectionRule
from crm.newsletter.placements import Placement
from crm.users import User

# Addresses of ours under /lettres/: no letter may be called so.
RESERVED = {
    "adresse", "confirmation", "desinscription", "images", "inscription", "ouverture",
    "preferences", "proposer", "recherche",
}  # fmt: skip

_COPIED = (
    "form", "item_id", "position", "own_title", "own_summary", "own_url", "own_source",
    "own_picture_id", "own_alt", "shows_picture", "only",
)  # fmt: skip


def duplicate(issue: Issue, on: date, by: User | None = None) -> Issue:
    """A draft with the next number, that says what `issue` does, to be sent on the day `on`."""
    publication = issue.publication
    copy = Issue(
        publication=publication,
        number=publication.next_number(),
        planned_on=on,
        composed_by=by,
        composed_at=now(),
        preheader=issue.preheader,
        editorial=issue.editorial,
        sections=[_section(section) for section in issue.sections],
    )
    copy.subject = issue.subject.replace(issue.title, copy.title)
    db.session.add(copy)
    db.session.flush()
    return copy


def create(name: str, like: Publication | None = None) -> Publication:
    """A new letter of this name, with the recipe of another or none."""
    publication = Publication(name=name, slug=free_slug(name))
    if like is not None:
        publication.recipe = [RecipeSection(**_rule(section)) for section in like.recipe]
    db.session.add(publication)
    db.session.flush()
    return publication


def free_slug(name: str) -> str:
    """« lettre-des-elus »: what its addresses are called, that no other letter has."""
    start = re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")[:50] or "lettre"
    taken = {*db.session.scalars(sa.select(Publication.slug)), *RESERVED}
    count, slug = 1, start
    while slug in taken:
        count += 1
        slug = f"{start}-{count}"
    return slug


def _section(section: Section) -> Section:
    placements = [
        Placement(**{name: getattr(placement, name) for name in _COPIED})
        for placement in section.placements
    ]
    return Section(**_rule(section), placements=placements)


def _rule(section: SectionRule) -> dict[str, object]:
    return {name: getattr(section, name) for name in SectionRule.RULE}
