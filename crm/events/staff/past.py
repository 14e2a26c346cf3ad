"""Past tables: a file put in, what it would do said line by line, then applied whole, once."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import FileField

from crm.auth import READ, WORK, allow
from crm.contacts.files.workbooks import TableError
from crm.contacts.journal import file_name
from crm.db import db
from crm.events.event_files import EventFile, Purpose
from crm.events.rehearse_table import Outcome, rehearse
from crm.events.take_in import NotWhole, apply
from crm.filters import plural
from crm.forms import Chosen, Form

bp = Blueprint("past", __name__, url_prefix="/tableaux")


class TableForm(Form):
    file = FileField(
        "Fichier",
        description="CSV ou Excel\u00a0: Événement, Date, Mission, Projet/Partenaire, Lieu, "
        "Participants. Rien n’est changé avant que vous l’ayez vu.",
        render_kw={"accept": ".csv,.tsv,.txt,.xlsx"},
        validators=[Chosen()],
    )


@bp.get("/")
@allow(READ)
def index() -> ResponseReturnValue:
    """The tables that were taken in, and the way to put one in."""
    return _page(TableForm())


def _page(form: TableForm) -> ResponseReturnValue:
    applied = db.session.scalars(EventFile.applied(Purpose.TABLE).limit(30)).all()
    code = 422 if form.errors else 200
    return render_template("staff/events/past/index.html", form=form, applied=applied), code


@bp.post("/")
@allow(WORK)
def create() -> ResponseReturnValue:
    """Put a table in, to be looked at."""
    form = TableForm()
    if not form.validate():
        return _page(form)
    sent = request.files["file"]
    content = sent.stream.read()
    try:
        rehearse(content)
    except TableError as error:
        form.file.errors = [str(error)]
        return _page(form)
    name = file_name(sent.filename or "tableau")
    kept = EventFile(purpose=Purpose.TABLE, name=name, content=content, user=current_user)
    db.session.add(kept)
    db.session.commit()
    return redirect(url_for(".show", file_id=kept.id), 303)


@bp.get("/<int:file_id>")
@allow(WORK)
def show(file_id: int) -> ResponseReturnValue:
    """What the file would do, line by line."""
    kept = _waiting(file_id)
    creates = request.args.get("missions") == "creer"
    told = rehearse(kept.content, create_missions=creates)
    return render_template(
        "staff/events/past/show.html", kept=kept, told=told, creates=creates, Outcome=Outcome
    )


@bp.post("/<int:file_id>/application")
@allow(WORK)
def update(file_id: int) -> ResponseReturnValue:
    """Apply it, whole or not at all."""
    kept = _waiting(file_id)
    creates = request.form.get("missions") == "creer"
    try:
        told = rehearse(kept.content, create_missions=creates)
        done = apply(told, name=kept.name, by=current_user)
    except NotWhole as error:
        db.session.rollback()
        flash(str(error), "problem")
        return redirect(url_for(".show", file_id=file_id), 303)
    kept.settle(told.sentence)
    db.session.commit()
    flash(f"{plural(len(done), 'événement repris', 'événements repris')}.")
    years = {event.first_day.year for event in done if event.first_day}
    return redirect(url_for("staff.events.figures.index", annee=max(years, default=None)), 303)


@bp.post("/<int:file_id>/abandon")
@allow(WORK)
def delete(file_id: int) -> ResponseReturnValue:
    """Put the file away: nothing of it was kept anywhere."""
    db.session.delete(_waiting(file_id))
    db.session.commit()
    flash("Le fichier est oublié\u00a0: rien n’a été changé.")
    return redirect(url_for(".index"), 303)


def _waiting(file_id: int) -> EventFile:
    kept = db.get_or_404(EventFile, file_id)
    if kept.purpose is not Purpose.TABLE:
        abort(404)
    if kept.applied_at is not None:
        abort(410, "Ce tableau est déjà repris.")
    return kept
