"""Réglages: the network's identity, how letters leave, the team's accounts, mails on the disk."""

from flask import Blueprint

from crm.settings import accounts, acts, backups, checkup, courtesy, hold, identity, mails


def blueprint() -> Blueprint:
    """The pages of the settings, with an endpoint like `staff.settings.accounts.index`."""
    settings = Blueprint("settings", __name__, url_prefix="/reglages")
    for module in (identity, courtesy, accounts, acts, mails, backups, checkup, hold):
        settings.register_blueprint(module.bp)
    return settings
