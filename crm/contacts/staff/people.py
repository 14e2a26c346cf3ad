"""The card of a person: how to reach them, where they work and worked, what happened with them."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import selectinload

from crm.auth import READ, WORK, allow
from crm.contacts import change
from crm.contacts.departments import DEPARTMENTS
from crm.contacts.details import DetailKind
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person, Role
from crm.contacts.staff import cards
from crm.contacts.staff.beginnings import NewPersonForm, namesakes
from crm.contacts.staff.entries import EntryForm
from crm.contacts.staff.sections import PERSON
from crm.db import db

bp = Blueprint("people", __name__, url_prefix="/personnes")

_SHOWN = (
    selectinload(Person.details),
    selectinload(Person.terms),
    selectinload(Person.roles).selectinload(Role.organisation).selectinload(Organisation.details),
)


@bp.get("/<int:person_id>")
@allow(READ)
def show(person_id: int) -> ResponseReturnValue:
    person = db.get_or_404(Person, person_id, options=_SHOWN)
    if person.survivor is not person:
        return redirect(cards.address(person.survivor))
    return render_template(
        "staff/contacts/people/show.html",
        person=person,
        kinds=DetailKind,
        sections=PERSON,
        departments=DEPARTMENTS,
        journal=cards.journal(person),
        form=EntryForm(person),
    )


@bp.route("/nouvelle", methods=["GET", "POST"])
@allow(WORK)
def new() -> ResponseReturnValue:
    asked = request.args.get("organisation", 0, type=int)
    form, found = NewPersonForm(data={"organisation": db.session.get(Organisation, asked)}), []
    if form.is_valid_post():
        found = [] if "autre" in request.form else namesakes(form)
        if not found:
            person = _create(form)
            db.session.commit()
            flash(f"La fiche de {person.name} est créée.")
            return redirect(url_for(".show", person_id=person.id))
    code = 409 if found else 422 if form.errors else 200
    return render_template("staff/contacts/people/new.html", form=form, twins=found), code


def _create(form: NewPersonForm) -> Person:
    person, organisation = Person(), form.organisation.data
    change.create(person, form.values(), by=current_user)
    if organisation is not None:
        if not organisation.id:
            change.create(organisation, {}, by=current_user)
        person.hold(organisation, form.title.data or "", form.started_on.data, by=current_user)
        change.saved(person)
    return person


@bp.route("/<int:person_id>/modifier/<section>", methods=["GET", "POST"])
@allow(WORK)
def edit(person_id: int, section: str) -> ResponseReturnValue:
    person = cards.locked(Person, person_id)
    return cards.edit(person, PERSON, section, "staff/contacts/people/edit.html")


@bp.post("/<int:person_id>/archivage")
@allow(WORK)
def archive(person_id: int) -> ResponseReturnValue:
    return cards.archive(cards.locked(Person, person_id))


@bp.post("/<int:person_id>/restauration")
@allow(WORK)
def restore(person_id: int) -> ResponseReturnValue:
    return cards.restore(cards.locked(Person, person_id))
