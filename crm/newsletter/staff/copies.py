"""A new number that starts as another one."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.auth import PUBLISH, allow
from crm.db import db
from crm.filters import today
from crm.newsletter.duplicate import duplicate
from crm.newsletter.staff.issues import find

bp = Blueprint("copies", __name__)


@bp.post("/numeros/<int:issue_id>/copie")
@allow(PUBLISH)
def create(issue_id: int) -> ResponseReturnValue:
    issue = find(issue_id)
    copy = duplicate(issue, max(issue.planned_on, today()), by=current_user)
    db.session.commit()
    flash(f"{copy.title} commence comme {issue.title}\u00a0: changez ce qui doit l’être.")
    return redirect(url_for("staff.newsletter.issues.show", issue_id=copy.id))
