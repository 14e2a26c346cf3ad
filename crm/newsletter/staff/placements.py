"""What is placed in a draft: take, reword, move, leave."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.auth import PUBLISH, allow
from crm.db import db
from crm.forms import Form, line, text
from crm.newsletter import arrange
from crm.newsletter.issues import Issue, Section
from crm.newsletter.items import Item
from crm.newsletter.placements import Placement
from crm.newsletter.staff.issues import draft

bp = Blueprint("placements", __name__)


class WordsForm(Form):
    title = line("Titre dans ce numéro", 300, required=True)
    summary = text("Texte dans ce numéro", 5000)


@bp.post("/numeros/<int:issue_id>/contenus")
@allow(PUBLISH)
def create(issue_id: int) -> ResponseReturnValue:
    issue = draft(issue_id)
    item = db.get_or_404(Item, request.form.get("item", 0, type=int))
    section = _section(issue, request.form.get("section", 0, type=int))
    placement = arrange.take(item, section)
    db.session.commit()
    return _back(issue, placement)


@bp.route("/places/<int:placement_id>", methods=["GET", "POST"])
@allow(PUBLISH)
def edit(placement_id: int) -> ResponseReturnValue:
    placement = _placement(placement_id)
    form = WordsForm(obj=placement)
    if form.is_valid_post():
        placement.reword(form.title.data, form.summary.data)
        db.session.commit()
        return _back(placement.section.issue, placement)
    code = 422 if form.errors else 200
    return render_template(
        "staff/newsletter/placements/edit.html", form=form, placement=placement
    ), code


@bp.post("/places/<int:placement_id>/place")
@allow(PUBLISH)
def move(placement_id: int) -> ResponseReturnValue:
    placement = _placement(placement_id)
    issue = placement.section.issue
    if request.form.get("section"):
        section = _section(issue, request.form.get("section", 0, type=int))
        arrange.move(placement, section, request.form.get("index", 10_000, type=int))
    else:
        arrange.step(placement, -1 if request.form.get("sens") == "haut" else 1)
    db.session.commit()
    return _back(issue, placement)


@bp.post("/places/<int:placement_id>/retrait")
@allow(PUBLISH)
def delete(placement_id: int) -> ResponseReturnValue:
    placement = _placement(placement_id)
    section = placement.section
    arrange.leave(placement)
    db.session.commit()
    return redirect(
        url_for("staff.newsletter.issues.show", issue_id=section.issue_id)
        + f"#rubrique-{section.id}"
    )


def _placement(placement_id: int) -> Placement:
    placement = db.get_or_404(Placement, placement_id)
    draft(placement.section.issue_id)
    return placement


def _section(issue: Issue, section_id: int) -> Section:
    found = (section for section in issue.sections if section.id == section_id)
    return next(found, None) or abort(400, "Cette rubrique n’est pas dans ce numéro.")


def _back(issue: Issue, placement: Placement) -> ResponseReturnValue:
    page = url_for("staff.newsletter.issues.show", issue_id=issue.id)
    return redirect(f"{page}#place-{placement.id}")
