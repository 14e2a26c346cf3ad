"""The team’s pages of privacy: someone’s file, retention, consents, the register, the notices."""

from flask import Blueprint

from crm.privacy.staff import consents, notices, people, register, retention


def blueprint() -> Blueprint:
    """The pages of privacy, with an endpoint like `staff.privacy.people.show`."""
    privacy = Blueprint("privacy", __name__, url_prefix="/vie-privee")
    for module in (people, retention, consents, register, notices):
        privacy.register_blueprint(module.bp)
    return privacy
