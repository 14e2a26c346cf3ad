"""Absences: the days on which nobody is given a request, nor a slot."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, validators
from wtforms.fields import Field

from crm.auth import WORK, allow
from crm.db import db
from crm.filters import plural, today
from crm.forms import line
from crm.requests import openings
from crm.requests.meetings import Absence
from crm.requests.staff.slots import OfficerForm

bp = Blueprint("absences", __name__, url_prefix="/absences")


class AbsenceForm(OfficerForm):
    starts_on = DateField("Du", [validators.InputRequired("Dites à partir de quand.")])
    ends_on = DateField("Au", [validators.InputRequired("Dites jusqu’à quand, ce jour compris.")])
    note = line("Précision", 200, hint="Ce que l’équipe peut lire : congés, formation, festival…")

    def validate_ends_on(self, field: Field) -> None:
        if field.data and self.starts_on.data and field.data < self.starts_on.data:
            raise validators.ValidationError("Cette date est avant la première.")
        if field.data and field.data < today():
            raise validators.ValidationError("Cette absence est déjà finie.")


@bp.route("/nouvelle", methods=["GET", "POST"])
@allow(WORK)
def new() -> ResponseReturnValue:
    form = AbsenceForm()
    if form.is_valid_post():
        absence = Absence(user=form.who, starts_on=form.starts_on.data, ends_on=form.ends_on.data,
                          note=form.note.data or "")  # fmt: skip
        db.session.add(absence)
        db.session.flush()
        gone = openings.leave(absence)
        db.session.commit()
        also = (
            f" {plural(gone, 'créneau libre retiré', 'créneaux libres retirés')}." if gone else ""
        )
        flash(f"Absence notée, {absence.days}.{also}")
        return redirect(url_for("staff.requests.slots.index"))
    code = 422 if form.errors else 200
    return render_template("staff/requests/absences/new.html", form=form), code


@bp.post("/<int:absence_id>/suppression")
@allow(WORK)
def delete(absence_id: int) -> ResponseReturnValue:
    db.session.delete(db.get_or_404(Absence, absence_id))
    db.session.commit()
    flash("L’absence est supprimée ; les créneaux de ces jours sont à rouvrir.")
    return redirect(url_for("staff.requests.slots.index"))
