"""A number as it will arrive: mail on a computer, on a telephone, and as text."""

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.auth import READ, allow
from crm.identity import Identity
from crm.newsletter.content import Content
from crm.newsletter.issues import Issue
from crm.newsletter.render import Letter, personal, render
from crm.newsletter.staff.issues import find
from crm.preview import mail_page

bp = Blueprint("preview", __name__)

VIEWS = {"ordinateur": "Ordinateur", "telephone": "Téléphone", "texte": "Texte"}


@bp.get("/numeros/<int:issue_id>/apercu")
@allow(READ)
def show(issue_id: int) -> ResponseReturnValue:
    issue = find(issue_id)
    view = request.args.get("vue", "ordinateur")
    letter = _letter(issue)
    return render_template(
        "staff/newsletter/preview/show.html",
        issue=issue,
        view=view if view in VIEWS else "ordinateur",
        views=VIEWS,
        letter=letter,
        weight=len(letter.html.encode()),
    )


@bp.get("/numeros/<int:issue_id>/apercu.html")
@allow(READ)
def html(issue_id: int) -> Response:
    return mail_page(_filled(_letter(find(issue_id)).html))


@bp.get("/numeros/<int:issue_id>/apercu.txt")
@allow(READ)
def text(issue_id: int) -> Response:
    return Response(_filled(_letter(find(issue_id)).text), mimetype="text/plain")


def _letter(issue: Issue) -> Letter:
    # Pictures are asked of the address one is reading on, which may differ from the public one.
    base_url = request.url_root.rstrip("/")
    return render(Content.of(issue), Identity.current(), base_url)


def _filled(part: str) -> str:
    """With links that lead somewhere true, and that change nothing for anybody."""
    here = url_for("public.newsletter.subscriptions.new", _external=True)
    return personal(part, leave_url=here, preferences_url=here)
