"""The contacts: one box on every page, and the full page with its facets."""

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.auth import READ, allow
from crm.contacts.kinds import ContactKind
from crm.contacts.search.criteria import PAGE, Search, Sort
from crm.contacts.search.facets import SINCE
from crm.contacts.search.map import draw
from crm.contacts.search.results import find
from crm.contacts.search.suggest import Hit, suggest

bp = Blueprint("search", __name__)

VIEWS = {"liste": "Liste", "carte": "Carte"}


@bp.get("/contacts/")
@allow(READ)
def index() -> ResponseReturnValue:
    search = Search.parse(request.query_string.decode("utf-8", "replace"))
    found = find(search)
    total = found.total()
    view = "carte" if request.args.get("vue") == "carte" else "liste"
    return render_template(
        "staff/contacts/search/index.html",
        search=search,
        total=total,
        facets=found.facets(),
        hits=found.page() if view != "carte" else [],
        shapes=draw(found.by_department()) if view == "carte" else None,
        view=view,
        views=VIEWS,
        address=lambda other, shown=view: _address(other, shown),
        sorts=Sort,
        since=SINCE,
        pages=-(-total // PAGE),
        card=card,
    )


def _address(search: Search, view: str) -> str:
    """The address of another search, seen as a list or as a map."""
    parts = [search.query_string(), "" if view == "liste" else f"vue={view}"]
    return "?" + "&".join(filter(None, parts))


@bp.get("/recherche")
@allow(READ)
def suggestions() -> ResponseReturnValue:
    """At most 20 cards, best first, as JSON; a browser that asks for a page gets the full one."""
    words = request.args.get("q", "")
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "text/html":
        return redirect(url_for(".index", q=words))
    return _listed(suggest(words))


def _listed(hits: list[Hit]) -> Response:
    return jsonify(
        results=[
            {"type": hit.type.value, "id": hit.id, "name": hit.name, "detail": hit.detail,
             "url": card(hit)}
            for hit in hits
        ]
    )  # fmt: skip


def card(hit: Hit) -> str:
    """The address of the card that a search found."""
    return card_url(hit.type, hit.id)


def card_url(kind: ContactKind, contact_id: int) -> str:
    if kind is ContactKind.ORGANISATION:
        return url_for("staff.contacts.organisations.show", organisation_id=contact_id)
    return url_for("staff.contacts.people.show", person_id=contact_id)
