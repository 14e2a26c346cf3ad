"""What was done on the desk: undone, redone; and who else is there."""

from flask import Blueprint, Response, flash, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.auth import PUBLISH, READ, allow
from crm.db import db
from crm.newsletter.desk import gestures, presence
from crm.newsletter.desk.gestures import DeskGesture
from crm.newsletter.staff.issues import draft, find

bp = Blueprint("gestures", __name__)


@bp.post("/numeros/<int:issue_id>/gestes/annule")
@allow(PUBLISH)
def undo(issue_id: int) -> ResponseReturnValue:
    issue = draft(issue_id)
    return _said(issue_id, gestures.undo(issue), "Annulé", "Il n’y a plus rien à annuler.")


@bp.post("/numeros/<int:issue_id>/gestes/refait")
@allow(PUBLISH)
def redo(issue_id: int) -> ResponseReturnValue:
    issue = draft(issue_id)
    return _said(issue_id, gestures.redo(issue), "Rétabli", "Il n’y a plus rien à rétablir.")


def _said(issue_id: int, done: DeskGesture | None, how: str, nothing: str) -> ResponseReturnValue:
    db.session.commit()
    flash(f"{how}\u00a0: {done.words}." if done else nothing)
    return redirect(url_for("staff.newsletter.issues.show", issue_id=issue_id))


@bp.post("/numeros/<int:issue_id>/presence")
@allow(READ)
def presences(issue_id: int) -> Response:
    """This desk is open; who else has it open, and how many times the issue was changed."""
    issue = find(issue_id)
    presence.note(issue, current_user)
    db.session.commit()
    others = presence.others(issue, current_user)
    return jsonify(others=others, version=issue.version, is_draft=issue.is_draft)
