"""The inbox of the desk: what was proposed, what it resembles, and the answer."""

from collections.abc import Callable

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import joinedload

from crm import mail
from crm.auth import PUBLISH, READ, allow
from crm.db import db
from crm.forms import Form, text
from crm.newsletter.items import Item
from crm.newsletter.propose import Answered, accept, alike, clear, recognise, refuse
from crm.newsletter.propositions import Proposition
from crm.text import row_number

bp = Blueprint("propositions", __name__, url_prefix="/propositions")


class RefusalForm(Form):
    word = text("Un mot pour son auteur", 2000, required=True,
                hint="Il part par courriel\u00a0: pourquoi, et que faire d’autre.")  # fmt: skip


@bp.get("/")
@allow(READ)
def index() -> ResponseReturnValue:
    chosen = request.args.get("etat", "")
    lists = {"traitees": Proposition.answered(), "douteuses": Proposition.suspects()}
    query = lists.get(chosen, Proposition.waiting())
    counted = sa.select(sa.func.count()).select_from(
        Proposition.suspects().order_by(None).subquery()
    )
    return render_template(
        "staff/newsletter/propositions/index.html",
        page=db.paginate(query, per_page=50),
        chosen=chosen if chosen in lists else "",
        waiting=Proposition.count_waiting(),
        suspects=db.session.scalar(counted) or 0,
    )


@bp.get("/<int:proposition_id>")
@allow(READ)
def show(proposition_id: int) -> ResponseReturnValue:
    return _page(_find(proposition_id), RefusalForm())


@bp.post("/<int:proposition_id>/accord")
@allow(PUBLISH)
def create(proposition_id: int) -> ResponseReturnValue:
    """It becomes an item of its kind, to correct before it is relayed."""
    found = _find(proposition_id)
    _answer(lambda: accept(found, current_user))
    flash(f"«\u00a0{found.title}\u00a0» est accepté\u00a0: relisez-le, il attend sur l’atelier.")
    return redirect(url_for("staff.newsletter.items.edit", item_id=found.item_id))


@bp.post("/<int:proposition_id>/doublon")
@allow(PUBLISH)
def recognised(proposition_id: int) -> ResponseReturnValue:
    found = _find(proposition_id)
    item = db.get_or_404(Item, row_number(request.form.get("contenu")))
    _answer(lambda: recognise(found, item, current_user))
    flash(f"C’est «\u00a0{item.title}\u00a0», que vous aviez déjà\u00a0: son auteur est remercié.")
    return redirect(url_for(".index"))


@bp.post("/<int:proposition_id>/refus")
@allow(PUBLISH)
def delete(proposition_id: int) -> ResponseReturnValue:
    found, form = _find(proposition_id), RefusalForm()
    if not form.validate():
        return _page(found, form), 422
    _answer(lambda: refuse(found, form.word.data, current_user))
    flash(f"«\u00a0{found.title}\u00a0» est refusé\u00a0; votre mot part à son auteur.")
    return redirect(url_for(".index"))


@bp.post("/<int:proposition_id>/robot")
@allow(PUBLISH)
def sort(proposition_id: int) -> ResponseReturnValue:
    """Somebody says whether a robot sent it."""
    found = _find(proposition_id)
    if found.suspected_at is None:
        abort(409, "Cette proposition n’est pas parmi les douteuses.")
    if request.form.get("geste") == "garder":
        clear(found)
        flash("La proposition rejoint les autres.")
    else:
        db.session.delete(found)
        flash("La proposition est supprimée\u00a0: il n’en reste rien.")
    db.session.commit()
    return redirect(url_for(".index"))


def _answer(answer: Callable[[], object]) -> None:
    try:
        answer()
    except Answered:
        db.session.rollback()
        abort(409, "Quelqu’un a déjà répondu à cette proposition.")
    db.session.commit()
    mail.wake()


def _find(proposition_id: int) -> Proposition:
    whole = joinedload(Proposition.item), joinedload(Proposition.answered_by)
    return db.get_or_404(Proposition, proposition_id, options=whole)


def _page(found: Proposition, form: RefusalForm) -> str:
    return render_template(
        "staff/newsletter/propositions/show.html",
        one=found,
        form=form,
        alike=alike(found) if found.answered_at is None else [],
    )
