"""« Mon compte »: what one may see and change of oneself."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.accounts.factor import RecoveryCode
from crm.accounts.forms import NameForm
from crm.accounts.sessions import UserSession
from crm.acts import Act
from crm.auth import READ, allow, current_session
from crm.db import db

bp = Blueprint("me", __name__)

LAST = 8  # acts shown


@bp.get("/")
@allow(READ)
def show() -> ResponseReturnValue:
    mine = Act.latest().where(Act.user_id == current_user.id).limit(LAST)
    return render_template(
        "staff/accounts/me/show.html",
        sessions=db.session.scalars(UserSession.of_user(current_user)).all(),
        current=current_session(),
        codes=RecoveryCode.left(current_user) if current_user.has_factor else 0,
        acts=db.session.scalars(mine).all(),
    )


@bp.route("/nom", methods=["GET", "POST"])
@allow(READ)
def edit() -> ResponseReturnValue:
    form = NameForm(obj=current_user)
    if form.is_valid_post():
        current_user.name = form.name.data
        db.session.commit()
        flash("Votre nom est enregistré.")
        return redirect(url_for(".show"))
    code = 422 if form.errors else 200
    return render_template("staff/accounts/me/edit.html", form=form), code
