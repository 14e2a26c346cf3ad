"""Gestures: what the team decides of one registration; each says what it did, in French."""

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.auth import WORK, allow
from crm.db import db
from crm.events import register
from crm.events.acquaint import make_person
from crm.events.registrations import Registration
from crm.events.seats import owe
from crm.events.staff.registrations import find_one
from crm.events.tell import note, tell_owed
from crm.jobs import enqueue

bp = Blueprint("gestures", __name__)


@bp.post("/<int:event_id>/inscriptions/<int:registration_id>/etat")
@allow(WORK)
def create(event_id: int, registration_id: int) -> ResponseReturnValue:
    """Give a place, take it back, say whether it was a robot, send the link again."""
    one = find_one(event_id, registration_id)
    gesture = _GESTURES.get(request.form.get("geste", "")) or abort(400)
    said = gesture(one)
    db.session.commit()
    enqueue(tell_owed)
    flash(said)
    state = request.args.get("etat")
    return redirect(url_for("staff.events.registrations.index", event_id=event_id, etat=state))


def _confirm(one: Registration) -> str:
    register.confirm(one)
    note(one, current_user)
    return f"{one.who} a une place."


def _give_up(one: Registration) -> str:
    register.give_up(one)
    note(one, current_user)
    return f"La place de {one.who} est rendue."


def _clear(one: Registration) -> str:
    register.clear(one)
    return f"{one.who}\u00a0: {one.state.label.lower()}."


def _discard(one: Registration) -> str:
    register.discard(one)
    return "L’envoi est supprimé."


def _renew(one: Registration) -> str:
    one.link_version += 1
    owe([one])
    return f"Un nouveau lien part vers {one.email}. L’ancien n’ouvre plus rien."


def _acquaint(one: Registration) -> str:
    try:
        return f"{make_person(one, by=current_user).name} a une fiche dans l’annuaire."
    except ValueError as error:
        return str(error)


_GESTURES: dict[str, Callable[[Registration], str]] = {
    "confirmer": _confirm, "desister": _give_up, "humain": _clear, "robot": _discard,
    "lien": _renew, "fiche": _acquaint,
}  # fmt: skip
