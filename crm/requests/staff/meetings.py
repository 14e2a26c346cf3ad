"""The weekly meeting: one screen, one key for each decision; everything leaves at the end."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.auth import READ, WORK, allow
from crm.db import db
from crm.mail import wake
from crm.requests import book, meet
from crm.requests.kinds import Outcome
from crm.requests.meetings import Decision, Meeting, Verdict
from crm.requests.queue import officers
from crm.requests.requests import SupportRequest
from crm.requests.rules import Rules
from crm.requests.slots import Slot
from crm.text import clean, cut, one_line, row_number
from crm.users import User

bp = Blueprint("meetings", __name__, url_prefix="/reunion")


@bp.get("/")
@allow(READ)
def index() -> ResponseReturnValue:
    meeting = Meeting.current()
    decided = {one.request_id: one for one in meeting.decisions} if meeting else {}
    return render_template(
        "staff/requests/meetings/index.html",
        meeting=meeting,
        topics=meet.topics(),
        decided=decided,
        choices={key: _choices(one) for key, one in decided.items()},
        burden=meet.burden(meeting),
        officers=officers(),
        outcomes=Outcome,
        verdicts=Verdict,
        rules=Rules.current(),
        leaving=_leaving(decided),
        last=db.session.scalar(Meeting.held().limit(1)),
    )


def _choices(decision: Decision) -> list[Slot]:
    """The slots one may offer with this assignment."""
    return book.free_slots(decision.assignee, 9) if decision.assignee else []


def _leaving(decided: dict[int, Decision]) -> dict[str, int]:
    """How many mails of each sort leave when the meeting is closed."""
    told = [one for one in decided.values() if one.request.email and not one.request.is_closed]
    return {
        "assigned": sum(one.verdict is Verdict.ASSIGN for one in told),
        "nudged": sum(one.verdict is Verdict.REMIND and one.request.is_waiting for one in told),
        "closed": sum(one.verdict is Verdict.CLOSE for one in told),
    }


@bp.post("/")
@allow(WORK)
def create() -> ResponseReturnValue:
    meet.begin(current_user)
    db.session.commit()
    return redirect(url_for(".index"))


@bp.post("/demandes/<int:request_id>")
@allow(WORK)
def decide(request_id: int) -> ResponseReturnValue:
    """`geste`: « confier-12 », « suivre », « relancer », « clore », « annuler », « preciser »."""
    asked = db.get_or_404(SupportRequest, request_id)
    meeting = _current()
    try:
        _GESTURES.get(_gesture(), _unknown)(meeting, asked)
    except meet.NotNow as error:
        abort(409, str(error))
    db.session.commit()
    return redirect(url_for(".index", _anchor=f"demande-{request_id}"), 303)


def _current() -> Meeting:
    return Meeting.current() or abort(409, "Cette réunion est close. Ouvrez la suivante.")


def _gesture() -> str:
    return request.form.get("geste", "").partition("-")[0]


def _assign(meeting: Meeting, asked: SupportRequest) -> None:
    officer = _officer(request.form["geste"].partition("-")[2])
    meet.decide(meeting, asked, Verdict.ASSIGN, by=current_user, assignee=officer)


def _officer(typed: str) -> User:
    user = db.session.get(User, row_number(typed))
    if user is None or not user.is_active or not user.answers:
        abort(400, "Cette personne ne répond pas aux demandes.")
    return user


def _keep(meeting: Meeting, asked: SupportRequest) -> None:
    meet.decide(meeting, asked, Verdict.KEEP, by=current_user)


def _remind(meeting: Meeting, asked: SupportRequest) -> None:
    meet.decide(meeting, asked, Verdict.REMIND, by=current_user)


def _close(meeting: Meeting, asked: SupportRequest) -> None:
    """« Clore » takes what it most often led to; « preciser » may say otherwise."""
    silent = asked.is_waiting and asked.answered_at is None
    outcome = Outcome.NO_NEWS if silent else asked.likely_outcome
    meet.decide(meeting, asked, Verdict.CLOSE, by=current_user, outcome=outcome)


def _undo(meeting: Meeting, asked: SupportRequest) -> None:
    meet.undo(meeting, asked)


def _refine(meeting: Meeting, asked: SupportRequest) -> None:
    decision = next((one for one in meeting.decisions if one.request_id == asked.id), None)
    if decision is None:
        abort(409, "Rien n’est décidé pour cette demande.")
    second = request.form.get("second", "")
    meet.refine(
        decision,
        second=_officer(second) if second else None,
        slots=map(row_number, request.form.getlist("slot")),
        note=cut(one_line(request.form.get("note")), 500),
    )
    outcome = request.form.get("outcome", "")
    if decision.verdict is Verdict.CLOSE and outcome in set(Outcome):
        decision.outcome = Outcome(outcome)


def _unknown(_meeting: Meeting, _asked: SupportRequest) -> None:
    abort(400, "Ce geste n’existe pas.")


_GESTURES: dict[str, Any] = {
    "confier": _assign, "suivre": _keep, "relancer": _remind, "clore": _close,
    "annuler": _undo, "preciser": _refine,
}  # fmt: skip


@bp.post("/notes")
@allow(WORK)
def update() -> ResponseReturnValue:
    """Who is there, and what is said beside the decisions."""
    _write(_current())
    db.session.commit()
    return redirect(url_for(".index", _anchor="notes"), 303)


def _write(meeting: Meeting) -> None:
    names = {one.display_name for one in db.session.scalars(User.everyone())}
    there = [name for name in request.form.getlist("present") if name in names]
    guests = [one_line(name) for name in request.form.get("guests", "").split(",")]
    meeting.present = [*there, *(name[:120] for name in guests[:20] if name)]
    meeting.notes = clean(request.form.get("notes"))[:20_000]


@bp.post("/cloture")
@allow(WORK)
def close() -> ResponseReturnValue:
    """The decisions hold, the mails leave, the minutes are written. Safe to repeat."""
    held = db.get_or_404(Meeting, row_number(request.form.get("meeting")))
    if not held.is_closed:
        _write(held)
    meet.close(held, by=current_user)
    db.session.commit()
    wake()
    flash("La réunion est close : les courriels partent, le compte rendu est prêt.")
    return redirect(url_for("staff.requests.minutes.show", meeting_id=held.id), 303)


@bp.post("/abandon")
@allow(WORK)
def delete() -> ResponseReturnValue:
    """It does not take place after all; its decisions are forgotten, and nothing leaves."""
    meet.abandon(_current())
    db.session.commit()
    flash("La réunion est annulée : rien n’est parti, rien n’a changé.")
    return redirect(url_for(".index"))
