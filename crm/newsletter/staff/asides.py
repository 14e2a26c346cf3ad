"""What is set aside: left for good, kept for the next number, and taken back."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.auth import PUBLISH, allow
from crm.db import db
from crm.newsletter import arrange
from crm.newsletter.asides import Choice, set_aside, take_back
from crm.newsletter.desk.gestures import gesture
from crm.newsletter.issues import Issue
from crm.newsletter.items import Item
from crm.newsletter.staff.issues import draft

bp = Blueprint("asides", __name__)

_WORDS = {Choice.NEVER: "laisser pour de bon", Choice.NEXT: "garder pour la prochaine fois"}


@bp.post("/numeros/<int:issue_id>/ecartes")
@allow(PUBLISH)
def create(issue_id: int) -> ResponseReturnValue:
    """Set an item aside; it leaves the issue if it was in it."""
    issue, item = draft(issue_id), _item()
    wanted = request.form.get("choice", "")
    if wanted not in set(Choice):
        abort(400, "Choisissez ce qu’il devient.")
    choice = Choice(wanted)
    words = f"{_WORDS[choice]} «\u00a0{item.title}\u00a0»"
    with gesture(issue, words, by=current_user, items=[item]):
        for placement in [one for one in issue.placements if one.item_id == item.id]:
            arrange.leave(placement)
        set_aside(issue, item, choice, by=current_user)
    db.session.commit()
    flash(f"«\u00a0{item.title}\u00a0» est {choice.label} dans {issue.publication.name}.")
    return _back(issue)


@bp.post("/numeros/<int:issue_id>/ecartes/reprise")
@allow(PUBLISH)
def delete(issue_id: int) -> ResponseReturnValue:
    """Have an item proposed again."""
    issue, item = draft(issue_id), _item()
    words = f"reprendre «\u00a0{item.title}\u00a0»"
    with gesture(issue, words, by=current_user, items=[item]):
        take_back(issue.publication, item)
    db.session.commit()
    return _back(issue)


def _item() -> Item:
    return db.get_or_404(Item, request.form.get("item", 0, type=int))


def _back(issue: Issue) -> ResponseReturnValue:
    return redirect(url_for("staff.newsletter.issues.show", issue_id=issue.id) + "#nouveautes")
