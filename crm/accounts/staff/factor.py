"""The second factor of one's own account: adding it, removing it."""

from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.accounts import emails, factor
from crm.accounts.attempts import TooMany, Try, take
from crm.accounts.forms import CodeForm
from crm.accounts.sessions import end_all
from crm.acts import Did, record
from crm.auth import READ, allow, browser, current_session, owes_factor, sensitive
from crm.db import db
from crm.forms import ask_again
from crm.identity import Identity
from crm.mail import wake
from crm.users import User

bp = Blueprint("factor", __name__, url_prefix="/second-facteur")


@bp.get("/")
@allow(READ)
def show() -> ResponseReturnValue:
    codes = factor.RecoveryCode.left(current_user) if current_user.has_factor else 0
    return render_template(
        "staff/accounts/factor/show.html", codes=codes, owed=owes_factor(), most=factor.CODES
    )


@bp.post("/secret")
@allow(READ)
@sensitive
def create() -> ResponseReturnValue:
    if not current_user.has_factor:
        factor.propose(current_user)
        db.session.commit()
    return redirect(url_for(".new"))


@bp.route("/code", methods=["GET", "POST"])
@allow(READ)
@sensitive
def new() -> ResponseReturnValue:
    user: User = current_user._get_current_object()
    secret = factor.secret_of(user)
    if user.has_factor or secret is None:
        return redirect(url_for(".show"))
    form = CodeForm()
    form.code.description = "Celui que l’application montre maintenant."
    if form.is_valid_post() and (codes := _confirm(form, user)):
        return render_template("staff/accounts/factor/codes.html", codes=codes)
    code = 422 if form.errors else 200
    grouped = " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
    return render_template("staff/accounts/factor/new.html", form=form, secret=grouped), code


@bp.get("/code.svg")
@allow(READ)
@sensitive
def drawing() -> ResponseReturnValue:
    """The secret as a picture: an address of its own, as inline style is forbidden everywhere."""
    drawn = None
    if not current_user.has_factor:
        drawn = factor.drawing(current_user, Identity.current().short_name)
    if drawn is None:
        abort(404)
    return Response(drawn, mimetype="image/svg+xml")


@bp.route("/retrait", methods=["GET", "POST"])
@allow(READ)
@sensitive
def delete() -> ResponseReturnValue:
    user: User = current_user._get_current_object()
    if not user.has_factor:
        return redirect(url_for(".show"))
    if ask_again():
        return render_template("staff/accounts/factor/delete.html", owed=owes_factor(without=True))
    factor.remove(user)
    end_all(user, but=current_session().id)
    record(Did.REMOVED_FACTOR, about=user, by=user)
    emails.told(user, "le second facteur de votre compte vient d’être retiré")
    db.session.commit()
    wake()
    flash("Le second facteur est retiré\u00a0: votre mot de passe suffit de nouveau.")
    return redirect(url_for(".show"))


def _confirm(form: CodeForm, user: User) -> list[str] | None:
    try:
        attempt = take(Try.CODE, user.email, browser().address)
        codes = factor.confirm(user, form.code.data)
    except TooMany:
        form.code.errors = ["Trop d’essais à la suite. Attendez un quart d’heure."]
        return None
    if codes is None:
        form.code.errors = [
            "Ce code ne convient pas. Vérifiez l’heure de votre téléphone, puis recopiez le code "
            "suivant."
        ]
        return None
    attempt.succeeded = True
    end_all(user, but=current_session().id)  # those opened with the password alone
    record(Did.SET_FACTOR, about=user, by=user)
    emails.told(user, "un second facteur protège maintenant votre compte")
    db.session.commit()
    wake()
    return codes
