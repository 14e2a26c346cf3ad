"""Changing one's password, which ends every session."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.accounts import emails, links
from crm.accounts.attempts import TooMany
from crm.accounts.forms import ChangeForm, ChosenForm, network_words
from crm.accounts.sessions import end_all, sign_in_session
from crm.accounts.signin import check_password
from crm.acts import Did, record
from crm.auth import READ, allow, browser, current_session, enter, sensitive
from crm.db import db
from crm.mail import wake
from crm.users import User

bp = Blueprint("password", __name__, url_prefix="/mot-de-passe")


@bp.route("/", methods=["GET", "POST"])
@allow(READ)
@sensitive
def edit() -> ResponseReturnValue:
    user: User = current_user._get_current_object()
    # Who signs in elsewhere may have none yet.
    form = ChangeForm() if user.password_hash else ChosenForm()
    form.words = (user.name, user.email)
    if form.is_valid_post() and _is_right(form, user):
        _change(user, form.password.data)
        flash("Votre mot de passe est changé. Vos autres sessions sont fermées.")
        return redirect(url_for("staff.accounts.me.show"))
    code = 422 if form.errors else 200
    return render_template("staff/accounts/password/edit.html", form=form), code


def _is_right(form: ChosenForm, user: User) -> bool:
    if not isinstance(form, ChangeForm):
        return True
    try:
        right = check_password(user.email, form.current.data, browser()) is not None
        refusal = "Ce n’est pas votre mot de passe actuel."
    except TooMany:
        right, refusal = False, "Trop d’essais à la suite. Attendez un quart d’heure."
    form.current.errors = [] if right else [refusal]
    return right


def _change(user: User, password: str) -> None:
    user.set_password(password, *network_words())
    remembered = current_session().remembered
    end_all(user)
    links.cancel(user)
    opened, key = sign_in_session(user, browser())
    opened.remembered = remembered
    record(Did.CHANGED_PASSWORD, about=user, by=user)
    emails.told(user, "votre mot de passe vient de changer")
    db.session.commit()
    wake()
    enter(opened, key)
