"""Réglages: the network's identity, the team's accounts, the mails written to disk."""

from flask import Blueprint

bp = Blueprint("settings", __name__, url_prefix="/reglages")
