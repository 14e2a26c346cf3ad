"""« Mot de passe oublié »: the same answer, in the same time, whoever asks."""

import time

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from crm.accounts import attempts, emails
from crm.accounts.attempts import TooMany, Try
from crm.accounts.forms import ForgottenForm
from crm.acts import Did, record
from crm.auth import browser
from crm.db import db
from crm.mail import wake
from crm.users import User

bp = Blueprint("forgotten", __name__)

# Seconds before any answer: more than the work takes for an address that somebody has.
SAME_TIME = 0.3


@bp.route("/connexion/oubli", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    form = ForgottenForm()
    if not form.is_valid_post():
        code = 422 if form.errors else 200
        return render_template("public/accounts/forgotten/new.html", form=form), code
    try:
        attempts.take(Try.RESET, form.email.data, browser().address)
    except TooMany:
        # Said as if it had gone: who asks three times in an hour has three mails already.
        return render_template("public/accounts/forgotten/sent.html", email=form.email.data)
    begun = time.monotonic()
    emails.reset(form.email.data)
    record(Did.ASKED_RESET, about=User.find(form.email.data))
    db.session.commit()
    wake()
    time.sleep(max(0, begun + SAME_TIME - time.monotonic()))
    return render_template("public/accounts/forgotten/sent.html", email=form.email.data)
