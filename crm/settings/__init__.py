"""Réglages: the network's identity, the team's accounts, the mails written to disk."""

from flask import Blueprint

from crm.settings import accounts, identity, mails


def blueprint() -> Blueprint:
    """The pages of the settings, with an endpoint like `staff.settings.accounts.index`."""
    settings = Blueprint("settings", __name__, url_prefix="/reglages")
    for module in (identity, accounts, mails):
        settings.register_blueprint(module.bp)
    return settings
