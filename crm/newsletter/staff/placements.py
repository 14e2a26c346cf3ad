"""What is placed in a draft: take, add a block, reword, move, leave."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.auth import PUBLISH, allow
from crm.db import db
from crm.forms import Form as BaseForm
from crm.newsletter import arrange
from crm.newsletter.desk.agree import Clash, agree, who_wrote
from crm.newsletter.desk.gestures import gesture, hold
from crm.newsletter.issues import Issue, Section
from crm.newsletter.items import Item
from crm.newsletter.placements import Form, Placement
from crm.newsletter.staff import words
from crm.newsletter.staff.issues import draft

bp = Blueprint("placements", __name__)


@bp.post("/numeros/<int:issue_id>/contenus")
@allow(PUBLISH)
def create(issue_id: int) -> ResponseReturnValue:
    issue = draft(issue_id)
    item = db.get_or_404(Item, request.form.get("item", 0, type=int))
    section = _section(issue, request.form.get("section", 0, type=int))
    with gesture(issue, f"prendre «\u00a0{item.title}\u00a0»", by=current_user):
        placement = arrange.take(item, section, request.form.get("index", type=int))
    db.session.commit()
    return _back(issue, placement)


@bp.post("/numeros/<int:issue_id>/blocs")
@allow(PUBLISH)
def add(issue_id: int) -> ResponseReturnValue:
    """A free block, empty, in its place."""
    issue = draft(issue_id)
    chosen = request.form.get("form", "")
    if chosen not in Form.free():
        abort(400, "Ce genre de bloc n’existe pas.")
    form = Form(chosen)
    section = _section(issue, request.form.get("section", 0, type=int))
    with gesture(issue, f"ajouter un bloc «\u00a0{form.label}\u00a0»", by=current_user):
        placement = arrange.add(form, section, request.form.get("index", type=int))
    db.session.commit()
    return _back(issue, placement)


@bp.route("/places/<int:placement_id>", methods=["GET", "POST"])
@allow(PUBLISH)
def edit(placement_id: int) -> ResponseReturnValue:
    placement = _placement(placement_id)
    form = words.form_for(placement)
    if not form.is_valid_post():
        return _page(placement, form, []), 422 if form.errors else 200
    clashes = _reword(placement, form)
    if clashes or form.errors:
        return _page(placement, form, clashes), 409 if clashes else 422
    return _back(placement.section.issue, placement)


def _reword(placement: Placement, form: BaseForm) -> list[Clash]:
    """Write what was typed, unless somebody else wrote there meanwhile."""
    issue, typing = placement.section.issue, f"place-{placement.id}"
    said = f"réécrire «\u00a0{placement.name}\u00a0»"
    with gesture(issue, said, by=current_user, typing=typing):
        found = agree(words.typed(form), words.said_by(placement), words.posted())
        if not found.clashes and words.keep_picture(placement, form):
            words.write(placement, found.values)
    db.session.commit()
    return found.clashes


def _page(placement: Placement, form: BaseForm, clashes: list[Clash]) -> str:
    issue = placement.section.issue
    return render_template(
        "staff/newsletter/placements/edit.html",
        form=form,
        placement=placement,
        seen=words.seen(words.said_by(placement)),
        clashes=clashes,
        wrote=who_wrote(issue, f"place-{placement.id}") if clashes else None,
    )


@bp.post("/places/<int:placement_id>/place")
@allow(PUBLISH)
def move(placement_id: int) -> ResponseReturnValue:
    placement = _placement(placement_id)
    issue = placement.section.issue
    wanted = request.form.get("section")
    section = _section(issue, request.form.get("section", 0, type=int)) if wanted else None
    with gesture(issue, f"déplacer «\u00a0{placement.name}\u00a0»", by=current_user):
        if section is not None:
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
    with gesture(section.issue, f"retirer «\u00a0{placement.name}\u00a0»", by=current_user):
        arrange.leave(placement)
    db.session.commit()
    return redirect(
        url_for("staff.newsletter.issues.show", issue_id=section.issue_id)
        + f"#rubrique-{section.id}"
    )


def _placement(placement_id: int) -> Placement:
    """The placement, nobody else changing its issue until the commit when something is posted."""
    issue = draft(db.get_or_404(Placement, placement_id).section.issue_id)
    if request.method == "POST":
        hold(issue)
        db.session.expire_all()
    return db.get_or_404(Placement, placement_id)


def _section(issue: Issue, section_id: int) -> Section:
    found = (section for section in issue.sections if section.id == section_id)
    return next(found, None) or abort(400, "Cette rubrique n’est pas dans ce numéro.")


def _back(issue: Issue, placement: Placement) -> ResponseReturnValue:
    page = url_for("staff.newsletter.issues.show", issue_id=issue.id)
    return redirect(f"{page}#place-{placement.id}")
