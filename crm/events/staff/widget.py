"""The snippets that put the programme on the network's own site."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from crm.auth import READ, allow
from crm.config import Settings

bp = Blueprint("widget", __name__)


@bp.get("/integrer")
@allow(READ)
def show() -> ResponseReturnValue:
    settings = Settings.current()
    return render_template(
        "staff/events/widget/show.html",
        base_url=settings.base_url,
        origins=settings.embed_origins,
    )
