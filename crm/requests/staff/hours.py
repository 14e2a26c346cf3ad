"""Weekly hours: the slots that come back every week."""

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, TimeField, validators
from wtforms.fields import Field

from crm.auth import WORK, allow
from crm.db import db
from crm.filters import plural, today
from crm.forms import ask_again, choice
from crm.requests import openings
from crm.requests.slots import Hours
from crm.requests.staff.slots import PlaceForm

bp = Blueprint("hours", __name__, url_prefix="/rendez-vous/semaine")

WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
bp.add_app_template_global(WEEKDAYS.__getitem__, "weekday_name")


class HoursForm(PlaceForm):
    weekday = choice("Chaque", [(str(number), name) for number, name in enumerate(WEEKDAYS)])
    starts = TimeField("De", [validators.InputRequired("Dites à quelle heure.")])
    ends = TimeField("À", [validators.InputRequired("Dites jusqu’à quand.")])
    ended_on = DateField("Jusqu’au", [validators.Optional()], description="Vide : sans fin.")

    def validate_ends(self, field: Field) -> None:
        if not (field.data and self.starts.data and self.minutes.data):
            return
        length = timedelta(hours=field.data.hour, minutes=field.data.minute) - timedelta(
            hours=self.starts.data.hour, minutes=self.starts.data.minute
        )
        if length < timedelta(minutes=self.minutes.data):
            raise validators.ValidationError("Il n’y a pas la place d’un créneau entre ces heures.")

    def validate_ended_on(self, field: Field) -> None:
        if field.data and field.data < today():
            raise validators.ValidationError("Cette date est passée.")


@bp.route("/", methods=["GET", "POST"])
@allow(WORK)
def new() -> ResponseReturnValue:
    form = HoursForm()
    if form.is_valid_post():
        hours = Hours(
            officer=form.who, weekday=int(form.weekday.data), starts=form.starts.data,
            ends=form.ends.data, minutes=form.minutes.data, ended_on=form.ended_on.data,
            **form.meeting_place,
        )  # fmt: skip
        db.session.add(hours)
        made = openings.give_weekly(hours)
        db.session.commit()
        flash(f"{plural(made, 'créneau ouvert', 'créneaux ouverts')} sur les six semaines à venir.")
        return redirect(url_for("staff.requests.slots.index"))
    code = 422 if form.errors else 200
    return render_template("staff/requests/hours/new.html", form=form), code


@bp.route("/<int:hours_id>/fin", methods=["GET", "POST"])
@allow(WORK)
def delete(hours_id: int) -> ResponseReturnValue:
    """GET asks, POST acts."""
    hours = db.get_or_404(Hours, hours_id)
    if ask_again():
        return render_template("staff/requests/hours/delete.html", hours=hours)
    gone = openings.stop(hours)
    db.session.commit()
    flash(f"{plural(gone, 'créneau libre retiré', 'créneaux libres retirés')}.")
    return redirect(url_for("staff.requests.slots.index", qui=request.args.get("qui")))
