"""A second pair of eyes: « à relire », « relu par », « à reprendre »."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.auth import PUBLISH, READ, WORK, allow
from crm.db import db
from crm.forms import Form, text
from crm.newsletter import review
from crm.newsletter.issues import Issue
from crm.newsletter.staff.issues import draft, find

bp = Blueprint("reviews", __name__)


class NoteForm(Form):
    note = text("Un mot pour son auteur", 1000, hint="Ce qu’il faut reprendre.")


@bp.get("/numeros/<int:issue_id>/relecture")
@allow(READ)
def show(issue_id: int) -> ResponseReturnValue:
    return _page(find(issue_id), NoteForm())


@bp.post("/numeros/<int:issue_id>/relecture/demande")
@allow(PUBLISH)
def create(issue_id: int) -> ResponseReturnValue:
    issue = draft(issue_id)
    review.ask(issue, current_user)
    db.session.commit()
    flash(f"{issue.title} est à relire\u00a0: l’équipe le voit sur sa page d’accueil.")
    return redirect(url_for(".show", issue_id=issue.id))


@bp.post("/numeros/<int:issue_id>/relecture/avis")
@allow(WORK)
def decide(issue_id: int) -> ResponseReturnValue:
    issue, form = draft(issue_id), NoteForm()
    is_good = request.form.get("avis") == "bon"
    is_valid = form.validate()
    if is_valid and not is_good and not form.note.data:
        form.note.errors = ["Dites en un mot ce qui est à reprendre."]
    if form.errors:
        return _page(issue, form), 422
    try:
        if is_good:
            review.approve(issue, current_user)
        else:
            review.send_back(issue, current_user, form.note.data)
    except review.NotYours as refused:
        abort(409, str(refused))
    db.session.commit()
    flash(f"{issue.title} est relu." if is_good else f"{issue.title} est à reprendre.")
    return redirect(url_for(".show", issue_id=issue.id))


def _page(issue: Issue, form: NoteForm) -> str:
    return render_template(
        "staff/newsletter/reviews/show.html",
        issue=issue,
        form=form,
        lacking=review.lacks(issue),
        is_author=review.is_author(issue, current_user),
        is_reviewed=review.is_reviewed(issue),
    )
