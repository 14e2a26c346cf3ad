"""The card of an organisation: what is known of it, who works there, what happened with it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import selectinload

from crm.auth import READ, WORK, allow
from crm.contacts import change
from crm.contacts.departments import DEPARTMENTS
from crm.contacts.details import DetailKind
from crm.contacts.organisations import Organisation, OrganisationLink
from crm.contacts.people import Person, Role
from crm.contacts.staff import cards
from crm.contacts.staff.beginnings import OrganisationForm, twins
from crm.contacts.staff.entries import EntryForm
from crm.contacts.staff.sections import ORGANISATION
from crm.contacts.terms import Vocabulary
from crm.db import db

bp = Blueprint("organisations", __name__, url_prefix="/organisations")

_SHOWN = (
    selectinload(Organisation.details),
    selectinload(Organisation.other_names),
    selectinload(Organisation.terms),
    selectinload(Organisation.links).selectinload(OrganisationLink.other),
    selectinload(Organisation.linked_from).selectinload(OrganisationLink.organisation),
    selectinload(Organisation.roles).selectinload(Role.person).selectinload(Person.details),
)


@bp.get("/<int:organisation_id>")
@allow(READ)
def show(organisation_id: int) -> ResponseReturnValue:
    organisation = db.get_or_404(Organisation, organisation_id, options=_SHOWN)
    if organisation.survivor is not organisation:
        return redirect(cards.address(organisation.survivor))
    return render_template(
        "staff/contacts/organisations/show.html",
        organisation=organisation,
        roles=sorted(organisation.roles, key=_by_name),
        terms={
            kind: [term for term in organisation.terms if term.vocabulary is kind]
            for kind in Vocabulary
        },
        kinds=DetailKind,
        sections=ORGANISATION,
        departments=DEPARTMENTS,
        journal=cards.journal(organisation),
        form=EntryForm(organisation),
    )


@bp.route("/nouvelle", methods=["GET", "POST"])
@allow(WORK)
def new() -> ResponseReturnValue:
    form, found = OrganisationForm(data={"name": request.args.get("nom", "")[:300]}), []
    if form.is_valid_post():
        found = [] if "autre" in request.form else twins(form)
        if not found:
            organisation = Organisation()
            change.create(organisation, form.values(), by=current_user)
            db.session.commit()
            flash(f"La fiche de {organisation.title} est créée.")
            return redirect(url_for(".show", organisation_id=organisation.id))
    code = 409 if found else 422 if form.errors else 200
    return render_template("staff/contacts/organisations/new.html", form=form, twins=found), code


@bp.route("/<int:organisation_id>/modifier/<section>", methods=["GET", "POST"])
@allow(WORK)
def edit(organisation_id: int, section: str) -> ResponseReturnValue:
    organisation = cards.locked(Organisation, organisation_id)
    return cards.edit(organisation, ORGANISATION, section, "staff/contacts/organisations/edit.html")


@bp.post("/<int:organisation_id>/archivage")
@allow(WORK)
def archive(organisation_id: int) -> ResponseReturnValue:
    return cards.archive(cards.locked(Organisation, organisation_id))


@bp.post("/<int:organisation_id>/restauration")
@allow(WORK)
def restore(organisation_id: int) -> ResponseReturnValue:
    return cards.restore(cards.locked(Organisation, organisation_id))


def _by_name(role: Role) -> tuple[str, str]:
    return role.person.last_name.casefold(), role.person.first_name.casefold()
