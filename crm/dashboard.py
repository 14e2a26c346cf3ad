"""Accueil: what needs doing today."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from crm.auth import READ, allow

bp = Blueprint("dashboard", __name__)


@bp.get("/")
@allow(READ)
def index() -> ResponseReturnValue:
    return render_template("staff/dashboard/index.html")
