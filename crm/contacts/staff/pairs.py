"""Duplicates: the cards that look like one contact, with the reasons, the surest first."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.auth import READ, WORK, allow
from crm.contacts.duplicates.detect import look_for_duplicates
from crm.contacts.duplicates.pairs import PAIRS
from crm.contacts.kinds import ContactKind
from crm.db import db
from crm.jobs import enqueue

bp = Blueprint("pairs", __name__, url_prefix="/doublons")


@bp.get("/")
@allow(READ)
def index() -> ResponseReturnValue:
    kind = ContactKind.PERSON if request.args.get("fiche") == "person" else ContactKind.ORGANISATION
    page = db.paginate(PAIRS[kind].open(), per_page=30)
    return render_template(
        "staff/contacts/pairs/index.html", page=page, kind=kind, kinds=ContactKind
    )


@bp.post("/recherches")
@allow(WORK)
def look() -> ResponseReturnValue:
    """Look for duplicates now, without waiting for the night."""
    enqueue(look_for_duplicates)
    flash("Les fiches sont comparées une à une\u00a0: revenez dans une minute ou deux.")
    return redirect(url_for(".index", fiche=request.args.get("fiche")))


@bp.post("/<kind>/<int:pair_id>/ecart")
@allow(WORK)
def dismiss(kind: str, pair_id: int) -> ResponseReturnValue:
    if kind not in set(ContactKind):
        abort(404)
    pair = db.get_or_404(PAIRS[ContactKind(kind)], pair_id)
    pair.dismiss(current_user)
    db.session.commit()
    flash("C’est noté\u00a0: ce sont deux contacts différents.")
    return redirect(url_for(".index", fiche=kind))
