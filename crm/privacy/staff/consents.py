"""The register of consents, with the proof of each."""

from collections.abc import Mapping

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from crm import downloads
from crm.acts import Did, record_reading
from crm.auth import PUBLISH, allow
from crm.db import start_reading
from crm.filters import today
from crm.listing import Listing
from crm.privacy import consents

bp = Blueprint("consents", __name__, url_prefix="/accords")


@bp.get("/")
@allow(PUBLISH)
def index() -> ResponseReturnValue:
    words, page = _words(request.args), Listing.asked_page()
    rows = consents.agreed(words, Listing.SIZE, (page - 1) * Listing.SIZE)
    return render_template(
        "staff/privacy/consents/index.html",
        words=words,
        page=Listing(rows, consents.count(words), page),
    )


@bp.post("/accords.csv")
@allow(PUBLISH)
def table() -> Response:
    start_reading()
    name = f"accords-{today().isoformat()}.csv"
    response = downloads.table(name, consents.HEADINGS, consents.table(_words(request.form)))
    record_reading(Did.EXPORTED, detail="les accords")
    return response


def _words(typed: Mapping[str, str]) -> str:
    return typed.get("q", "").strip()[:200]
