"""What the cards of organisations and of people have in common: journal, sections, archives."""

from dataclasses import dataclass
from typing import Any, TypeVar

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_sqlalchemy.pagination import Pagination

from crm.contacts import change
from crm.contacts.change import Clash, Outcome
from crm.contacts.facts import Contact
from crm.contacts.journal import Change, Entry, EntryKind, sentence
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.staff.sections import SectionForm
from crm.db import db

Card = TypeVar("Card", Organisation, Person)

_LAST_PAGE = 100_000


@dataclass(frozen=True)
class Journal:
    """The part of the journal that a card shows."""

    page: Pagination
    kind: EntryKind | None
    counts: dict[EntryKind, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def journal(contact: Contact) -> Journal:
    """The journal of the card, as the address asks for it: one kind, one page."""
    asked = request.args.get("genre", "")
    kind = EntryKind(asked) if asked in set(EntryKind) else None
    number = min(max(request.args.get("page", 1, type=int), 1), _LAST_PAGE)
    page = db.paginate(Entry.of(contact, kind), page=number, per_page=20, error_out=False)
    rows = db.session.execute(Entry.kinds_of(contact)).all()
    order = list(EntryKind)
    return Journal(page, kind, dict(sorted(rows, key=lambda row: order.index(row[0]))))


def address(contact: Contact, **more: Any) -> str:
    """The address of the card."""
    if isinstance(contact, Person):
        return url_for("staff.contacts.people.show", person_id=contact.id, **more)
    return url_for("staff.contacts.organisations.show", organisation_id=contact.id, **more)


def locked(model: type[Card], card_id: int) -> Card:
    """The card; when it is about to change, nobody else changes it meanwhile."""
    writes = request.method == "POST"
    return db.get_or_404(model, card_id, with_for_update=writes or None)


def archive(contact: Contact) -> ResponseReturnValue:
    change.archive(contact, by=current_user)
    return _said_of(contact, "est archivée\u00a0: elle n’est plus proposée")


def restore(contact: Contact) -> ResponseReturnValue:
    change.restore(contact, by=current_user)
    return _said_of(contact, "est de nouveau proposée")


def _said_of(contact: Contact, words: str) -> ResponseReturnValue:
    db.session.commit()
    name = contact.name if isinstance(contact, Person) else contact.title
    flash(f"La fiche de {name} {words}.")
    return redirect(address(contact))


def edit(
    contact: Contact, sections: dict[str, type[SectionForm]], slug: str, template: str
) -> ResponseReturnValue:
    """Show, check and save one section of a card."""
    form = sections.get(slug, _no_section)(contact)
    clashes: list[Clash] = []
    if form.is_valid_post():
        outcome = change.reconcile(contact, form.values(), form.posted_snapshot())
        if not outcome.clashes:
            return _save(contact, form, outcome)
        clashes = outcome.clashes
        for kept in outcome.kept:
            form.show(kept.field, outcome.values[kept.field])
    code = 409 if clashes else 422 if form.errors else 200
    return render_template(template, form=form, contact=contact, clashes=clashes), code


def _save(contact: Contact, form: SectionForm, outcome: Outcome) -> ResponseReturnValue:
    for organisation in form.new_organisations():
        change.create(organisation, {}, by=current_user)
    changes = change.edit(contact, outcome.values, by=current_user)
    db.session.commit()
    flash(_said(changes))
    for kept in outcome.kept:
        who = kept.by.display_name if kept.by else "Quelqu’un"
        flash(
            f"{who} a changé entre-temps « {kept.label} », devenu « {kept.after} » : c’est gardé."
        )
    return redirect(address(contact, _anchor=form.slug))


def _said(changes: list[Change]) -> str:
    if not changes:
        return "Rien n’a changé."
    said = sentence(changes)
    return f"C’est enregistré\u00a0: {said[:1].lower()}{said[1:]}."


def _no_section(contact: Contact) -> SectionForm:
    abort(404)
