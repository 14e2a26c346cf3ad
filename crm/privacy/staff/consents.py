"""The register of consents, with the proof of each."""

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from crm.auth import PUBLISH, allow
from crm.contacts.files.downloads import csv_lines
from crm.filters import today
from crm.privacy import consents
from crm.privacy.pages import Listing

bp = Blueprint("consents", __name__, url_prefix="/accords")


@bp.get("/")
@allow(PUBLISH)
def index() -> ResponseReturnValue:
    words, page = request.args.get("q", "").strip()[:200], Listing.asked_page()
    rows = consents.agreed(words, Listing.SIZE, (page - 1) * Listing.SIZE)
    return render_template(
        "staff/privacy/consents/index.html",
        words=words,
        page=Listing(rows, consents.count(words), page),
    )


@bp.get("/accords.csv")
@allow(PUBLISH)
def table() -> Response:
    rows = consents.table(request.args.get("q", "").strip()[:200])
    name = f"accords-{today().isoformat()}.csv"
    return Response(
        b"".join(csv_lines(consents.HEADINGS, rows)),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
