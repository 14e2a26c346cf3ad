"""A number that is late, or that a restored backup believes to be waiting: does it still leave?"""

from flask import Blueprint, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from crm.auth import PUBLISH, allow
from crm.db import db, now
from crm.jobs import enqueue
from crm.newsletter.delivery import lateness
from crm.newsletter.delivery.deliver import send_due
from crm.newsletter.staff.issues import find

bp = Blueprint("lateness", __name__)


@bp.post("/numeros/<int:issue_id>/retard")
@allow(PUBLISH)
def create(issue_id: int) -> ResponseReturnValue:
    """« L’envoyer maintenant »: someone knows that it makes sense, and that it did not go."""
    issue = find(issue_id)
    asked = lateness.question(issue, now())
    if asked is not None and not asked.may_leave:
        abort(409, asked.words)
    if asked is not None:
        lateness.insist(issue)
        db.session.commit()
        enqueue(send_due)
        flash(f"{issue.title} s’en va.")
    return redirect(url_for("staff.newsletter.sending.show", issue_id=issue.id))
