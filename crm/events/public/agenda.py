"""The public programme: month and list, an event's page, calendars to subscribe to, a feed."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.http import quote_etag

from crm.auth import may
from crm.calendars import as_file
from crm.config import Settings
from crm.csrf import embeddable
from crm.db import db
from crm.downloads import download
from crm.events import feed as feeds
from crm.events import programme
from crm.events.documents import Document
from crm.events.events import Event
from crm.events.invitations import as_public
from crm.events.kinds import Shown
from crm.events.programme import Filters, Month
from crm.events.register import refusal
from crm.events.structured import structured
from crm.events.wording import address, days_of, when, where, with_whom
from crm.filters import day as say_day
from crm.filters import today

bp = Blueprint("agenda", __name__)
bp.add_app_template_filter(when, "event_when")
bp.add_app_template_filter(where, "event_where")
bp.add_app_template_filter(days_of, "event_days")

_SHORT = 5  # events of the widget


@bp.get("/agenda", strict_slashes=False)
@embeddable
def index() -> ResponseReturnValue:
    """The list of what is to come, or one month."""
    filters = Filters.read(request.args)
    shown = {
        "filters": filters, "themes": programme.themes(), "today": today(),
        "departments": programme.departments(), "site": Settings.current().base_url,
    }  # fmt: skip
    return render_template("public/events/agenda/index.html", **shown, **_listed(filters))


def _listed(filters: Filters) -> dict[str, Any]:
    if filters.month is not None:
        return {"month": filters.month, "days": programme.of_month(filters, filters.month)}
    page = db.paginate(filters.query(), per_page=30)
    return {"month": None, "page": page, "this_month": Month.of(today())}


@bp.get("/agenda/widget")
@embeddable
def widget() -> ResponseReturnValue:
    """The next events, a few lines to put in a page of the network's own site."""
    filters = Filters.read(request.args)
    wanted = request.args.get("nombre", _SHORT, type=int)
    events = db.session.scalars(filters.query().limit(min(max(wanted, 1), 20))).all()
    return render_template("public/events/agenda/widget.html", events=events)


@bp.get("/agenda.ics")
def calendar() -> Response:
    """The programme as a calendar to subscribe to (RFC 5545), narrowed as the page is."""
    filters = Filters.read(request.args)
    known = feeds.version(filters)
    response = Response(mimetype="text/calendar")
    response.headers["Content-Disposition"] = 'inline; filename="agenda.ics"'
    response.headers["Cache-Control"] = "public, max-age=300"
    response.set_etag(known)
    if quote_etag(known) not in request.headers.get("If-None-Match", ""):
        response.set_data(feeds.calendar_file(filters, known))
    response.make_conditional(request)
    return response


@bp.get("/agenda/flux.xml")
def feed() -> Response:
    """The next events as an Atom feed (RFC 4287)."""
    body = render_template(
        "public/events/agenda/feed.xml",
        events=programme.upcoming(40),
        base_url=Settings.current().base_url,
    )
    return Response(body, mimetype="application/atom+xml")


@bp.get("/agenda/<slug>")
@embeddable
def show(slug: str) -> ResponseReturnValue:
    event = shown(slug)
    public = [one for one in event.documents if one.shown is Shown.EVERYONE]
    return render_template(
        "public/events/agenda/show.html",
        event=event,
        when=when(event),
        where=where(event),
        address=address(event),
        with_whom=with_whom(event),
        refusal=refusal(event),
        documents=public,
        structured=structured(event),
        others=_others(event),
    )


def _others(event: Event) -> list[Event]:
    """The other public events of its series."""
    if event.series is None:
        return []
    return [one for one in event.series.events if one is not event and one.is_published]


@bp.get("/agenda/<slug>.ics")
def event_calendar(slug: str) -> Response:
    """All the days of an event, to put in a calendar."""
    event = shown(slug)
    response = Response(as_file(as_public(event)), mimetype="text/calendar")
    response.headers["Content-Disposition"] = f'attachment; filename="{event.slug}.ics"'
    return response


@bp.get("/agenda/<slug>/documents/<int:document_id>")
def document(slug: str, document_id: int) -> Response:
    """A document that is for everyone."""
    event = shown(slug)
    kept = db.session.get(Document, document_id)
    if kept is None or kept.event_id != event.id or kept.shown is not Shown.EVERYONE:
        abort(404)
    return download(kept.name, kept.content)


def shown(slug: str) -> Event:
    """The event of this address, if the public sees it; the team sees those being prepared too."""
    event = Event.find(slug)
    hidden = event is not None and not event.is_published
    if event is None or (hidden and not (current_user and may("staff.events.card.show"))):
        abort(404, "Cet événement n’est pas dans l’agenda.")
    return event


@bp.app_template_global()
def month_name(day: date) -> str:
    """« mars 2027 »."""
    return say_day(day.replace(day=2), "MMMM y")
