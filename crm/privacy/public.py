"""What visitors read about their rights, and where they answer whether they stay."""

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from crm import mail
from crm.db import db
from crm.privacy import emails, register, scrub
from crm.privacy.erase import erase
from crm.privacy.erasures import Reason
from crm.privacy.lapses import Lapse, Retention
from crm.privacy.notices import Notice
from crm.privacy.retain import whom

bp = Blueprint("privacy", __name__)


@bp.get("/mentions-legales")
def legal() -> ResponseReturnValue:
    return render_template("public/privacy/legal.html", notice=Notice.current())


@bp.get("/confidentialite")
def policy() -> ResponseReturnValue:
    """What is kept and why, from the same declarations as the register."""
    return render_template(
        "public/privacy/policy.html",
        notice=Notice.current(),
        lines=[one for one in register.lines() if one.processing.key != "equipe"],
    )


@bp.route("/vie-privee/<token>", methods=["GET", "POST"])
def answer(token: str) -> ResponseReturnValue:
    """« Souhaitez-vous rester ? » : GET asks, POST acts."""
    number = emails.read_answer(token)
    lapse = db.session.get(Lapse, number) if number is not None else None
    if lapse is None:
        abort(404, "Ce lien personnel est incomplet. Copiez-le en entier depuis le courriel reçu.")
    if lapse.erased_at is not None:
        abort(410, "Vos données ont été effacées\u00a0: il ne reste rien de vous ici.")
    if request.method == "POST":
        _act(lapse, leaves=request.form.get("choix") == "partir")
    return render_template(
        "public/privacy/answer.html", lapse=lapse, rule=Retention.current(), token=token
    )


def _act(lapse: Lapse, *, leaves: bool) -> None:
    if leaves:
        who = whom(lapse)
        if who is not None:
            erase(who, Reason.ASKED)
    else:
        lapse.stay()
    db.session.commit()
    if leaves:
        scrub.wake()
        mail.wake()
