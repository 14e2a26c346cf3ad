"""Appointments to come, and the slots that officers give for others."""

from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from wtforms import IntegerField, validators
from wtforms.fields import Field

from crm.auth import READ, WORK, allow
from crm.db import db, now
from crm.forms import Form, LocalMomentField, WebAddress, as_choices, choice, line
from crm.requests import openings
from crm.requests.meetings import Absence
from crm.requests.queue import officers
from crm.requests.slots import Appointment, Hours, Slot, Way
from crm.users import User

bp = Blueprint("slots", __name__, url_prefix="/rendez-vous")

_WAYS = [(way.value, way.label) for way in Way]
MOST = 100  # rows of each list


class OfficerForm(Form):
    """What is somebody's: mine, unless said otherwise."""

    officer = choice("Pour", [])

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        everyone = officers()
        self.everyone = {str(one.id): one for one in everyone}
        self.officer.choices = as_choices((key, one.display_name) for key, one in
                                          self.everyone.items())  # fmt: skip
        if self.officer.data is None:
            self.officer.data = str(current_user.id)

    @property
    def who(self) -> User:
        return self.everyone[self.officer.data]


class PlaceForm(OfficerForm):
    """How one meets, and where."""

    minutes = IntegerField(
        "Durée (minutes)",
        [
            validators.InputRequired("Écrivez un nombre de minutes."),
            validators.NumberRange(5, 480, "Entre 5 et 480 minutes."),
        ],
        default=45,
    )
    way = choice("Comment", _WAYS)
    place = line("Lieu", 200)
    video_url = line("Lien de visioconférence", 500, validators=[WebAddress()])

    def validate(self, extra_validators: Any = None) -> bool:
        """A way of meeting needs its place: an empty field is otherwise not looked at."""
        is_right = bool(super().validate(extra_validators))
        for way, field, words in (
            (Way.VIDEO, self.video_url, "Collez ici le lien à ouvrir à cette heure-là."),
            (Way.OFFICE, self.place, "Dites où."),
        ):
            if self.way.data == way.value and not field.data:
                field.errors = [words]
                is_right = False
        return is_right

    @property
    def meeting_place(self) -> dict[str, Any]:
        way = Way(self.way.data)
        return {
            "way": way,
            "place": self.place.data or "" if way is Way.OFFICE else "",
            "video_url": self.video_url.data or "" if way is Way.VIDEO else "",
        }


class SlotForm(PlaceForm):
    starts_at = LocalMomentField("Jour et heure", [validators.InputRequired("Dites quand.")])

    def validate_starts_at(self, field: Field) -> None:
        check_to_come(field.data)


def check_to_come(moment: datetime | None) -> None:
    """Raises ValidationError, in French, when that moment is no use."""
    if moment is not None and moment <= now():
        raise validators.ValidationError("Cette heure est passée.")
    if moment is not None and (moment - now()).days > 366:
        raise validators.ValidationError("C’est dans plus d’un an.")


@bp.get("/")
@allow(READ)
def index() -> ResponseReturnValue:
    """« moi » by default; « toutes » for the whole team's."""
    everyone = request.args.get("qui") == "toutes" or not current_user.answers
    coming, free, hours, away = (
        Appointment.coming(),
        Slot.free(),
        select(Hours),
        Absence.coming(180),
    )
    if not everyone:
        coming = coming.where(Appointment.officer_id == current_user.id)
        free = free.where(Slot.officer_id == current_user.id)
        hours = hours.where(Hours.officer_id == current_user.id)
        away = away.where(Absence.user_id == current_user.id)
    return render_template(
        "staff/requests/slots/index.html",
        everyone=everyone,
        coming=db.session.scalars(coming.limit(MOST)).all(),
        slots=db.session.scalars(free.limit(MOST)).all(),
        hours=db.session.scalars(hours.order_by(Hours.weekday, Hours.starts)).all(),
        absences=db.session.scalars(away).all(),
    )


@bp.route("/creneau", methods=["GET", "POST"])
@allow(WORK)
def new() -> ResponseReturnValue:
    form = SlotForm()
    if form.is_valid_post() and form.starts_at.data:
        try:
            slot = openings.give(form.who, form.starts_at.data, form.minutes.data,
                                 **form.meeting_place)  # fmt: skip
        except openings.Overlap as error:
            form.starts_at.errors = [str(error)]
        else:
            db.session.commit()
            flash(f"Le créneau est ouvert : {slot.when}.")
            return redirect(url_for(".index"))
    code = 422 if form.errors else 200
    return render_template("staff/requests/slots/new.html", form=form), code


@bp.post("/creneau/<int:slot_id>/retrait")
@allow(WORK)
def delete(slot_id: int) -> ResponseReturnValue:
    slot = db.get_or_404(Slot, slot_id)
    if not openings.take_back(slot):
        abort(409, "Quelqu’un vient de prendre ce créneau : annulez plutôt le rendez-vous.")
    db.session.commit()
    flash("Le créneau n’est plus proposé.")
    return redirect(url_for(".index", qui=request.form.get("qui") or None))
