"""Recovery codes, shown once."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.accounts import factor
from crm.acts import Did, record
from crm.auth import READ, allow, sensitive
from crm.db import db
from crm.forms import ask_again

bp = Blueprint("recovery", __name__, url_prefix="/codes-de-secours")


@bp.route("/", methods=["GET", "POST"])
@allow(READ)
@sensitive
def new() -> ResponseReturnValue:
    """A GET asks, a POST makes new ones: nobody can read the former again, they are hashed."""
    if not current_user.has_factor:
        return redirect(url_for("staff.accounts.factor.show"))
    if ask_again():
        left = factor.RecoveryCode.left(current_user)
        return render_template("staff/accounts/recovery/new.html", left=left)
    codes = factor.renew_codes(current_user)
    record(Did.RENEWED_CODES, about=current_user, by=current_user)
    db.session.commit()
    return render_template("staff/accounts/recovery/codes.html", codes=codes)
