"""The letters as the team sees them: one module per noun, mounted under /gestion/lettres."""

from flask import Blueprint

from crm.newsletter.staff import (
    asides,
    checks,
    copies,
    feeds,
    figures,
    gestures,
    health,
    issues,
    items,
    lateness,
    placements,
    preview,
    propositions,
    publications,
    reviews,
    sections,
    sending,
    subscribers,
    trials,
    variants,
)

MODULES = (
    issues,
    placements,
    asides,
    gestures,
    sections,
    preview,
    sending,
    trials,
    figures,
    health,
    items,
    feeds,
    subscribers,
    publications,
    propositions,
    checks,
    copies,
    variants,
    reviews,
    lateness,
)


def blueprint() -> Blueprint:
    """The pages of the letters, with an endpoint like `staff.newsletter.items.index`."""
    letters = Blueprint("newsletter", __name__, url_prefix="/lettres")
    for module in MODULES:
        letters.register_blueprint(module.bp)
    return letters
