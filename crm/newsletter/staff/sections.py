"""The sections of one number: add, rename, move, remove. The recipe does not change."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.auth import PUBLISH, allow
from crm.db import db
from crm.forms import Form, choice, line
from crm.newsletter import arrange
from crm.newsletter.desk.gestures import gesture, hold
from crm.newsletter.issues import Issue, Layout, Section
from crm.newsletter.staff.issues import draft

bp = Blueprint("sections", __name__)


class SectionForm(Form):
    title = line("Titre de la rubrique", 120, required=True)
    layout = choice(
        "Présentation", [(layout.value, layout.label) for layout in Layout],
        default=Layout.CARDS.value,
    )  # fmt: skip


@bp.route("/numeros/<int:issue_id>/rubriques", methods=["GET", "POST"])
@allow(PUBLISH)
def new(issue_id: int) -> ResponseReturnValue:
    issue, form = draft(issue_id), SectionForm()
    if not form.is_valid_post():
        return _page(issue, None, form)
    with gesture(issue, f"ajouter la rubrique «\u00a0{form.title.data}\u00a0»", by=current_user):
        section = arrange.open_section(issue, form.title.data, Layout(form.layout.data))
    db.session.commit()
    return _back(issue, section)


@bp.route("/rubriques/<int:section_id>", methods=["GET", "POST"])
@allow(PUBLISH)
def edit(section_id: int) -> ResponseReturnValue:
    section = _section(section_id)
    issue = section.issue
    form = SectionForm(data={"title": section.title, "layout": section.layout.value})
    if not form.is_valid_post():
        return _page(issue, section, form)
    with gesture(issue, f"changer la rubrique «\u00a0{section.title}\u00a0»", by=current_user):
        section.title, section.layout = form.title.data, Layout(form.layout.data)
    db.session.commit()
    return _back(issue, section)


@bp.post("/rubriques/<int:section_id>/place")
@allow(PUBLISH)
def move(section_id: int) -> ResponseReturnValue:
    section = _section(section_id)
    issue = section.issue
    with gesture(issue, f"déplacer la rubrique «\u00a0{section.title}\u00a0»", by=current_user):
        arrange.step_section(section, -1 if request.form.get("sens") == "haut" else 1)
    db.session.commit()
    return _back(issue, section)


@bp.post("/rubriques/<int:section_id>/suppression")
@allow(PUBLISH)
def delete(section_id: int) -> ResponseReturnValue:
    """Take a section out of this number, with what is in it: undoing brings it all back."""
    section = _section(section_id)
    issue, title = section.issue, section.title
    with gesture(issue, f"retirer la rubrique «\u00a0{title}\u00a0»", by=current_user):
        arrange.close_section(section)
    db.session.commit()
    flash(f"La rubrique «\u00a0{title}\u00a0» est retirée de ce numéro\u00a0; vous pouvez annuler.")
    return redirect(url_for("staff.newsletter.issues.show", issue_id=issue.id))


def _page(issue: Issue, section: Section | None, form: SectionForm) -> ResponseReturnValue:
    return render_template(
        "staff/newsletter/sections/edit.html", issue=issue, section=section, form=form
    ), (422 if form.errors else 200)


def _section(section_id: int) -> Section:
    """The section, nobody else changing its issue until the commit when something is posted."""
    issue = draft(db.get_or_404(Section, section_id).issue_id)
    if request.method == "POST":
        hold(issue)
        db.session.expire_all()
    found = (section for section in issue.sections if section.id == section_id)
    return next(found, None) or abort(404)


def _back(issue: Issue, section: Section) -> ResponseReturnValue:
    page = url_for("staff.newsletter.issues.show", issue_id=issue.id)
    return redirect(f"{page}#rubrique-{section.id}")
