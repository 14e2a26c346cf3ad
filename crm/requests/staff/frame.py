"""The snippet that puts the public form on the network's own site."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from crm.auth import READ, allow
from crm.config import Settings

bp = Blueprint("frame", __name__)


@bp.get("/integrer")
@allow(READ)
def show() -> ResponseReturnValue:
    settings = Settings.current()
    return render_template(
        "staff/requests/frame/show.html",
        base_url=settings.base_url,
        origins=settings.embed_origins,
    )
