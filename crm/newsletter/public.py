"""The letters as visitors see them: archive, subscription, leaving."""

from flask import Blueprint

bp = Blueprint("newsletter", __name__, url_prefix="/lettres")
