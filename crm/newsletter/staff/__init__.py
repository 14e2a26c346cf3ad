"""The letters as the team sees them: one module per noun, mounted under /gestion/lettres."""

from flask import Blueprint


def blueprint() -> Blueprint:
    """The pages of the letters, with an endpoint like `staff.newsletter.items.index`."""
    letters = Blueprint("newsletter", __name__, url_prefix="/lettres")
    return letters
