"""« C’est bien vous ? »: the password or a code, before the most sensitive acts."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.accounts import openid
from crm.accounts.attempts import TooMany
from crm.accounts.forms import ConfirmationForm
from crm.accounts.signin import check_code, check_password
from crm.auth import READ, allow, browser, current_session, enter, next_page
from crm.db import db
from crm.mail import wake
from crm.users import User

bp = Blueprint("confirmation", __name__, url_prefix="/confirmation")


@bp.route("/", methods=["GET", "POST"])
@allow(READ)
def new() -> ResponseReturnValue:
    user: User = current_user._get_current_object()
    form = ConfirmationForm()
    ways = [form.password] * bool(user.password_hash) + [form.code] * user.has_factor
    if len(ways) == 1:
        ways[0].flags.required = True
    else:
        form.code.label.text = "Ou un code de votre application"
    if form.is_valid_post() and _is_proven(form, user):
        key = current_session().prove()
        db.session.commit()
        wake()
        enter(current_session(), key)
        return redirect(next_page())
    return render_template(
        "staff/accounts/confirmation/new.html",
        form=form,
        elsewhere=openid.name() if user.openid_subject else "",
        after=request.args.get("suite", ""),
        failed_elsewhere=request.args.get("fait") == "ailleurs",
    ), (422 if form.errors else 200)


def _is_proven(form: ConfirmationForm, user: User) -> bool:
    """A code when one was typed, else the password."""
    field = form.code if user.has_factor and form.code.data else form.password
    if not field.data:
        field.errors = ["Ce champ est à remplir."]
        return False
    try:
        if field is form.code:
            right = check_code(user, field.data, browser())
        else:
            right = check_password(user.email, field.data, browser()) is not None
        field.errors = [] if right else ["Ce n’est pas le bon."]
    except TooMany:
        right, field.errors = False, ["Trop d’essais à la suite. Attendez un quart d’heure."]
    return right
