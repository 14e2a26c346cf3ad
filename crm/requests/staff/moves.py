"""What becomes of a request: given, started, waiting, closed, opened again; and its time."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.auth import WORK, allow
from crm.db import db
from crm.mail import wake
from crm.requests import emails, matching
from crm.requests.end import end
from crm.requests.kinds import Outcome
from crm.requests.requests import SupportRequest
from crm.requests.staff.card import find
from crm.requests.welcome import journal
from crm.requests.work import TimeSpent
from crm.text import clean
from crm.users import User

bp = Blueprint("moves", __name__)

_MOST = 1440  # minutes in a day


def _back(asked: SupportRequest, words: str) -> ResponseReturnValue:
    db.session.commit()
    flash(words)
    return redirect(url_for("staff.requests.card.show", request_id=asked.id))


def _officer(name: str) -> User | None:
    """The officer a list names; none for a blank. 400 for what is no officer."""
    typed = request.form.get(name, "")
    if not typed:
        return None
    user = db.session.get(User, int(typed)) if typed.isdecimal() else None
    if user is None or not user.is_active or not user.answers:
        abort(400, "Cette personne ne répond pas aux demandes.")
    return user


@bp.post("/<int:request_id>/attribution")
@allow(WORK)
def assign(request_id: int) -> ResponseReturnValue:
    asked = find(request_id)
    officer = _officer("assignee")
    if officer is None:
        abort(400, "Choisissez à qui confier cette demande.")
    asked.assign(officer, _officer("second"), by=current_user)
    if asked.person is None and asked.email and (asked.last_name or asked.first_name):
        person = matching.make_person(asked, by=current_user)
        journal(asked, person, f"{asked.reference} : {asked.title}", current_user)
    return _back(asked, f"{asked.reference} est confiée à {officer.display_name}.")


@bp.post("/<int:request_id>/etat")
@allow(WORK)
def move(request_id: int) -> ResponseReturnValue:
    asked = find(request_id)
    if request.form.get("etat") == "en-attente":
        asked.wait(by=current_user)
    else:
        asked.start(by=current_user)
    return _back(asked, f"{asked.reference} est {asked.state.label}.")


@bp.post("/<int:request_id>/cloture")
@allow(WORK)
def close(request_id: int) -> ResponseReturnValue:
    asked = find(request_id)
    outcome = request.form.get("outcome", "")
    if outcome not in set(Outcome):
        abort(400, "Choisissez ce que cette demande a donné.")
    was_open = not asked.is_closed
    end(asked, Outcome(outcome), clean(request.form.get("note"))[:2000], by=current_user)
    if was_open and request.form.get("prevenir") and asked.email:
        emails.closed(asked)
    if was_open:
        for contact in (asked.person, asked.organisation):
            if contact is not None and asked.outcome is not None:
                journal(asked, contact, f"{asked.reference} close : {asked.outcome.label}",
                        current_user)  # fmt: skip
    answer = _back(asked, f"{asked.reference} est close.")
    wake()
    return answer


@bp.post("/<int:request_id>/reouverture")
@allow(WORK)
def reopen(request_id: int) -> ResponseReturnValue:
    asked = find(request_id)
    if asked.is_erased:
        abort(409, "Cette demande a été effacée : il ne reste rien à rouvrir.")
    asked.reopen(by=current_user)
    return _back(asked, f"{asked.reference} est rouverte.")


@bp.post("/<int:request_id>/temps")
@allow(WORK)
def spend(request_id: int) -> ResponseReturnValue:
    asked = find(request_id)
    minutes = request.form.get("minutes", "")
    if not minutes.isdecimal() or not 0 < int(minutes) <= _MOST:
        abort(400, f"Écrivez un nombre de minutes, de 1 à {_MOST}.")
    db.session.add(TimeSpent(request=asked, user=current_user, minutes=int(minutes)))
    return _back(asked, "Le temps passé est noté.")


@bp.post("/<int:request_id>/lien")
@allow(WORK)
def renew(request_id: int) -> ResponseReturnValue:
    """Send a new personal link; those sent before open nothing any more."""
    asked = find(request_id)
    if not asked.email:
        abort(409, "Cette demande n’a pas de courriel.")
    asked.link_version = (asked.link_version + 1) % 256
    emails.send_links(asked.email, [asked])
    answer = _back(asked, f"Un nouveau lien part vers {asked.email}. L’ancien ne s’ouvre plus.")
    wake()
    return answer
