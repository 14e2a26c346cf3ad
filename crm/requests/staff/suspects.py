"""The box of what looks like a robot's: somebody says what it is."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import undefer

from crm.auth import READ, WORK, allow
from crm.db import db
from crm.filters import plural
from crm.mail import wake
from crm.requests.requests import SupportRequest
from crm.requests.submit import clear, discard

bp = Blueprint("suspects", __name__, url_prefix="/a-verifier")


@bp.get("/")
@allow(READ)
def index() -> ResponseReturnValue:
    box = SupportRequest.suspects().options(undefer(SupportRequest.need))
    return render_template("staff/requests/suspects/index.html", page=db.paginate(box, per_page=50))


@bp.post("/tri")
@allow(WORK)
def sort() -> ResponseReturnValue:
    """What was ticked goes to the queue, or away for good."""
    ids = [int(one) for one in request.form.getlist("demande") if one.isdecimal()][:200]
    ticked = db.session.scalars(SupportRequest.suspects().where(SupportRequest.id.in_(ids))).all()
    is_real = request.form.get("geste") == "garder"
    for one in ticked:
        if is_real:
            clear(one, by=current_user)
        else:
            discard(one)
    db.session.commit()
    wake()
    said = plural(len(ticked), "demande")
    flash(f"{said} dans la file." if is_real else f"{said} en moins : il n’en reste rien.")
    return redirect(url_for(".index"))
