"""What people thought of one event: the shares, the pictures, the tables, the words."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from flask import Blueprint, Response, abort, render_template
from flask.typing import ResponseReturnValue

from crm.auth import READ, allow
from crm.contacts.files.downloads import Row, csv_lines, write_xlsx
from crm.events import opine
from crm.events.afterwards import FollowUp
from crm.events.events import Event
from crm.events.staff.card import find

bp = Blueprint("satisfaction", __name__, url_prefix="/<int:event_id>/satisfaction")

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("/")
@allow(READ)
def show(event_id: int) -> ResponseReturnValue:
    event = find(event_id)
    results, opinions = opine.results(event)
    return render_template(
        "staff/events/satisfaction/show.html",
        event=event,
        results=results,
        opinions=opinions,
        answers=opine.ANSWERS,
        short=opine.SHORT,
        asked=FollowUp.read(event).thanked_at is not None,
    )


@bp.get("/avis.<form>")
@allow(READ)
def rows(event_id: int, form: str) -> Response:
    """Every opinion, without a name, as a file."""
    event = find(event_id)
    headings = [*opine.SHORT.values(), "Utile", "À améliorer"]
    if form == "csv":
        content, mimetype = b"".join(csv_lines(headings, _rows(event))), "text/csv"
    elif form == "xlsx":
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "fichier.xlsx")
            write_xlsx(path, headings, _rows(event), sheet="Avis")
            content, mimetype = path.read_bytes(), _XLSX
    else:
        abort(404)
    response = Response(content, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="avis-{event.slug}.{form}"'
    return response


def _rows(event: Event) -> Iterator[Row]:
    for one in opine.results(event)[1]:
        marks = [opine.ANSWERS.get(one.marks.get(key, 0), "") for key in opine.QUESTIONS]
        yield [*marks, one.liked, one.better]
