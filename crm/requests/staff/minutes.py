"""The minutes of past meetings: a page, and a PDF."""

from flask import Blueprint, Response, abort, render_template
from flask.typing import ResponseReturnValue

from crm.auth import READ, allow
from crm.db import db
from crm.requests import minutes
from crm.requests.meetings import Meeting

bp = Blueprint("minutes", __name__, url_prefix="/reunions")


@bp.get("/")
@allow(READ)
def index() -> ResponseReturnValue:
    return render_template(
        "staff/requests/minutes/index.html",
        page=db.paginate(Meeting.held(), per_page=30),
        summary=minutes.summary,
    )


@bp.get("/<int:meeting_id>")
@allow(READ)
def show(meeting_id: int) -> ResponseReturnValue:
    meeting = _closed(meeting_id)
    return render_template(
        "staff/requests/minutes/show.html",
        meeting=meeting,
        sections=minutes.told(meeting),
        summary=minutes.summary(meeting),
    )


@bp.get("/<int:meeting_id>.pdf")
@allow(READ)
def pdf(meeting_id: int) -> Response:
    meeting = _closed(meeting_id)
    response = Response(minutes.as_pdf(meeting), mimetype="application/pdf")
    name = f"reunion-{meeting.held_on:%Y-%m-%d}.pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _closed(meeting_id: int) -> Meeting:
    meeting = db.get_or_404(Meeting, meeting_id)
    if not meeting.is_closed:
        abort(404, "Cette réunion n’est pas finie : son compte rendu s’écrira à la clôture.")
    return meeting
