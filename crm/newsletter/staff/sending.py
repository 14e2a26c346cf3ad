"""Sending a number: decide, watch it leave."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy import true
from sqlalchemy.orm import contains_eager
from wtforms import validators

from crm.acts import Did, record_mine
from crm.auth import PUBLISH, READ, allow
from crm.contacts.search.segments import Segment
from crm.db import db, now
from crm.filters import local, moment, near, plural
from crm.forms import Form, LocalMomentField, as_choices, ask_again, choice
from crm.jobs import enqueue
from crm.newsletter import audience, review
from crm.newsletter.checks.look import blocking, look
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.delivery import lateness, schedule
from crm.newsletter.delivery.courtesy import Courtesy
from crm.newsletter.delivery.deliver import send_due
from crm.newsletter.delivery.editions import MOST, editions
from crm.newsletter.delivery.progress import Progress, progress_of
from crm.newsletter.issues import Issue
from crm.newsletter.staff.issues import find

bp = Blueprint("sending", __name__)

PER_PAGE = 50


class ScheduleForm(Form):
    audience = choice(
        "Destinataires", [], default="",
        hint="Un segment choisit parmi les abonnés\u00a0; il n’en ajoute aucun.",
    )  # fmt: skip
    at = LocalMomentField(
        "Partir le", validators=[validators.Optional()], format="%Y-%m-%dT%H:%M",
        description="Heure de Paris. Laissez vide pour envoyer tout de suite.",
    )  # fmt: skip

    @classmethod
    def of(cls, issue: Issue) -> "ScheduleForm":
        """Every subscriber first, then each segment with those of them it holds."""
        form = cls()
        everyone = plural(schedule.count_recipients(issue), "abonné")
        choices = [("", f"Tous les abonnés ({everyone})")]
        for segment in db.session.scalars(Segment.by_name()):
            count = plural(schedule.count_recipients(issue, segment), "abonné")
            choices.append((str(segment.id), f"{segment.name} ({count})"))
        form.audience.choices = as_choices(choices)
        return form

    def validate_at(self, field: LocalMomentField) -> None:
        if field.data is not None and field.data < now():
            raise validators.ValidationError(
                "Cette heure est passée. Laissez vide pour envoyer tout de suite."
            )


@bp.route("/numeros/<int:issue_id>/envoi", methods=["GET", "POST"])
@allow(PUBLISH)
def new(issue_id: int) -> ResponseReturnValue:
    issue = find(issue_id)
    if not issue.is_draft:  # pressed twice: what was wanted is done
        return redirect(url_for(".show", issue_id=issue.id))
    form = ScheduleForm.of(issue)
    refusal, found = "", look(issue)
    if form.is_valid_post():
        try:
            _schedule(issue, form)
            return redirect(url_for(".show", issue_id=issue.id))
        except schedule.Refused as refused:
            db.session.rollback()
            refusal = str(refused)
    return render_template(
        "staff/newsletter/sending/new.html",
        issue=find(issue_id),
        form=form,
        refusal=refusal,
        blocking=[one for one in found if one.is_blocking],
        advice=[one for one in found if not one.is_blocking],
        lacking=review.lacks(issue),
        letters=len(editions(issue)),
        recipients=schedule.count_recipients(issue),
        quiet_until=Courtesy.current().quiet_until_when(now()),
    ), (422 if form.errors or refusal else 200)


def _schedule(issue: Issue, form: ScheduleForm) -> None:
    at = form.at.data or now()
    chosen = form.audience.data
    audience.choose(issue, db.session.get(Segment, int(chosen)) if chosen else None)
    if found := blocking(issue, local(at).date()):
        more = f" Et {plural(len(found) - 1, 'autre point', 'autres points')}." if found[1:] else ""
        raise schedule.Refused(f"{found[0].words}{more}")
    if len(editions(issue)) > MOST:
        raise schedule.Refused(f"Plus de {MOST} lettres différentes\u00a0: réunissez des publics.")
    schedule.schedule(issue, at)
    record_mine(Did.SCHEDULED, issue, plural(schedule.count_recipients(issue), "destinataire"))
    db.session.commit()
    enqueue(send_due)
    flash(f"{issue.title} partira {moment(at)}." if form.at.data else f"{issue.title} s’en va.")


@bp.post("/numeros/<int:issue_id>/annulation")
@allow(PUBLISH)
def delete(issue_id: int) -> ResponseReturnValue:
    issue = find(issue_id)
    try:
        schedule.cancel(issue)
    except schedule.Refused as refused:
        abort(409, str(refused))
    record_mine(Did.STOPPED, issue, "programmation annulée")
    db.session.commit()
    flash(f"{issue.title} ne partira pas : c’est de nouveau un brouillon.")
    return redirect(url_for("staff.newsletter.issues.show", issue_id=issue.id))


@bp.post("/numeros/<int:issue_id>/pause")
@allow(PUBLISH)
def pause(issue_id: int) -> ResponseReturnValue:
    if request.form.get("pause") == "0":
        return _act(issue_id, schedule.resume, "L’envoi reprend.")
    return _act(
        issue_id, schedule.pause, "L’envoi est en pause\u00a0: personne d’autre ne reçoit rien."
    )


@bp.route("/numeros/<int:issue_id>/arret", methods=["GET", "POST"])
@allow(PUBLISH)
def stop(issue_id: int) -> ResponseReturnValue:
    if ask_again():
        issue = find(issue_id)
        counts = progress_of(issue, now())
        return render_template("staff/newsletter/sending/stop.html", issue=issue, progress=counts)

    def stop_it(issue: Issue) -> None:
        schedule.stop(issue)
        record_mine(Did.STOPPED, issue)

    return _act(issue_id, stop_it, "L’envoi est arrêté\u00a0: personne d’autre ne recevra rien.")


@bp.post("/numeros/<int:issue_id>/renvoi")
@allow(PUBLISH)
def again(issue_id: int) -> ResponseReturnValue:
    """Try again those who were given up, or those who were refused."""
    given_up = request.form.get("qui") == "abandonnes"

    def send_again(issue: Issue) -> None:
        count = schedule.send_again(issue, given_up=given_up)
        record_mine(Did.SENT, issue, f"renvoi, {plural(count, 'destinataire')}")
        flash(f"{issue.title} repart vers {plural(count, 'destinataire')}.")

    return _act(issue_id, send_again, "")


def _act(issue_id: int, action: Callable[[Issue], None], said: str) -> ResponseReturnValue:
    """Change the course of a delivery, and wake whoever sends."""
    issue = find(issue_id)
    try:
        action(issue)
    except schedule.Refused as refused:
        abort(409, str(refused))
    db.session.commit()
    enqueue(send_due)
    if said:
        flash(said)
    return redirect(url_for(".show", issue_id=issue.id))


@bp.get("/numeros/<int:issue_id>/suivi")
@allow(READ)
def show(issue_id: int) -> ResponseReturnValue:
    issue = find(issue_id)
    progress = progress_of(issue, now())
    return render_template(
        "staff/newsletter/sending/show.html",
        issue=issue,
        question=lateness.question(issue, now()),
        progress=progress,
        pace=_pace(progress),
        quiet_until=Courtesy.current().quiet_until_when(now()),
        troubles=_troubles(issue, progress),
        doubted=db.session.scalars(Delivery.doubted(issue).limit(PER_PAGE)).all(),
        doubted_count=Delivery.count_doubted(issue),
        recipients=schedule.count_recipients(issue, issue.audience),
        states=State,
    )


@bp.get("/numeros/<int:issue_id>/suivi.json")
@allow(READ)
def progress(issue_id: int) -> Response:
    issue = find(issue_id)
    found = progress_of(issue, now())
    return jsonify(
        total=found.total,
        settled=found.settled,
        is_started=issue.started_at is not None,
        is_paused=issue.paused_at is not None,
        is_over=issue.sent_at is not None,
        pace=_pace(found),
        **{state.value: count for state, count in found.counts.items()},
    )


def _pace(progress: Progress) -> str:
    """« 312 messages par minute ; fin prévue vers 14 h 32. », or nothing when it stands still."""
    said = ""
    if progress.waiting and progress.per_minute:
        said = f"{plural(progress.per_minute, 'message')} par minute"
        said += f"\u00a0; fin prévue {near(progress.ends_at)}. " if progress.ends_at else ". "
    if progress.next_try_at is not None:
        count = progress.counts[State.DEFERRED]
        said += f"{plural(count, 'destinataire remis', 'destinataires remis')} à plus tard"
        said += f"\u00a0; prochain essai {near(progress.next_try_at)}."
    return said.strip()


@dataclass(frozen=True)
class Trouble:
    """Those who did not get it for one reason, with the server's words."""

    title: str
    rows: Sequence[Delivery]
    total: int
    again: str  # what the button to try them again posts; empty: no button


def _troubles(issue: Issue, progress: Progress) -> list[Trouble]:
    given_up = Delivery.given_up_at.is_not(None)
    groups = (
        ("Abandonnés après plusieurs jours d’essais", State.FAILED, given_up, "abandonnes"),
        ("Refusés", State.FAILED, ~given_up, "refuses"),
        ("Remis à plus tard", State.DEFERRED, true(), ""),
        ("Revenus", State.BOUNCED, true(), ""),
        ("Écartés", State.SUPPRESSED, true(), ""),
    )
    found = []
    for title, state, which, again in groups:
        if not progress.counts[state]:
            continue
        query = Delivery.told(issue, state).where(which)
        query = query.options(contains_eager(Delivery.subscription)).limit(PER_PAGE)
        rows = db.session.scalars(query).all()
        total = len(rows)
        if total == PER_PAGE:
            total = Delivery.count(issue, state, which)
        if rows:
            found.append(Trouble(title, rows, total, "" if issue.cancelled_at else again))
    return found
