"""Series: events that belong together."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from crm.auth import READ, WORK, allow
from crm.db import db
from crm.events.events import Event, Series
from crm.forms import Form, line, text

bp = Blueprint("series", __name__)


class SeriesForm(Form):
    title = line("Titre", 200, required=True)
    text = text("Présentation", 5000, hint="Elle est montrée avec chacun de ses événements.")


@bp.get("/series")
@allow(READ)
def index() -> ResponseReturnValue:
    counted = (
        select(Series, func.count(Event.id), func.min(Event.first_day), func.max(Event.last_day))
        .outerjoin(Event, Event.series_id == Series.id)
        .group_by(Series.id)
        .order_by(Series.id.desc())
    )
    rows = db.session.execute(counted.limit(200)).all()
    return render_template("staff/events/series/index.html", rows=rows)


@bp.route("/series/<int:series_id>", methods=["GET", "POST"])
@allow(WORK)
def edit(series_id: int) -> ResponseReturnValue:
    series = db.get_or_404(Series, series_id)
    form = SeriesForm(obj=series)
    if form.is_valid_post():
        series.title, series.text = form.title.data, form.text.data or ""
        db.session.commit()
        flash("La série est à jour.")
        return redirect(url_for(".index"))
    code = 422 if form.errors else 200
    return render_template("staff/events/series/edit.html", series=series, form=form), code
