"""The first form of a card: what one knows at once, and the cards that may be the same."""

from typing import Any

import sqlalchemy as sa
from wtforms import DateField, validators

from crm.contacts import cells
from crm.contacts.departments import department_of
from crm.contacts.details import Detail, DetailKind, detail_key
from crm.contacts.fold import fold
from crm.contacts.forms import CheckedField, LinesField, OrganisationField, TermField
from crm.contacts.kinds import ContactKind
from crm.contacts.names import split_name
from crm.contacts.people import Person
from crm.contacts.search.suggest import Hit, suggest
from crm.contacts.terms import Vocabulary
from crm.db import db
from crm.forms import Form, line


class OrganisationForm(Form):
    name = line("Nom", 300, required=True, hint="Avec son sigle entre parenthèses s’il existe : "
                "«\u00a0Sahel-Isère Amitié (SIA)\u00a0».")  # fmt: skip
    actor_type = TermField(Vocabulary.ACTOR_TYPE, "Type d’acteur")
    website = CheckedField("Site", 500, cells.website)
    postcode = CheckedField("Code postal", 10, cells.postcode)
    commune = line("Commune", 120)
    emails = LinesField("Courriels", cells.email, "Un par ligne, le préféré d’abord.")
    phones = LinesField("Téléphones", cells.phone, "Un par ligne, le préféré d’abord.")

    def values(self) -> dict[str, Any]:
        """What was typed, by fact; the name leaves its acronym, the postcode says where it is."""
        name, acronym = split_name(self.name.data)
        postcode = self.postcode.data or ""
        here = department_of(postcode) if len(postcode) == 5 and postcode.isdigit() else ""
        return {**self.data, "name": name, "acronym": acronym, "department": here}


class NewPersonForm(Form):
    first_name = line("Prénom", 100)
    last_name = line("Nom", 100, required=True)
    emails = LinesField("Courriels", cells.email, "Un par ligne, le préféré d’abord.")
    phones = LinesField("Téléphones", cells.phone, "Un par ligne, le préféré d’abord.")
    organisation = OrganisationField("Organisation")
    title = line("Fonction", 200, hint="présidente, chargé de projets…")
    started_on = DateField("Depuis le", [validators.Optional()])

    def values(self) -> dict[str, Any]:
        """What was typed of the person, by fact."""
        return {name: self[name].data for name in ("first_name", "last_name", "emails", "phones")}


def twins(form: OrganisationForm) -> list[Hit]:
    """The organisations that already bear this name, or hold one of these mails or numbers."""
    name, _ = split_name(form.name.data)
    hits = [hit for hit in suggest(name) if hit.type is ContactKind.ORGANISATION]
    same = [hit for hit in hits if fold(split_name(hit.name)[0]) == fold(name)]
    return _unique([*same, *_holders(form, ContactKind.ORGANISATION)])


def namesakes(form: NewPersonForm) -> list[Hit]:
    """The people who already bear this name, or hold one of these mails or numbers."""
    name = Person(first_name=form.first_name.data or "", last_name=form.last_name.data).name
    hits = [hit for hit in suggest(name) if hit.type is ContactKind.PERSON]
    same = [hit for hit in hits if sorted(fold(hit.name).split()) == sorted(fold(name).split())]
    return _unique([*same, *_holders(form, ContactKind.PERSON)])


def _holders(form: OrganisationForm | NewPersonForm, kind: ContactKind) -> list[Hit]:
    typed = {DetailKind.EMAIL: form.emails.data, DetailKind.PHONE: form.phones.data}
    keys = [detail_key(what, value) for what, values in typed.items() for value in values or []]
    found = db.session.scalars(sa.select(Detail).where(Detail.key.in_(keys)).order_by(Detail.id))
    owners = [(detail.person or detail.organisation, detail.value) for detail in found]
    return [
        Hit(kind, owner.id, owner.title, value, 0)
        for owner, value in owners
        if owner is not None and isinstance(owner, Person) is (kind is ContactKind.PERSON)
    ]


def _unique(hits: list[Hit]) -> list[Hit]:
    return list({hit.id: hit for hit in reversed(hits)}.values())[::-1][:8]
