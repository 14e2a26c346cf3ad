"""The letters as visitors see them: the archive, and their own subscription."""

from flask import Blueprint

from crm.newsletter.public import archive, counting, preferences, propositions, subscriptions


def blueprint() -> Blueprint:
    """The public pages of the letters, with an endpoint like `public.newsletter.archive.show`."""
    letters = Blueprint("newsletter", __name__, url_prefix="/lettres")
    for module in (archive, counting, preferences, propositions, subscriptions):
        letters.register_blueprint(module.bp)
    return letters
