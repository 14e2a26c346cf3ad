"""Merging two cards into one, side by side, and making them two again."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.acts import Did, record_mine
from crm.auth import READ, WORK, allow
from crm.contacts.duplicates.merge import (
    ABSORBED,
    KEPT,
    Contact,
    MergeRefused,
    choices,
    kind_of,
    merge,
)
from crm.contacts.duplicates.merges import Merge
from crm.contacts.duplicates.unmerge import unmerge
from crm.contacts.files.cards import MODELS
from crm.contacts.kinds import ContactKind
from crm.contacts.search.suggest import suggest
from crm.db import db
from crm.filters import plural
from crm.forms import ask_again

bp = Blueprint("merges", __name__, url_prefix="/fusions")

# Columns whose fact is called otherwise on a card.
_FACTS = {"actor_type_id": "actor_type", "public_at": "public"}


@bp.route("/<kind>/<int:kept_id>/<int:absorbed_id>", methods=["GET", "POST"])
@allow(WORK)
def new(kind: str, kept_id: int, absorbed_id: int) -> ResponseReturnValue:
    """Both cards side by side; each fact is kept from one of them."""
    kept, absorbed = _card(kind, kept_id), _card(kind, absorbed_id)
    if not ask_again():
        try:
            merge(kept, absorbed, dict(request.form), by=current_user)
        except MergeRefused as refused:
            abort(409, str(refused))
        record_mine(Did.MERGED, kept)
        db.session.commit()
        flash(f"« {absorbed.title} » est réunie à cette fiche. La fusion peut être défaite.")
        return redirect(_address(kept))
    return render_template(
        "staff/contacts/merges/new.html",
        kept=kept,
        absorbed=absorbed,
        kind=kind_of(kept),
        choices=choices(kept, absorbed),
        counts=[_counted(kept), _counted(absorbed)],
        KEPT=KEPT,
        ABSORBED=ABSORBED,
    )


@bp.get("/<kind>/<int:contact_id>")
@allow(READ)
def index(kind: str, contact_id: int) -> ResponseReturnValue:
    """What this card was merged with, and who it may be merged with."""
    contact = _card(kind, contact_id)
    kind_here = kind_of(contact)
    merges = db.session.scalars(Merge.of(kind_here, contact.id)).all()
    words = request.args.get("q", contact.name)
    hits = [hit for hit in suggest(words, 8) if hit.type is kind_here and hit.id != contact.id]
    return render_template(
        "staff/contacts/merges/index.html",
        contact=contact,
        kind=kind_here,
        merges=merges,
        hits=hits,
        words=words,
        address=_address(contact),
    )


@bp.route("/<int:merge_id>/defaite", methods=["GET", "POST"])
@allow(WORK)
def undo(merge_id: int) -> ResponseReturnValue:
    record = db.get_or_404(Merge, merge_id)
    if ask_again():
        return render_template("staff/contacts/merges/undo.html", record=record)
    try:
        unmerge(record, request.form.get("depuis", KEPT), by=current_user)
    except MergeRefused as refused:
        abort(409, str(refused))
    record_mine(Did.UNMERGED, record.kept)
    db.session.commit()
    flash("Les deux fiches sont rétablies.")
    kept = record.kept
    return redirect(_address(kept) if kept else url_for("staff.contacts.search.index"))


def _card(kind: str, contact_id: int) -> Contact:
    if kind not in set(ContactKind):
        abort(404)
    model: Any = MODELS[ContactKind(kind)]
    found: Contact = db.get_or_404(model, contact_id)
    return found


def _address(contact: Contact) -> str:
    if kind_of(contact) is ContactKind.PERSON:
        return url_for("staff.contacts.people.show", person_id=contact.id)
    return url_for("staff.contacts.organisations.show", organisation_id=contact.id)


def _counted(contact: Contact) -> str:
    return ", ".join(
        (
            plural(len(contact.details), "coordonnée"),
            plural(len(contact.roles), "fonction"),
        )
    )
