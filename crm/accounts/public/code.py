"""The second step: the code of an application, or a recovery code."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.accounts.attempts import TooMany
from crm.accounts.forms import CodeForm
from crm.accounts.signin import check_code, welcome
from crm.auth import browser, enter, next_page, waiting_session
from crm.db import db
from crm.mail import wake

bp = Blueprint("code", __name__)


@bp.route("/connexion/code", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(next_page())
    waiting = waiting_session()
    if waiting is None:
        return redirect(url_for("public.accounts.login.new", fait="trop-tard"))
    form, code = CodeForm(), 200
    if form.is_valid_post():
        try:
            right = check_code(waiting.user, form.code.data, browser())
        except TooMany:
            right, code = False, 429
        if right:
            welcome(waiting.user, "second facteur")
            key = waiting.prove()
            db.session.commit()
            wake()
            enter(waiting, key)
            return redirect(next_page())
        form.code.errors = [
            "Ce code ne convient pas. Attendez le suivant, puis recopiez-le."
            if code == 200
            else "Trop d’essais à la suite. Attendez un quart d’heure."
        ]
    status = code if code != 200 else 422 if form.errors else 200
    return render_template("public/accounts/code/new.html", form=form), status
