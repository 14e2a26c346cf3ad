"""The door: who came is marked by name or by code, also without network; the sheet to sign."""

from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.auth import READ, WORK, allow
from crm.db import db
from crm.events import sheet, tickets
from crm.events.attend import arrival, close_door, session_of, take
from crm.events.events import Event
from crm.events.kinds import CAME, SEATED, State
from crm.events.photograph import MAX_BYTES, BadPhoto, codes
from crm.events.presences import Presence
from crm.events.registrations import Registration
from crm.events.sessions import Session
from crm.filters import plural

bp = Blueprint("checkin", __name__)

_MOST = 200  # gestures that a device may send at once


@bp.get("/<int:event_id>/pointage/")
@allow(WORK)
def show(event_id: int) -> ResponseReturnValue:
    """The page that a telephone keeps, with the list of those who are expected."""
    event = _event(event_id)
    session = session_of(event, request.args.get("seance"))
    if session is None:
        flash("Donnez d’abord une date à cet événement.", "problem")
        return redirect(url_for("staff.events.card.show", event_id=event.id))
    found = tickets.read(request.args.get("billet", ""))
    return render_template(
        "staff/events/checkin/show.html",
        event=event,
        session=session,
        people=_people(event, session),
        found=found if found is not None and found.event_id == event.id else None,
    )


@bp.get("/<int:event_id>/pointage/etat")
@allow(WORK)
def state(event_id: int) -> Response:
    """Who is expected and who came, as every device sees it."""
    event = _event(event_id)
    session = session_of(event, request.args.get("seance")) or abort(404)
    return jsonify(people=_people(event, session))


def _people(event: Event, session: Session) -> list[dict[str, Any]]:
    """What the page needs of each one, and no more: no address leaves for a telephone."""
    came = {
        one.registration_id: one.attendance
        for one in db.session.scalars(
            db.select(Presence).where(Presence.session_id == session.id)
        )
    }  # fmt: skip
    listed = db.session.scalars(Registration.of(event))
    shown = [one for one in listed if one.state in SEATED or one.id in came
             or one.state is State.WAITING]  # fmt: skip
    rows = [_row(one, came.get(one.id)) for one in shown]
    return sorted(rows, key=lambda one: str(one["sort"]))


def _row(one: Registration, attendance: Any) -> dict[str, Any]:
    last = one.last_name or one.who
    return {
        "id": one.id,
        "name": f"{one.first_name} {one.last_name}".strip() or one.who,
        "sort": f"{last} {one.first_name}".lower(),
        "detail": one.organisation_name or one.group_name,
        "seats": one.seats,
        "state": "" if one.state in SEATED else one.state.label,
        "code": tickets.code(one),
        "needs": one.access_needs,
        "came": attendance.value if attendance in CAME else "",
        "at": arrival(one) if attendance in CAME else "",
    }


@bp.post("/<int:event_id>/pointage/")
@allow(WORK)
def create(event_id: int) -> ResponseReturnValue:
    """A form, or a JSON list from a device: the keys that are safe here come back."""
    event = _event(event_id)
    if request.is_json:
        said = request.get_json(silent=True)
        if not isinstance(said, list) or len(said) > _MOST:
            abort(400, f"Envoyez une liste de {_MOST} gestes au plus.")
        kept = take(event, said, by=current_user)
        db.session.commit()
        return jsonify(kept=kept)
    if not take(event, [request.form.to_dict()], by=current_user):
        abort(400, "Rechargez la page, et recommencez.")
    db.session.commit()
    back = url_for(".show", event_id=event.id, seance=request.form.get("session", type=int))
    return redirect(back, 303)


@bp.post("/<int:event_id>/pointage/absences")
@allow(WORK)
def close(event_id: int) -> ResponseReturnValue:
    """Those who were not marked did not come."""
    count = close_door(_event(event_id), by=current_user)
    db.session.commit()
    flash(f"{plural(count, 'absence notée', 'absences notées')}.")
    return redirect(url_for("staff.events.attendance.show", event_id=event_id), 303)


@bp.get("/<int:event_id>/pointage/hors-ligne.js")
@allow(WORK)
def worker(event_id: int) -> Response:
    """What keeps the page on the device. From here it can only reach pages below this address."""
    file = Path(current_app.root_path, "static", "js", "checkin-worker.js")
    response = Response(file.read_bytes(), mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


@bp.get("/<int:event_id>/emargement.pdf")
@allow(READ)
def pdf(event_id: int) -> Response:
    """The sheet to sign, of one day or of all."""
    event = _event(event_id)
    number = request.args.get("seance", type=int)
    session = next((one for one in event.held if one.id == number), None)
    response = Response(sheet.as_pdf(event, session), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="emargement-{event.slug}.pdf"'
    return response


@bp.post("/<int:event_id>/pointage/codes")
@allow(WORK)
def scan(event_id: int) -> ResponseReturnValue:
    """A photo of a code: the page where it is marked; or, for a script, what its codes say."""
    event, file = _event(event_id), request.files.get("photo")
    try:
        said = codes(file.stream.read(MAX_BYTES + 1) if file else b"")
    except BadPhoto as error:
        said, why = [], str(error)
    else:
        why = "Aucun code d’inscription n’a été lu. Rapprochez-vous, ou cherchez le nom."
    if request.accept_mimetypes.best == "application/json":
        return jsonify(codes=said)
    found = next(filter(None, (tickets.read_url(one) for one in said)), None)
    if found is None:
        flash(why, "problem")
    elif found.event_id != event.id:
        flash(f"Ce code est celui d’un autre événement\u00a0: {found.event.title}.", "problem")
        found = None
    code = tickets.code(found) if found else None
    seance = request.form.get("session", type=int)
    return redirect(url_for(".show", event_id=event.id, billet=code, seance=seance), 303)


@bp.get("/billets/<code>")
@allow(WORK)
def ticket(code: str) -> ResponseReturnValue:
    """A code scanned by the telephone's own camera: the page where it is marked."""
    found = tickets.read(code) or abort(404, "Ce code n’est pas celui d’une inscription.")
    return redirect(url_for(".show", event_id=found.event_id, billet=code))


def _event(event_id: int) -> Event:
    return db.get_or_404(Event, event_id)
