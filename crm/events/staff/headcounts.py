"""The head-counts that are missing, each to be given in one gesture."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload

from crm.auth import READ, allow
from crm.db import db
from crm.events.events import Event
from crm.events.head_counts import missing
from crm.events.kinds import CountKind
from crm.events.wording import when

bp = Blueprint("headcounts", __name__)


@bp.get("/effectifs")
@allow(READ)
def index() -> ResponseReturnValue:
    query = missing().options(joinedload(Event.officer))
    return render_template(
        "staff/events/headcounts/index.html",
        page=db.paginate(query, per_page=30),
        kinds=CountKind,
        when=when,
    )
