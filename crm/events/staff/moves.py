"""Moves: an event is shown to the public or not, called off, or restored."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.auth import WORK, allow
from crm.db import db
from crm.events import plan
from crm.events.events import Event
from crm.events.staff.card import find
from crm.events.tell import tell_owed
from crm.filters import plural
from crm.forms import Form, line
from crm.jobs import enqueue

bp = Blueprint("moves", __name__)


class WhyForm(Form):
    why = line("Pourquoi", 500, hint="Ce que liront les personnes inscrites, et le public.")


@bp.post("/<int:event_id>/publication")
@allow(WORK)
def publish(event_id: int) -> ResponseReturnValue:
    """Show it in the public programme, or take it out."""
    event = find(event_id)
    if request.form.get("geste") == "retirer":
        plan.withdraw(event, by=current_user)
        flash("L’événement n’est plus dans l’agenda public.")
    else:
        plan.publish(event, by=current_user)
        flash("L’événement est dans l’agenda public.")
    return _back(event)


@bp.route("/<int:event_id>/annulation", methods=["GET", "POST"])
@allow(WORK)
def cancel(event_id: int) -> ResponseReturnValue:
    """GET asks, POST acts: everyone who registered is told."""
    event = find(event_id)
    form = WhyForm()
    if form.is_valid_post():
        told = plan.cancel(event, form.why.data or "", by=current_user)
        flash(f"L’événement est annulé\u00a0: {_told(told)}.")
        return _back(event)
    code = 422 if form.errors else 200
    page = "staff/events/moves/cancel.html"
    return render_template(page, event=event, form=form, followers=plan.followers(event)), code


@bp.post("/<int:event_id>/retablissement")
@allow(WORK)
def restore(event_id: int) -> ResponseReturnValue:
    event = find(event_id)
    told = plan.restore(event, by=current_user)
    flash(f"L’événement a bien lieu\u00a0: {_told(told)}.")
    return _back(event)


def _told(count: int) -> str:
    if not count:
        return "personne n’était à prévenir"
    return plural(count, "personne est prévenue", "personnes sont prévenues")


def _back(event: Event) -> ResponseReturnValue:
    db.session.commit()
    enqueue(tell_owed)
    return redirect(url_for("staff.events.card.show", event_id=event.id))
