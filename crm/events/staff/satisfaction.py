"""What people thought of one event: the shares, the pictures, the tables, the words."""

from collections.abc import Iterator

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from crm import downloads
from crm.auth import READ, allow
from crm.events import opine
from crm.events.afterwards import FollowUp
from crm.events.events import Event
from crm.events.staff.card import find
from crm.tables import Row

bp = Blueprint("satisfaction", __name__, url_prefix="/<int:event_id>/satisfaction")


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
    return downloads.table(f"avis-{event.slug}.{form}", headings, _rows(event), sheet="Avis")


def _rows(event: Event) -> Iterator[Row]:
    for one in opine.results(event)[1]:
        marks = [opine.ANSWERS.get(one.marks.get(key, 0), "") for key in opine.QUESTIONS]
        yield [*marks, one.liked, one.better]
