"""A number as it will arrive, as it is written: each way of reading it, and as one subscriber."""

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from crm.auth import READ, allow
from crm.db import db, reading
from crm.identity import Identity
from crm.newsletter import variants
from crm.newsletter.content import Content
from crm.newsletter.issues import Issue, Section
from crm.newsletter.placements import Placement
from crm.newsletter.render import Letter, personal, render
from crm.newsletter.staff import words
from crm.newsletter.staff.issues import TextsForm, find, preview_state
from crm.newsletter.subscriptions import Subscription
from crm.preview import mail_page
from crm.text import normal_email

bp = Blueprint("preview", __name__)

_DARK = "@media (prefers-color-scheme: dark)"
_SCHEMES = '<meta name="color-scheme" content="light dark"'


@bp.get("/numeros/<int:issue_id>/apercu")
@allow(READ)
def show(issue_id: int) -> ResponseReturnValue:
    issue = find(issue_id)
    letter = _letter(issue)
    return render_template(
        "staff/newsletter/preview/show.html",
        issue=issue,
        letter=letter,
        weight=len(letter.html.encode()),
        subscriber=_reader(issue),
        **preview_state(),
    )


@bp.post("/numeros/<int:issue_id>/apercu/abonne")
@allow(READ)
def choose(issue_id: int) -> ResponseReturnValue:
    """Look at it as one subscriber. The address is posted: it has no place in an address."""
    issue = find(issue_id)
    found = Subscription.of(issue.publication, normal_email(request.form.get("email", "")) or "")
    if found is None:
        flash(f"Personne n’est abonné à {issue.publication.name} avec cette adresse.", "problem")
    page = "issues" if request.form.get("page") == "atelier" else "preview"
    return redirect(
        url_for(
            f"staff.newsletter.{page}.show",
            issue_id=issue.id,
            vue=request.form.get("vue") or None,
            abonne=found.id if found else None,
        )
    )


@bp.get("/numeros/<int:issue_id>/apercu.html")
@allow(READ)
def html(issue_id: int) -> Response:
    return _shown(_letter(find(issue_id)))


@bp.get("/numeros/<int:issue_id>/apercu.txt")
@allow(READ)
def text(issue_id: int) -> Response:
    return _told(_letter(find(issue_id)))


@bp.post("/numeros/<int:issue_id>/apercu.html")
@allow(READ)
def live(issue_id: int) -> Response:
    """The letter with what is being typed and is not kept yet. Nothing is written."""
    db.session.rollback()  # whoever writes need not wait for a look
    with reading():
        issue = find(issue_id)
        if issue.is_draft:
            _type_in(issue)
        with db.session.no_autoflush:
            letter = _letter(issue)
        db.session.rollback()
    return _told(letter) if request.form.get("vue") == "texte" else _shown(letter)


def _type_in(issue: Issue) -> None:
    """Have the rows say what is typed, as far as it makes sense, and never keep it."""
    whole = (Placement.id == request.form.get("place", 0, type=int), Section.issue_id == issue.id)
    with db.session.no_autoflush:
        placement = db.session.scalar(select(Placement).join(Placement.section).where(*whole))
        if placement is not None:
            form = words.form_for(placement)
            form.validate()
            wrong = set(form.errors)
            typed = {name: said for name, said in words.typed(form).items() if name not in wrong}
            words.write(placement, typed)
        elif "subject" in request.form:
            texts = TextsForm(obj=issue)
            texts.validate()
            for name, value in texts.data.items():
                if name not in texts.errors:
                    setattr(issue, name, value)


def _letter(issue: Issue) -> Letter:
    # Pictures are asked of the address one is reading on, which may differ from the public one.
    base_url = request.url_root.rstrip("/")
    content, reader = Content.of(issue), _reader(issue)
    if reader is not None:
        content = variants.seen_by(content, reader)
    return render(content, Identity.current(), base_url)


def _reader(issue: Issue) -> Subscription | None:
    """The subscriber whose letter is looked at, if any."""
    number = request.values.get("abonne", 0, type=int)
    found = db.session.get(Subscription, number) if number else None
    if found is not None and found.publication_id != issue.publication_id:
        abort(404)
    return found


def _shown(letter: Letter) -> Response:
    """The mail as a page; in the dark when asked, in the light otherwise, whatever this screen."""
    is_dark = request.values.get("vue") == "sombre"
    page = letter.html.replace(_DARK, "@media all" if is_dark else "@media not all")
    scheme = _SCHEMES.replace("light dark", "dark" if is_dark else "light")
    return mail_page(_filled(page.replace(_SCHEMES, scheme)))


def _told(letter: Letter) -> Response:
    return Response(_filled(letter.text), mimetype="text/plain")


def _filled(part: str) -> str:
    """With links that lead somewhere true, and that change nothing for anybody."""
    here = url_for("public.newsletter.subscriptions.new", _external=True)
    return personal(part, leave_url=here, preferences_url=here)
