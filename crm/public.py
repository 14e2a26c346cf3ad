"""What the whole public site shares: the network's page, its colours and its logo."""

from flask import Blueprint, Response, abort, render_template
from flask.typing import ResponseReturnValue

from crm.colours import light_variant
from crm.db import db
from crm.events.programme import upcoming
from crm.identity import Identity
from crm.newsletter.issues import Issue, Publication

bp = Blueprint("home", __name__)

FOR_A_YEAR = "public, max-age=31536000, immutable"


@bp.get("/")
def index() -> ResponseReturnValue:
    publications = list(db.session.scalars(Publication.open()))
    letters = [(p, list(db.session.scalars(Issue.published(p).limit(3)))) for p in publications]
    return render_template("public/home/index.html", letters=letters, events=upcoming(4))


@bp.get("/identite.css")
def colours() -> Response:
    """The network's two colours, as custom properties: our pages allow no inline style."""
    identity = Identity.current()
    brand, attention = identity.brand, identity.attention
    css = f":root{{--brand:{brand};--attention:{attention}}}\n"
    css += (
        "@media (prefers-color-scheme:dark){:root:not(:has(.framed)){"
        f"--brand:{light_variant(brand)};--attention:{light_variant(attention)}}}}}\n"
    )
    return Response(css, mimetype="text/css", headers={"Cache-Control": FOR_A_YEAR})


@bp.get("/identite/logo")
def logo() -> Response:
    identity = Identity.current()
    if not identity.logo:
        abort(404)
    return Response(
        identity.logo,
        mimetype=identity.logo_type,
        # Webmails fetch it from their own site.
        headers={"Cache-Control": FOR_A_YEAR, "Cross-Origin-Resource-Policy": "cross-origin"},
    )
