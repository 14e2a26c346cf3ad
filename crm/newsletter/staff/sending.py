"""Sending a number: try it, decide, watch it leave."""

from flask import Blueprint, Response, abort, flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload
from wtforms import validators

from crm import mail
from crm.auth import PUBLISH, READ, allow
from crm.db import db, now
from crm.filters import moment
from crm.forms import Form, LocalMomentField, email
from crm.jobs import enqueue
from crm.newsletter import emails, schedule
from crm.newsletter.deliver import send_due
from crm.newsletter.deliveries import PENDING, Delivery, State
from crm.newsletter.issues import Issue
from crm.newsletter.staff.issues import find

bp = Blueprint("sending", __name__)

PER_PAGE = 50


class TrialForm(Form):
    email = email("Envoyer un essai à", required=True)


class ScheduleForm(Form):
    at = LocalMomentField(
        "Partir le", validators=[validators.Optional()], format="%Y-%m-%dT%H:%M",
        description="Heure de Paris. Laissez vide pour envoyer tout de suite.",
    )  # fmt: skip

    def validate_at(self, field: LocalMomentField) -> None:
        if field.data is not None and field.data < now():
            raise validators.ValidationError(
                "Cette heure est passée. Laissez vide pour envoyer tout de suite."
            )


@bp.route("/numeros/<int:issue_id>/essai", methods=["GET", "POST"])
@allow(PUBLISH)
def trial(issue_id: int) -> ResponseReturnValue:
    issue = find(issue_id)
    form = TrialForm(data={"email": current_user.email})
    if form.is_valid_post():
        emails.trial(issue, form.email.data)
        db.session.commit()
        mail.wake()
        flash(f"L’essai part vers {form.email.data}.")
        return redirect(url_for("staff.newsletter.preview.show", issue_id=issue.id))
    code = 422 if form.errors else 200
    return render_template("staff/newsletter/sending/trial.html", issue=issue, form=form), code


@bp.route("/numeros/<int:issue_id>/envoi", methods=["GET", "POST"])
@allow(PUBLISH)
def new(issue_id: int) -> ResponseReturnValue:
    issue = find(issue_id)
    if not issue.is_draft:  # pressed twice: what was wanted is done
        return redirect(url_for(".show", issue_id=issue.id))
    form = ScheduleForm()
    refusal = ""
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
        recipients=schedule.count_recipients(issue),
    ), (422 if form.errors or refusal else 200)


def _schedule(issue: Issue, form: ScheduleForm) -> None:
    at = form.at.data or now()
    schedule.schedule(issue, at)
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
    db.session.commit()
    flash(f"{issue.title} ne partira pas : c’est de nouveau un brouillon.")
    return redirect(url_for("staff.newsletter.issues.show", issue_id=issue.id))


@bp.get("/numeros/<int:issue_id>/suivi")
@allow(READ)
def show(issue_id: int) -> ResponseReturnValue:
    issue = find(issue_id)
    return render_template(
        "staff/newsletter/sending/show.html",
        issue=issue,
        progress=_progress(issue),
        troubles=_troubles(issue),
        doubted=_doubted(issue),
        recipients=schedule.count_recipients(issue),
        states=State,
    )


@bp.get("/numeros/<int:issue_id>/suivi.json")
@allow(READ)
def progress(issue_id: int) -> Response:
    return jsonify(_progress(find(issue_id)))


def _progress(issue: Issue) -> dict[str, int | bool]:
    """How far it is: recipients in all, settled, and in each state."""
    counts = Delivery.counts(issue)
    total = sum(counts.values())
    pending = sum(counts[state] for state in PENDING)
    return {
        "total": total,
        "settled": total - pending,
        "is_started": issue.started_at is not None,
        "is_over": issue.sent_at is not None,
        **{state.value: count for state, count in counts.items()},
    }


def _troubles(issue: Issue) -> dict[State, list[Delivery]]:
    """Those who did not get it, with the server's words, state by state."""
    found = {
        state: db.session.scalars(
            Delivery.told(issue, state)
            .options(contains_eager(Delivery.subscription))
            .limit(PER_PAGE)
        ).all()
        for state in (State.FAILED, State.DEFERRED, State.BOUNCED, State.SUPPRESSED)
    }
    return {state: list(rows) for state, rows in found.items() if rows}


def _doubted(issue: Issue) -> list[Delivery]:
    query = select(Delivery).where(Delivery.issue_id == issue.id, Delivery.doubted_at.is_not(None))
    query = query.options(joinedload(Delivery.subscription)).order_by(Delivery.id)
    return list(db.session.scalars(query.limit(200)))
