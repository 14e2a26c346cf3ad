"""The rows behind the figures of people and structures: each once, with what they came to."""

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from crm import downloads
from crm.auth import READ, WORK, allow
from crm.db import db
from crm.events import attendees, report, who_came
from crm.events.attendees import Attendee, each
from crm.events.figures import NOTHING
from crm.events.who_came import People
from crm.listing import Listing
from crm.periods import Period
from crm.tables import Row

bp = Blueprint("attendees", __name__, url_prefix="/bilan")

_PRESENCES = {
    "": "Présences", "sans-nom": "Places sans nom", "sans-structure": "Présences sans structure",
}  # fmt: skip


class Chosen(NamedTuple):
    """Which structures an address asks for."""

    title: str
    number: int
    where: dict[str, Any]


@bp.get("/personnes")
@allow(READ)
def people() -> ResponseReturnValue:
    """The people who came, each once."""
    period = Period.read(request.args)
    number = who_came.people(period).people
    listing = _page(number, partial(attendees.people, period))
    return render_template("staff/events/attendees/people.html", period=period, listing=listing)


@bp.get("/structures")
@allow(READ)
def structures() -> ResponseReturnValue:
    """The structures that came, each once: `quoi` or `type` chooses among them."""
    period = Period.read(request.args)
    chosen = _chosen(who_came.people(period))
    listing = _page(chosen.number, partial(attendees.structures, period, **chosen.where))
    return render_template(
        "staff/events/attendees/structures.html",
        period=period,
        chosen=chosen,
        listing=listing,
    )


def _chosen(told: People) -> Chosen:
    code = request.args.get("type")
    if code is not None:
        code = "" if code == NOTHING else code
        found = next((one for one in told.by_type if one.code == code), None)
        if found is None:
            abort(404, "Aucune structure de ce type n’est venue.")
        return Chosen(f"Structures\u00a0: {found.label}", found.number, {"code": code})
    kinds = {
        "": Chosen("Structures venues", told.structures, {}),
        "hors-secteur": Chosen("Structures hors secteur", told.outside, {"outside": True}),
        "type-connu": Chosen("Structures de type connu", told.typed, {"outside": False}),
    }
    what = request.args.get("quoi", "")
    return kinds.get(what) or abort(404, "Cette liste n’existe pas.")


@bp.get("/presences")
@allow(READ)
def presences() -> ResponseReturnValue:
    """Who came to what, one row for each time."""
    period, what = Period.read(request.args), request.args.get("quoi", "")
    if what not in _PRESENCES:
        abort(404, "Cette liste n’existe pas.")
    return render_template(
        "staff/events/attendees/presences.html",
        period=period,
        what=what,
        name=_PRESENCES[what],
        nameless=who_came.people(period).nameless if what == "sans-nom" else 0,
        page=db.paginate(attendees.presences(period, what), per_page=Listing.SIZE),
    )


def _page(total: int, rows: Any) -> Listing:
    page = min(Listing.asked_page(), max(1, -(-total // Listing.SIZE)))
    found = rows(offset=(page - 1) * Listing.SIZE, limit=Listing.SIZE)
    return Listing(found, total, page)


@bp.get("/personnes.<form>")
@allow(WORK)
def people_file(form: str) -> Response:
    period = Period.read(request.args)
    headings = ("Personne", "Événements", "Lesquels")
    told = (_cells(one)[:1] + _cells(one)[2:] for one in each(partial(attendees.people, period)))
    return _file("personnes", form, headings, told, period)


@bp.get("/structures.<form>")
@allow(WORK)
def structures_file(form: str) -> Response:
    period = Period.read(request.args)
    chosen = _chosen(who_came.people(period))
    told = map(_cells, each(partial(attendees.structures, period, **chosen.where)))
    headings = ("Structure", "Type d’acteur", "Événements", "Lesquels")
    return _file("structures", form, headings, told, period)


@bp.get("/presences.<form>")
@allow(WORK)
def presences_file(form: str) -> Response:
    """Who came to what, as a file."""
    period, what = Period.read(request.args), request.args.get("quoi", "")
    told = report.presence_rows(period, what if what in _PRESENCES else "")
    return _file("presences", form, report.PRESENCES, told, period)


def _cells(one: Attendee) -> tuple[Any, ...]:
    titles = " ; ".join(coming.title for coming in one.comings)
    return one.name, one.detail, len(one.comings), titles


def _file(name: str, form: str, headings: Row, rows: Iterator[Row], period: Period) -> Response:
    dates = f"{period.starts:%Y-%m-%d}-{period.ends:%Y-%m-%d}"
    return downloads.table(f"{name}-{dates}.{form}", headings, rows, sheet="Événements")
