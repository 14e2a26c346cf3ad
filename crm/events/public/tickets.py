"""The QR code that somebody shows at the door, on their own page."""

from flask import Blueprint, Response

from crm.events import tickets
from crm.events.public.own import opened

bp = Blueprint("tickets", __name__)
bp.add_app_template_global(tickets.is_shown, "shows_ticket")


@bp.get("/inscriptions/<token>/code.svg")
def show(token: str) -> Response:
    picture = tickets.as_svg(tickets.url(opened(token)))
    response = Response(picture, mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    response.headers["Cache-Control"] = "private, no-store"
    return response
