"""After a restoration: what waits to leave, and the word that lets it."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.acts import Did, record_mine
from crm.auth import PUBLISH, allow
from crm.db import db
from crm.filters import plural
from crm.forms import Form, choice
from crm.holds import Hold
from crm.keeping.resume import resume, waiting
from crm.mail import wake

bp = Blueprint("hold", __name__, url_prefix="/reprise")

KEEP, SEND = "keep", "send"


class ResumeForm(Form):
    mails = choice(
        "Ces courriels",
        [(KEEP, "Ne pas les envoyer"), (SEND, "Les envoyer")],
        hint="Confirmations, accusés de réception, rappels. Ceux que vous n’envoyez pas restent "
        "notés comme mis de côté.",
    )


@bp.route("/", methods=["GET", "POST"])
@allow(PUBLISH)
def edit() -> ResponseReturnValue:
    """GET says what waits, POST lets it leave."""
    hold, form = Hold.current(), ResumeForm()
    if hold is None:
        flash("Rien n’est en pause\u00a0: les envois partent normalement.")
        return redirect(url_for("staff.dashboard.index"))
    if form.is_valid_post():
        found = resume(current_user, sends_mails=form.mails.data == SEND)
        record_mine(Did.SENT, detail="reprise après une restauration")
        db.session.commit()
        wake()
        flash("Les envois reprennent.")
        if found.issues:
            kept = plural(len(found.issues), "numéro retenu", "numéros retenus")
            flash(f"{kept}\u00a0: décidez sur sa page s’il doit encore partir.", "problem")
        return redirect(url_for("staff.dashboard.index"))
    return render_template(
        "staff/settings/hold/edit.html", form=form, hold=hold, waiting=waiting()
    ), (422 if form.errors else 200)
