"""Pictures: without words for those who do not see them, too heavy, or that never came."""

from collections.abc import Iterator

import sqlalchemy as sa

from crm.db import db
from crm.filters import weight as weighing
from crm.newsletter.checks.findings import Finding, Weight, Where, on_item, quoted
from crm.newsletter.issues import Issue, Layout
from crm.newsletter.items import Picture
from crm.newsletter.placements import Form, Placement

HEAVY = 300_000  # bytes: a telephone on a poor network waits for it
_SHOWING = (Layout.FEATURE, Layout.CARDS)


def descriptions(issue: Issue) -> Iterator[Finding]:
    """A picture says something: its alternative text says it too (RGAA 4.1, criterion 1.1)."""
    for placement in _pictured(issue):
        if not placement.alt.strip():
            # Beside an item, its title says most of it; alone, nothing else does.
            alone = placement.form is Form.PICTURE
            weight = Weight.BLOCKING if alone else Weight.ADVICE
            words = f"L’image de {quoted(placement.name)} n’a pas de texte de remplacement."
            yield Finding(words, Where.PLACEMENT, placement.id, weight)


def weights(issue: Issue) -> Iterator[Finding]:
    shown = {one.picture.id: one for one in _pictured(issue) if one.picture is not None}
    sizes = sa.select(Picture.id, sa.func.length(Picture.content)).where(Picture.id.in_(shown))
    for picture_id, size in db.session.execute(sizes):
        if size > HEAVY:
            name = quoted(shown[picture_id].name)
            yield on_item(shown[picture_id], f"L’image de {name} pèse {weighing(size)}.")


def absences(issue: Issue) -> Iterator[Finding]:
    for placement in issue.placements:
        item = placement.item
        if item is None or placement.section.layout not in _SHOWING or not placement.shows_picture:
            continue
        if item.picture_url and item.picture is None and item.picture_tried_at is not None:
            words = f"L’image de {quoted(placement.title)} n’a pas pu être chargée."
            yield on_item(placement, words)


def _pictured(issue: Issue) -> Iterator[Placement]:
    for placement in issue.placements:
        if placement.picture is not None and (
            placement.is_free or placement.section.layout in _SHOWING
        ):
            yield placement
