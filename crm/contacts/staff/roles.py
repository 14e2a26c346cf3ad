"""The functions people hold: take one, correct it, end it, or change structure in one gesture."""

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import DateField, validators

from crm.auth import WORK, allow
from crm.contacts import cells, change
from crm.contacts.details import DetailKind
from crm.contacts.forms import LinesField, OrganisationField
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person, Role
from crm.contacts.staff import cards
from crm.db import db
from crm.filters import day, today
from crm.forms import Form, line

bp = Blueprint("roles", __name__)


def _not_to_come(_form: Form, field: DateField) -> None:
    if field.data and field.data > today():
        raise validators.ValidationError(
            "Cette date est à venir : écrivez-la plutôt dans le journal, et revenez ce jour-là."
        )


def _day(label: str, hint: str = "", *, required: bool = True) -> DateField:
    first = validators.InputRequired("Indiquez le jour.") if required else validators.Optional()
    return DateField(label, [first, _not_to_come], description=hint)


class NewRoleForm(Form):
    organisation = OrganisationField("Organisation", required=True)
    title = line("Fonction", 200, hint="présidente, chargé de projets…")
    started_on = _day("Depuis le", required=False)


class RoleForm(Form):
    title = line("Fonction", 200)
    started_on = _day("Depuis le", required=False)
    ended_on = _day("Jusqu’au", "Vide\u00a0: la fonction est en cours.", required=False)

    def validate_ended_on(self, field: DateField) -> None:
        if field.data and self.started_on.data and field.data < self.started_on.data:
            raise validators.ValidationError("La fin est avant le début.")


class EndForm(Form):
    ended_on = _day("Dernier jour")


class MoveForm(Form):
    organisation = OrganisationField("Nouvelle organisation", required=True)
    title = line("Nouvelle fonction", 200)
    on = _day("À partir du", "L’ancienne fonction se termine ce jour-là.")
    emails = LinesField(
        "Courriels", cells.email, "Un par ligne. Remplacez l’adresse qui ne sert plus : elle fera "
        "toujours retrouver cette personne.",
    )  # fmt: skip


@bp.route("/personnes/<int:person_id>/fonctions/nouvelle", methods=["GET", "POST"])
@allow(WORK)
def new(person_id: int) -> ResponseReturnValue:
    person = db.get_or_404(Person, person_id)
    form = NewRoleForm()
    if form.is_valid_post():
        organisation = _with_a_card(form.organisation.data)
        role = person.hold(organisation, form.title.data, form.started_on.data, by=current_user)
        flash(f"Fonction ajoutée\u00a0: {role.place}.")
        return _saved(person)
    code = 422 if form.errors else 200
    return render_template("staff/contacts/roles/new.html", form=form, person=person), code


@bp.route("/fonctions/<int:role_id>", methods=["GET", "POST"])
@allow(WORK)
def edit(role_id: int) -> ResponseReturnValue:
    role = db.get_or_404(Role, role_id)
    form = RoleForm(obj=role)
    if form.is_valid_post():
        before = _told(role)
        form.populate_obj(role)
        if _told(role) != before:
            what = f"Fonction corrigée\u00a0: {before} → {_told(role)}"
            role.log(what, f"{role.person.name} – {what.lower()}", by=current_user)
        flash("La fonction est corrigée.")
        return _saved(role.person)
    code = 422 if form.errors else 200
    return render_template("staff/contacts/roles/edit.html", form=form, role=role), code


@bp.route("/fonctions/<int:role_id>/fin", methods=["GET", "POST"])
@allow(WORK)
def end(role_id: int) -> ResponseReturnValue:
    role = _current(role_id)
    form = EndForm(data={"ended_on": today()})
    if form.is_valid_post() and _ends(role, form):
        when = day(role.ended_on)
        role.log(f"Fonction terminée le {when}\u00a0: {role.place}",
                 f"{role.person.name} part le {when}", by=current_user)  # fmt: skip
        flash(f"{role.person.name} n’est plus {role.place}.")
        return _saved(role.person)
    code = 422 if form.errors else 200
    return render_template("staff/contacts/roles/end.html", form=form, role=role), code


@bp.route("/fonctions/<int:role_id>/changement", methods=["GET", "POST"])
@allow(WORK)
def move(role_id: int) -> ResponseReturnValue:
    role = _current(role_id)
    emails = [detail.value for detail in role.person.current(DetailKind.EMAIL)]
    form = MoveForm(data={"on": today(), "emails": emails})
    if form.is_valid_post() and _moves(role, form):
        flash(f"{role.person.name} travaille maintenant là\u00a0: {form.organisation.data.title}.")
        return _saved(role.person)
    code = 422 if form.errors else 200
    return render_template("staff/contacts/roles/move.html", form=form, role=role), code


def _current(role_id: int) -> Role:
    """The function, if it is still held; otherwise 409 with what to do."""
    role = db.get_or_404(Role, role_id, with_for_update=request.method == "POST" or None)
    if role.ended_on is not None:
        abort(409, f"Cette fonction est déjà terminée, depuis le {day(role.ended_on)}.")
    return role


def _ends(role: Role, form: EndForm) -> bool:
    try:
        role.end(form.ended_on.data)
    except ValueError as error:
        form.ended_on.errors = [str(error)]
        return False
    return True


def _moves(role: Role, form: MoveForm) -> bool:
    """Change structure, and mails with it. False, with the error on its field, for a wrong day."""
    person, left = role.person, role.organisation
    organisation = _with_a_card(form.organisation.data)
    try:
        person.move(role, organisation, form.on.data, form.title.data, by=current_user)
    except ValueError as error:
        db.session.rollback()
        form.on.errors = [str(error)]
        return False
    change.edit(person, {"emails": form.emails.data}, by=current_user)
    change.saved(left)
    return True


def _with_a_card(organisation: Organisation) -> Organisation:
    """The organisation that was chosen; its card is made when it has none."""
    if not organisation.id:
        change.create(organisation, {}, by=current_user)
    return organisation


def _saved(person: Person) -> ResponseReturnValue:
    change.saved(person)
    db.session.commit()
    return redirect(cards.address(person, _anchor="fonctions"))


def _told(role: Role) -> str:
    """« trésorier, depuis le 3 mars 2024, jusqu’au 1er mai 2026 »."""
    since = f"depuis le {day(role.started_on)}" if role.started_on else ""
    until = f"jusqu’au {day(role.ended_on)}" if role.ended_on else ""
    return ", ".join(part for part in (role.title, since, until) if part) or "sans titre"
