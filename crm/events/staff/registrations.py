"""Those who registered: the list and its files; the team registers people and groups."""

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.exc import IntegrityError
from wtforms import BooleanField, IntegerField, validators
from wtforms.fields import Field

from crm import downloads
from crm.acts import Did, record_reading
from crm.auth import READ, WORK, allow
from crm.db import db
from crm.events import register
from crm.events.events import Event
from crm.events.forms import PREFIX, PersonFields, change_form
from crm.events.groups import Group, register_group
from crm.events.kinds import Channel, State
from crm.events.listing import registered, states_of, table
from crm.events.questions import answered
from crm.events.registrations import Registration
from crm.events.staff.card import find
from crm.events.tell import match_one, note, tell_owed
from crm.filters import plural
from crm.forms import Form, email, line, text
from crm.jobs import enqueue
from crm.text import one_line

bp = Blueprint("registrations", __name__)


class StaffFields(PersonFields):
    """What the team knows of somebody: less than they would say themselves."""

    first_name = line("Prénom", 100)
    email = email("Courriel", hint="Sans adresse, la personne ne reçoit rien.")
    at_once = BooleanField("Lui donner une place même s’il n’en reste pas")


class GroupForm(Form):
    group_name = line("Nom du groupe", 200, required=True, hint="Classe de première, délégation…")
    seats = IntegerField(
        "Nombre de personnes",
        [validators.InputRequired("Ce champ est à remplir."), validators.NumberRange(1, 500)],
        render_kw={"inputmode": "numeric"},
    )
    first_name = line("Prénom de la personne à joindre", 100)
    last_name = line("Son nom", 100, required=True)
    email = email("Son courriel")
    phone = line("Son téléphone", 40)
    organisation_name = line("Organisation", 300)
    names = text(
        "Noms des personnes",
        20_000,
        hint="Une par ligne, avec son adresse si on la connaît\u00a0: Ali Traoré, ali@example.org",
    )
    at_once = BooleanField("Leur donner des places même s’il n’en reste pas assez")

    def validate_names(self, field: Field) -> None:
        try:
            self.group().members()
        except ValueError as error:
            raise validators.ValidationError(str(error)) from error

    def group(self) -> Group:
        names = ("group_name", "first_name", "last_name", "email", "phone", "organisation_name",
                 "names")  # fmt: skip
        return Group(seats=self.seats.data or 1, **{one: self[one].data or "" for one in names})


@bp.get("/<int:event_id>/inscriptions")
@allow(READ)
def index(event_id: int) -> ResponseReturnValue:
    event = find(event_id)
    asked, words = request.args.get("etat", ""), one_line(request.args.get("q"))[:100]
    state = State(asked) if asked in set(State) else None
    return render_template(
        "staff/events/registrations/index.html",
        event=event,
        state=state,
        words=words,
        page=db.paginate(registered(event, state, words), per_page=100),
        counts=states_of(event),
        states=State,
        answered=answered,
    )


@bp.get("/<int:event_id>/inscriptions.<form>")
@allow(WORK)
def export(event_id: int, form: str) -> Response:
    """The list as a file: names and addresses, so not for everybody of the team."""
    event = find(event_id)
    asked = request.args.get("etat", "")
    headings, rows = table(event, State(asked) if asked in set(State) else None)
    response = downloads.table(
        f"inscriptions-{event.slug}.{form}", headings, rows, sheet="Inscriptions"
    )
    record_reading(Did.EXPORTED, event, "inscriptions")
    return response


@bp.route("/<int:event_id>/inscriptions/nouvelle", methods=["GET", "POST"])
@allow(WORK)
def new(event_id: int) -> ResponseReturnValue:
    """Register somebody, by telephone or for an event that is not public."""
    event = find(event_id)
    form = type("StaffForm", (change_form(event), StaffFields), {})()
    _relax(form)
    if form.is_valid_post():
        received = _keep(event, form)
        one = received.registration
        if received.is_again:
            flash(f"{one.who} a déjà une inscription\u00a0: {one.state.label.lower()}.", "problem")
        else:
            flash(f"{one.who}\u00a0: {one.state.label.lower()}.")
        return redirect(url_for(".index", event_id=event.id))
    code = 422 if form.errors else 200
    return render_template("staff/events/registrations/new.html", event=event, form=form), code


def _relax(form: Any) -> None:
    """The team does not have to know the answers."""
    for one in form.asked():
        one.validators = [validators.Optional()]
        one.flags.required = False


def _keep(event: Event, form: Any) -> register.Received:
    values = {**form.person(), "answers": form.answers(event)}
    try:
        received = register.register(event, values, channel=Channel.STAFF, by=current_user)
    except IntegrityError:  # they have just registered by themselves
        db.session.rollback()
        received = register.register(event, values, channel=Channel.STAFF, by=current_user)
    if form.at_once.data and not received.is_again:
        register.confirm(received.registration)
    _committed(received.registration)
    return received


def _committed(*some: Registration) -> None:
    """On disk, matched to the directory, and told."""
    db.session.commit()
    for one in some:
        match_one(one.id)
        db.session.refresh(one)
        note(one, current_user)
    db.session.commit()
    enqueue(tell_owed)


@bp.route("/<int:event_id>/inscriptions/groupe", methods=["GET", "POST"])
@allow(WORK)
def group(event_id: int) -> ResponseReturnValue:
    """Register a group: those that are named, and so many others."""
    event = find(event_id)
    form = GroupForm(data={"seats": 10})
    if form.is_valid_post():
        made = register_group(event, form.group(), by=current_user)
        if form.at_once.data:
            for one in made:
                register.confirm(one)
        _committed(*made)
        places = plural(sum(one.seats for one in made), "place")
        flash(f"{form.group_name.data}\u00a0: {places}, {made[0].state.label.lower()}.")
        return redirect(url_for(".index", event_id=event.id))
    code = 422 if form.errors else 200
    return render_template("staff/events/registrations/group.html", event=event, form=form), code


@bp.route("/<int:event_id>/inscriptions/<int:registration_id>", methods=["GET", "POST"])
@allow(WORK)
def edit(event_id: int, registration_id: int) -> ResponseReturnValue:
    """One registration: what was said, corrected if need be."""
    one = find_one(event_id, registration_id)
    typed = {name: getattr(one, name) for name in PersonFields().data}
    typed |= {PREFIX + key: value for key, value in one.answers.items()}
    form = type("StaffForm", (change_form(one.event), StaffFields), {})(data=typed)
    _relax(form)
    if form.is_valid_post():
        try:
            register.correct(one, {**form.person(), "answers": form.answers(one.event)})
        except register.Taken as error:
            form.email.errors = [str(error)]
        else:
            _committed(one)
            flash("L’inscription est à jour.")
            return redirect(url_for(".index", event_id=event_id))
    code = 422 if form.errors else 200
    return render_template(
        "staff/events/registrations/edit.html", event=one.event, one=one, form=form
    ), code


def find_one(event_id: int, registration_id: int) -> Registration:
    one = db.session.get(Registration, registration_id)
    if one is None or one.event_id != event_id:
        abort(404)
    return one
