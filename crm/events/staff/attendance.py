"""Presences of one event: how many came, who, and the list that a webinar's program gives."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from wtforms import FileField, IntegerField, validators

from crm.auth import READ, WORK, allow
from crm.contacts.files.workbooks import TableError
from crm.contacts.journal import file_name
from crm.db import db
from crm.events import head_counts, recognise, sheet
from crm.events.attend import present_session
from crm.events.event_files import EventFile, Purpose
from crm.events.events import Event
from crm.events.kinds import CAME, Attendance, CountKind
from crm.events.presences import Presence
from crm.events.registrations import Registration
from crm.events.sessions import Session
from crm.events.staff.card import find
from crm.events.wording import when_session
from crm.filters import plural
from crm.forms import Chosen, Form, as_choices, choice

bp = Blueprint("attendance", __name__, url_prefix="/<int:event_id>/presences")


class CountForm(Form):
    number = IntegerField(
        "Nombre de personnes venues",
        [validators.Optional(), validators.NumberRange(0, head_counts.MOST)],
        render_kw={"inputmode": "numeric", "min": 0},
    )
    kind = choice("Ce nombre est", [(one.value, one.label) for one in CountKind],
                  default=CountKind.COUNTED.value)  # fmt: skip


class ListForm(Form):
    file = FileField(
        "Liste de connexion",
        description="Le fichier que donnent Zoom, Teams ou BigBlueButton, tel quel.",
        render_kw={"accept": ".csv,.tsv,.txt,.xlsx"},
        validators=[Chosen()],
    )
    session = choice("Séance", [])
    least = IntegerField(
        "Minutes de présence au moins",
        [validators.Optional(), validators.NumberRange(0, 600)],
        description="En dessous, la personne n’est pas comptée.",
        render_kw={"inputmode": "numeric", "min": 0},
    )

    def __init__(self, event: Event, posted: MultiDict[str, str] | None = None) -> None:
        nearest = present_session(event)
        data = {"session": str(nearest.id) if nearest else "", "least": 0}
        super().__init__(data=data, posted=posted)
        self.session.choices = as_choices((str(one.id), when_session(one)) for one in event.held)


@bp.get("/")
@allow(READ)
def show(event_id: int) -> ResponseReturnValue:
    event = find(event_id)
    return _page(event, ListForm(event), CountForm(posted=MultiDict(), data=_counted(event)))


@bp.post("/")
@allow(WORK)
def create(event_id: int) -> ResponseReturnValue:
    """Put a webinar's list in, to be looked at."""
    event = find(event_id)
    form = ListForm(event)
    kept = _put_in(event, form)
    if kept is None:
        return _page(event, form, CountForm(posted=MultiDict(), data=_counted(event)))
    return redirect(url_for(".edit", event_id=event.id, file_id=kept.id), 303)


def _page(event: Event, form: ListForm, counting: CountForm) -> ResponseReturnValue:
    came = db.session.scalars(
        Registration.of(event).where(Registration.attendance.in_(CAME)).order_by(None)
        .order_by(Registration.last_name, Registration.id)
    ).all()  # fmt: skip
    code = 422 if form.errors or counting.errors else 200
    return render_template(
        "staff/events/attendance/show.html",
        event=event, form=form, counting=counting, came=came, days=_days(event),
        expected=sheet.expected(event), absent=Attendance.ABSENT,
        is_missing=head_counts.is_missing(event),
    ), code  # fmt: skip


def _counted(event: Event) -> dict[str, object]:
    kind = event.head_count_kind or CountKind.COUNTED
    return {"number": event.head_count, "kind": kind.value}


def _days(event: Event) -> dict[int, list[Presence]]:
    """The days each one came, by registration, when there are several."""
    if len(event.held) < 2:
        return {}
    rows = db.session.scalars(
        db.select(Presence).join(Session, Session.id == Presence.session_id)
        .where(Session.event_id == event.id, Presence.attendance.in_(CAME)).order_by(Session.day)
    )  # fmt: skip
    found: dict[int, list[Presence]] = {}
    for one in rows:
        found.setdefault(one.registration_id, []).append(one)
    return found


@bp.post("/effectif")
@allow(WORK)
def count(event_id: int) -> ResponseReturnValue:
    """How many came, when they were counted rather than marked."""
    event = find(event_id)
    counting = CountForm()
    if request.form.get("inconnu"):
        head_counts.give_up(event, by=current_user)
        said = "Il ne sera plus demandé. Les bilans continueront de dire qu’il manque."
    elif counting.validate():
        number, kind = counting.number.data, CountKind(counting.kind.data)
        head_counts.give(event, number, kind, by=current_user)
        said = "Le nombre de participants est noté." if number is not None else "Il est retiré."
    else:
        return _page(event, ListForm(event, posted=MultiDict()), counting)
    db.session.commit()
    flash(said)
    if request.form.get("retour") == "liste":
        return redirect(url_for("staff.events.headcounts.index"), 303)
    return redirect(url_for(".show", event_id=event.id), 303)


def _put_in(event: Event, form: ListForm) -> EventFile | None:
    if not form.validate():
        return None
    sent = request.files["file"]
    content = sent.stream.read()
    least = form.least.data or 0
    try:
        recognise.rehearse(event, content, least)
    except TableError as error:
        form.file.errors = [str(error)]
        return None
    name = file_name(sent.filename or "liste")
    kept = EventFile(
        purpose=Purpose.ATTENDANCE, event=event, session_id=int(form.session.data), name=name,
        content=content, options={"least": least}, user=current_user,
    )  # fmt: skip
    db.session.add(kept)
    db.session.commit()
    return kept


@bp.route("/listes/<int:file_id>", methods=["GET", "POST"])
@allow(WORK)
def edit(event_id: int, file_id: int) -> ResponseReturnValue:
    """GET shows who was recognised, for somebody to correct; POST marks them."""
    event = find(event_id)
    kept, session = _waiting(event, file_id)
    told = recognise.rehearse(event, kept.content, int(kept.options.get("least", 0)))
    if request.method == "GET":
        return render_template(
            "staff/events/attendance/edit.html", event=event, kept=kept, told=told,
            NEW=recognise.NEW, NOBODY=recognise.NOBODY, when=when_session(session),
        )  # fmt: skip
    choices = {place: request.form[f"choix-{place}"] for place in range(len(told.matches))
               if f"choix-{place}" in request.form}  # fmt: skip
    marked = recognise.apply(kept, told, session, choices, by=current_user)
    db.session.commit()
    flash(f"{plural(marked, 'présence notée', 'présences notées')}.")
    return redirect(url_for(".show", event_id=event.id), 303)


@bp.post("/listes/<int:file_id>/abandon")
@allow(WORK)
def delete(event_id: int, file_id: int) -> ResponseReturnValue:
    """Put the list away: nobody was marked."""
    db.session.delete(_waiting(find(event_id), file_id)[0])
    db.session.commit()
    flash("La liste est oubliée\u00a0: personne n’a été pointé.")
    return redirect(url_for(".show", event_id=event_id), 303)


def _waiting(event: Event, file_id: int) -> tuple[EventFile, Session]:
    kept = db.get_or_404(EventFile, file_id)
    if kept.event_id != event.id or kept.session is None:
        abort(404)
    if kept.applied_at is not None:
        abort(410, "Cette liste est déjà lue.")
    return kept, kept.session
