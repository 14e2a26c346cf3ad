"""Ties: which cards of the directory a request is about."""

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.auth import WORK, allow
from crm.contacts.matching import Card
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.db import db
from crm.requests import matching
from crm.requests.requests import SupportRequest
from crm.requests.staff.card import find
from crm.requests.submit import journal
from crm.users import User

bp = Blueprint("ties", __name__)


@bp.post("/<int:request_id>/personne")
@allow(WORK)
def person(request_id: int) -> ResponseReturnValue:
    """Tie the card that is named, make one, or untie."""
    asked = find(request_id)
    before = asked.person
    match request.form.get("geste"):
        case "creer":
            _make(asked, matching.make_person)
        case "delier":
            asked.person = None
        case _:
            asked.person = _named(Person).survivor
    return _back(asked, asked.person if asked.person is not before else None)


@bp.post("/<int:request_id>/organisation")
@allow(WORK)
def organisation(request_id: int) -> ResponseReturnValue:
    """Tie the card that is named, make one, or untie."""
    asked = find(request_id)
    before = asked.organisation
    match request.form.get("geste"):
        case "creer":
            _make(asked, matching.make_organisation)
        case "delier":
            asked.organisation = None
        case _:
            asked.organisation = _named(Organisation).survivor
    return _back(asked, asked.organisation if asked.organisation is not before else None)


def _make(asked: SupportRequest, make: Callable[[SupportRequest, User], object]) -> None:
    try:
        make(asked, current_user)
    except ValueError as error:
        abort(409, str(error))


def _named(model: type[Card]) -> Card:
    number = request.form.get("fiche", 0, type=int)
    return db.session.get(model, number) or abort(400, "Choisissez une fiche.")


def _back(asked: SupportRequest, new: Person | Organisation | None) -> ResponseReturnValue:
    if new is not None:
        journal(asked, new, f"{asked.reference} : {asked.title}", current_user)
    db.session.commit()
    flash(f"{asked.reference} est liée à « {new.title} »." if new else "La fiche est déliée.")
    return redirect(url_for("staff.requests.card.show", request_id=asked.id, _anchor="fiches"))
