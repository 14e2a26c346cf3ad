"""The journal by hand: notes, calls and files, added, corrected, taken away."""

import io
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import FileField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError

from crm.auth import READ, WORK, allow
from crm.contacts.facts import Contact
from crm.contacts.journal import Attachment, Entry, EntryKind
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.staff import cards
from crm.db import db, now
from crm.forms import Form, LocalMomentField, text
from crm.users import UserRole

bp = Blueprint("entries", __name__, url_prefix="/journal")

_TYPED = [SelectChoice(kind.value, kind.label) for kind in (EntryKind.NOTE, EntryKind.CALL)]


class TextForm(Form):
    text = text("Texte", 20_000)


class EntryForm(TextForm):
    kind = RadioField("Genre", choices=_TYPED, default=EntryKind.NOTE.value)
    at = LocalMomentField("Quand", validators=[Optional()], format="%Y-%m-%dT%H:%M")
    other = SelectField("Avec", choices=[], default="")
    file = FileField("Document", description="10 Mo au plus.")

    def __init__(self, contact: Contact) -> None:
        super().__init__()
        self.others = _others(contact)
        named = [SelectChoice(str(one.id), one.title) for one in self.others]
        is_person = isinstance(contact, Person)
        self.other.choices = [SelectChoice("", "sans préciser"), *named]
        self.other.label.text = "Aussi au journal de" if is_person else "Avec"

    def validate_at(self, field: LocalMomentField) -> None:
        if field.data is not None and field.data > now():
            raise ValidationError("Le journal dit ce qui a eu lieu\u00a0: cette date est à venir.")

    def validate(self, extra_validators: Any = None) -> bool:
        is_right = bool(super().validate(extra_validators))
        sent = request.files.get("file")
        if is_right and not self.text.data and not (sent and sent.filename):
            self.text.errors = ["Écrivez une phrase, ou joignez un document."]
        return is_right and not self.text.errors


def _others(contact: Contact) -> list[Any]:
    """Who else the line may be about: those this contact works with today."""
    roles = [role for role in contact.roles if role.ended_on is None]
    if isinstance(contact, Person):
        found: list[Any] = [role.organisation for role in roles]
    else:
        found = sorted((role.person for role in roles), key=lambda one: one.last_name.casefold())
    return list(dict.fromkeys(found))


@bp.route("/nouveau", methods=["GET", "POST"])
@allow(WORK)
def new() -> ResponseReturnValue:
    contact = _contact()
    form = EntryForm(contact)
    if form.is_valid_post():
        attachment = _attachment(form)
        if not form.errors:
            _write(contact, form, attachment)
            db.session.commit()
            return redirect(cards.address(contact, _anchor="journal"))
    code = 422 if form.errors else 200
    return render_template("staff/contacts/entries/new.html", form=form, contact=contact), code


def _contact() -> Contact:
    """Whose journal the address says."""
    person, organisation = (request.args.get(name, 0, type=int) for name in
                            ("personne", "organisation"))  # fmt: skip
    if person:
        return db.get_or_404(Person, person)
    return db.get_or_404(Organisation, organisation)


def _attachment(form: EntryForm) -> Attachment | None:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return None
    try:
        return Attachment.make(sent.filename, sent.stream.read())
    except ValueError as error:
        form.file.errors = [str(error)]
        return None


def _write(contact: Contact, form: EntryForm, attachment: Attachment | None) -> None:
    kind = EntryKind(form.kind.data)
    if attachment is not None and kind is EntryKind.NOTE:
        kind = EntryKind.FILE
    words = form.text.data or (attachment.name if attachment else "")
    entry = contact.log(words, kind, by=current_user, at=form.at.data)
    entry.attachment = attachment
    other = next((one for one in form.others if str(one.id) == form.other.data), None)
    if other is not None:
        setattr(entry, "organisation" if isinstance(contact, Person) else "person", other)


@bp.get("/<int:entry_id>/document")
@allow(READ)
def file(entry_id: int) -> Response:
    """The attached file, always to be saved: what is in it is not ours, and never runs here."""
    attachment = db.get_or_404(Entry, entry_id).attachment or abort(404)
    response = send_file(
        io.BytesIO(attachment.content),
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=attachment.name,
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.route("/<int:entry_id>", methods=["GET", "POST"])
@allow(WORK)
def edit(entry_id: int) -> ResponseReturnValue:
    entry = _own(entry_id)
    form = TextForm(obj=entry)
    if form.is_valid_post():
        entry.text = form.text.data or (entry.attachment.name if entry.attachment else entry.text)
        db.session.commit()
        flash("La ligne du journal est corrigée.")
        return redirect(cards.address(_owner(entry), _anchor="journal"))
    code = 422 if form.errors else 200
    return render_template(
        "staff/contacts/entries/edit.html", form=form, entry=entry, contact=_owner(entry)
    ), code


@bp.route("/<int:entry_id>/suppression", methods=["GET", "POST"])
@allow(WORK)
def delete(entry_id: int) -> ResponseReturnValue:
    entry = _own(entry_id)
    contact = _owner(entry)
    if request.method == "POST":
        db.session.delete(entry)
        db.session.commit()
        flash("La ligne est supprimée du journal.")
        return redirect(cards.address(contact, _anchor="journal"))
    return render_template("staff/contacts/entries/delete.html", entry=entry, contact=contact)


def _own(entry_id: int) -> Entry:
    """The line, if this user may change it: one written by hand, by them or before an admin."""
    entry = db.get_or_404(Entry, entry_id)
    if not entry.is_by_hand:
        abort(403, "Cette ligne dit ce qui s’est passé\u00a0: elle ne se corrige pas.")
    if entry.user_id != current_user.id and current_user.role is not UserRole.ADMIN:
        abort(403, "Seule la personne qui a écrit cette ligne peut la changer.")
    return entry


def _owner(entry: Entry) -> Contact:
    """The card to go back to: the one one comes from, else the person's."""
    owners = [one for one in (entry.person, entry.organisation) if one is not None]
    asked = request.args.get("organisation", 0, type=int)
    return next((one for one in owners if asked and one is entry.organisation), owners[0])
