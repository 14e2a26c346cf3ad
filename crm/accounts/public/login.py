"""Signing in with a password, and out."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.accounts import openid
from crm.accounts.attempts import TooMany
from crm.accounts.forms import LoginForm
from crm.accounts.signin import check_password, open_session
from crm.acts import Did, record
from crm.auth import browser, enter, leave, next_page
from crm.db import db

bp = Blueprint("login", __name__)

# What has just been done elsewhere, told above the form.
DONE = {
    "mot-de-passe": "Votre mot de passe est enregistré. Connectez-vous avec.",
    "sessions": "Toutes vos sessions sont fermées.",
    "ailleurs": "La connexion n’a pas abouti. Recommencez, ou demandez à l’administration "
    "si votre compte est bien ouvert à cette adresse.",
    "trop-tard": "Cette étape a expiré. Recommencez.",
}


@bp.route("/connexion", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(next_page())
    form, code = LoginForm(), 200
    if form.is_valid_post():
        try:
            user = check_password(form.email.data, form.password.data, browser())
        except TooMany:
            user, code = None, 429
        if user is not None:
            opened, key = open_session(user, browser(), remembered=form.remember.data)
            db.session.commit()
            enter(opened, key)
            waits = opened.proven_at is None
            return redirect(_code_page() if waits else next_page())
        form.password.errors = [_refusal(code)]
    return render_template(
        "public/accounts/login/new.html",
        form=form,
        done=DONE.get(request.args.get("fait", "")),
        elsewhere=openid.name(),
        after=request.args.get("suite", ""),
    ), (code if code != 200 else 422 if form.errors else 200)


@bp.post("/deconnexion")
def delete() -> ResponseReturnValue:
    if current_user.is_authenticated:
        record(Did.SIGNED_OUT, by=current_user)
    leave()
    db.session.commit()
    answer = redirect(url_for(".new"))
    # Pages seen are not shown by « back »; what waits on the device to be sent stays (0022).
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def _refusal(code: int) -> str:
    if code == 429:
        return (
            "Trop d’essais à la suite. Attendez un quart d’heure, ou choisissez un nouveau mot de "
            "passe."
        )
    return "L’adresse ou le mot de passe ne correspondent pas."


def _code_page() -> str:
    return url_for("public.accounts.code.new", suite=request.args.get("suite") or None)
