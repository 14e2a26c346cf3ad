"""The page of a mailed link, where one chooses a password: it serves once."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from crm.accounts import emails
from crm.accounts.forms import ChosenForm, network_words
from crm.accounts.links import AccountLink, LinkKind, cancel
from crm.accounts.sessions import end_all
from crm.acts import Did, record
from crm.auth import leave
from crm.db import db
from crm.mail import wake

bp = Blueprint("link", __name__)


@bp.route("/connexion/lien/<token>", methods=["GET", "POST"])
def edit(token: str) -> ResponseReturnValue:
    link = AccountLink.find(token)
    if link is None:
        return render_template("public/accounts/link/expired.html"), 410
    form = ChosenForm()
    form.words = (link.user.name, link.user.email)
    if form.is_valid_post() and link.use():
        leave()
        _choose(link, form.password.data)
        return redirect(url_for("public.accounts.login.new", fait="mot-de-passe"))
    code = 422 if form.errors else 200
    return render_template(
        "public/accounts/link/edit.html",
        form=form,
        account=link.user,
        invited=link.kind is LinkKind.INVITATION,
    ), code


def _choose(link: AccountLink, password: str) -> None:
    """The new password takes the place of the former one, and of all that it had opened."""
    user = link.user
    user.set_password(password, *network_words())
    end_all(user)
    cancel(user)
    record(Did.CHANGED_PASSWORD, about=user, detail=link.kind.value, by=user)
    if link.kind is LinkKind.RESET:
        emails.told(user, "votre mot de passe vient de changer")
    db.session.commit()
    wake()
