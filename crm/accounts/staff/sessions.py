"""Ending one's sessions, here and elsewhere."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.accounts.sessions import UserSession, end_all
from crm.acts import Did, record
from crm.auth import READ, allow, current_session, sensitive
from crm.db import change, db
from crm.filters import plural

bp = Blueprint("sessions", __name__, url_prefix="/sessions")


@bp.post("/<int:session_id>/fin")
@allow(READ)
@sensitive
def delete(session_id: int) -> ResponseReturnValue:
    mine = UserSession.id == session_id, UserSession.user_id == current_user.id
    if change(db.delete(UserSession).where(*mine)):
        record(Did.ENDED_SESSIONS, about=current_user, detail="1 session", by=current_user)
        db.session.commit()
        flash("Cette session est fermée.")
    return redirect(url_for("staff.accounts.me.show"))


@bp.post("/fin")
@allow(READ)
@sensitive
def clear() -> ResponseReturnValue:
    count = end_all(current_user, but=current_session().id)
    said = plural(count, "session")
    record(Did.ENDED_SESSIONS, about=current_user, detail=said, by=current_user)
    db.session.commit()
    flash(f"{said} fermée{'s' if count > 1 else ''}\u00a0: il ne reste que celle-ci.")
    return redirect(url_for("staff.accounts.me.show"))
