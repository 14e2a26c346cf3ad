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
from crm.requests.welcome import journal
from crm.users import User

bp = Blueprint("ties", __name__)


@bp.post("/<int:request_id>/personne")
@allow(WORK)
def person(request_id: int) -> ResponseReturnValue:
    """Tie the card that is named, make one, or untie."""
    return _tie(find(request_id), "person", Person, matching.make_person)


@bp.post("/<int:request_id>/organisation")
@allow(WORK)
def organisation(request_id: int) -> ResponseReturnValue:
    """Tie the card that is named, make one, or untie."""
    return _tie(find(request_id), "organisation", Organisation, matching.make_organisation)


def _tie(
    asked: SupportRequest,
    name: str,
    model: type[Card],
    make: Callable[[SupportRequest, User], object],
) -> ResponseReturnValue:
    before = getattr(asked, name)
    match request.form.get("geste"):
        case "creer":
            _make(asked, make)
        case "delier":
            setattr(asked, name, None)
        case _:
            setattr(asked, name, _named(model).survivor)
    now_tied = getattr(asked, name)
    return _back(asked, now_tied if now_tied is not before else None)


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
