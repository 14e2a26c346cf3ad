"""A request's appointment, as the team sets, moves or calls it off."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import validators
from wtforms.fields import Field

from crm.auth import WORK, allow
from crm.db import db
from crm.forms import Form, LocalMomentField, line
from crm.mail import wake
from crm.requests import book
from crm.requests.requests import SupportRequest
from crm.requests.slots import Appointment, Slot
from crm.requests.staff.slots import PlaceForm, check_to_come
from crm.text import row_number

bp = Blueprint("appointments", __name__)
bp.add_app_template_global(book.offerable)


class AppointmentForm(PlaceForm):
    starts_at = LocalMomentField("Jour et heure", [validators.InputRequired("Dites quand.")])

    def validate_starts_at(self, field: Field) -> None:
        check_to_come(field.data)


class CancelForm(Form):
    why = line("Pourquoi ?", 300, hint="Une phrase, que le demandeur lira.")


@bp.route("/<int:request_id>/rendez-vous", methods=["GET", "POST"])
@allow(WORK)
def edit(request_id: int) -> ResponseReturnValue:
    """Set an hour, or move the one there is. Both sides are told."""
    asked = db.get_or_404(SupportRequest, request_id)
    held = book.coming(asked)
    form = AppointmentForm(data=_typed(asked, held))
    if form.is_valid_post() and form.starts_at.data:
        try:
            made = book.arrange(asked, form.who, form.starts_at.data, form.minutes.data,
                                by=current_user, **form.meeting_place)  # fmt: skip
        except book.Taken:
            form.starts_at.errors = ["Cette personne a déjà un rendez-vous à cette heure-là."]
        else:
            db.session.commit()
            wake()
            flash(f"Rendez-vous {made.when}. L’invitation part.")
            return redirect(url_for("staff.requests.card.show", request_id=request_id))
    code = 422 if form.errors else 200
    return render_template(
        "staff/requests/appointments/edit.html", form=form, asked=asked, held=held
    ), code


def _typed(asked: SupportRequest, held: Appointment | None) -> dict[str, object]:
    officer = held.officer_id if held else asked.assignee_id or current_user.id
    if held is None:
        return {"officer": str(officer), "minutes": 45}
    return {
        "officer": str(officer), "starts_at": held.starts_at, "way": held.way.value,
        "place": held.place, "video_url": held.video_url,
        "minutes": round((held.ends_at - held.starts_at).total_seconds() / 60),
    }  # fmt: skip


@bp.post("/<int:request_id>/creneaux")
@allow(WORK)
def offer(request_id: int) -> ResponseReturnValue:
    """Let the requester choose among the next slots of who has the request."""
    asked = db.get_or_404(SupportRequest, request_id)
    chosen = [db.session.get(Slot, row_number(one)) for one in request.form.getlist("slot")]
    slots = [slot for slot in chosen if slot is not None]
    book.offer(asked, slots)
    db.session.commit()
    flash("Ces créneaux sont proposés sur la page du demandeur."
          if slots else "Cochez d’abord des créneaux.")  # fmt: skip
    return redirect(url_for("staff.requests.card.show", request_id=request_id))


@bp.route("/rendez-vous/<int:appointment_id>/annulation", methods=["GET", "POST"])
@allow(WORK)
def delete(appointment_id: int) -> ResponseReturnValue:
    """GET asks, POST acts."""
    held = db.get_or_404(Appointment, appointment_id)
    form = CancelForm()
    if not form.is_valid_post():
        code = 422 if form.errors else 200
        return render_template(
            "staff/requests/appointments/delete.html", held=held, form=form
        ), code
    book.cancel(held, form.why.data or "", by=current_user)
    db.session.commit()
    wake()
    flash("Le rendez-vous est annulé. Les deux agendas en sont prévenus.")
    return redirect(url_for("staff.requests.card.show", request_id=held.request_id))
