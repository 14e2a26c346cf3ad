"""The sections of a card: what each one asks for, and how it is filled from the card."""

import json
from collections.abc import Mapping
from typing import Any

from flask import request
from wtforms import BooleanField, DateField, validators

from crm.contacts import cells, identifiers
from crm.contacts.change import snapshot
from crm.contacts.departments import DEPARTMENTS, department_of
from crm.contacts.facts import Contact, facts_of
from crm.contacts.forms import (
    CheckedField,
    ForgottenField,
    LinesField,
    LinksField,
    OrganisationField,
    TermField,
    TermsField,
    bounded,
)
from crm.contacts.organisations import LinkKind, Organisation
from crm.contacts.people import Channel
from crm.contacts.terms import Vocabulary
from crm.filters import today
from crm.forms import Form, choice, line, text

IN_FRANCE = [(code, f"{code} – {name}") for code, name in DEPARTMENTS.items()]
DEPARTMENT_CHOICES = [("", "—"), *IN_FRANCE]


class SectionForm(Form):
    """The form of one section: its fields are called like the facts of the card."""

    slug = title = save = ""
    EXTRA: tuple[str, ...] = ()  # fields that are not facts by themselves

    def __init__(self, contact: Contact) -> None:
        self.contact = contact
        super().__init__(data=self.read(contact))

    def read(self, contact: Contact) -> dict[str, Any]:
        """What the card says, by field."""
        facts = facts_of(contact)
        return {name: facts[name].get(contact) for name in self.fact_names()}

    @classmethod
    def fact_names(cls) -> list[str]:
        """The facts this section changes."""
        fields = [name for name in vars(cls) if hasattr(getattr(cls, name), "field_class")]
        return [name for name in fields if name not in cls.EXTRA]

    @classmethod
    def told(cls, contact: Contact, name: str) -> str:
        """One fact as people read it."""
        return facts_of(contact)[name].text(contact)

    def values(self) -> dict[str, Any]:
        """What was typed, by fact."""
        return {name: self[name].data for name in self.fact_names()}

    def show(self, name: str, value: Any) -> None:
        """Put this value in the field, in place of what was typed."""
        self[name].raw_data = None
        self[name].process_data(value)

    def new_organisations(self) -> list[Organisation]:
        """The organisations that were typed here and have no card yet."""
        typed = [field.data for field in self if isinstance(field, OrganisationField)]
        return [organisation for organisation in typed if organisation and not organisation.id]

    @property
    def seen(self) -> str:
        """What the card says at this moment, to be posted with the form."""
        return json.dumps(snapshot(self.contact, self.fact_names()), ensure_ascii=False)

    def posted_snapshot(self) -> Mapping[str, str]:
        """What the card said when the form was opened; nothing when that was not posted."""
        try:
            found = json.loads(request.form.get("vu", "{}"))
        except (ValueError, RecursionError):
            return {}
        pairs = found.items() if isinstance(found, dict) else ()
        return {name: said for name, said in pairs if isinstance(said, str)}


def _year(typed: str) -> int:
    value = cells.year(typed)
    if value > today().year:
        raise ValueError(f"{value} n’est pas encore arrivé")
    return value


def _language_list(typed: str) -> list[str]:
    return [cells.language(part) for part in typed.replace(" et ", ",").split(",") if part.strip()]


def _language_names(codes: list[str]) -> str:
    return ", ".join(cells.language_name(code) for code in codes)


class IdentityForm(SectionForm):
    slug, title, save = "identite", "Identité", "Enregistrer l’identité"
    name = line("Nom", 300, required=True)
    acronym = line("Sigle", 60)
    actor_type = TermField(Vocabulary.ACTOR_TYPE, "Type d’acteur")
    called = LinesField("Autres noms", bounded(300), "Un par ligne : on la trouve aussi par eux.")
    former = LinesField("Anciens noms", bounded(300), "Un par ligne.")
    siren = CheckedField("SIREN", 40, identifiers.siren, identifiers.spaced)
    siret = CheckedField("SIRET du siège", 40, identifiers.siret, identifiers.spaced)
    rna = CheckedField("RNA", 40, identifiers.rna)
    founded_year = CheckedField("Année de création", 10, _year)

    def validate_siret(self, field: CheckedField) -> None:
        if not identifiers.agree(self.siren.data or "", field.data or ""):
            raise validators.ValidationError(
                "Un SIRET commence par le SIREN\u00a0: l’un des deux est faux."
            )

    def values(self) -> dict[str, Any]:
        """A SIRET says the SIREN too."""
        said = super().values()
        return said | {"siren": said["siren"] or (said["siret"] or "")[:9] or None}


class AddressForm(SectionForm):
    slug, title, save = "adresse", "Adresse", "Enregistrer l’adresse"
    street = line("Rue", 300)
    postcode = CheckedField("Code postal", 10, cells.postcode)
    commune = line("Commune", 120)
    department = choice("Département", DEPARTMENT_CHOICES, hint="Déduit du code postal français.")
    postal_address = text(
        "Adresse postale", 1000, hint="Pour La Lettre, si elle n’est pas celle du siège\u00a0: "
        "les lignes comme on les imprime.",
    )  # fmt: skip

    def values(self) -> dict[str, Any]:
        said = super().values()
        postcode = said["postcode"] or ""
        deduced = department_of(postcode) if len(postcode) == 5 and postcode.isdigit() else ""
        return said | {"department": deduced or said["department"]}


class ReachForm(SectionForm):
    slug, title, save = "coordonnees", "Coordonnées", "Enregistrer les coordonnées"
    emails = LinesField(
        "Courriels", cells.email, "Un par ligne, le préféré d’abord. Une adresse retirée reste "
        "trouvable comme ancienne adresse.",
    )  # fmt: skip
    phones = LinesField("Téléphones", cells.phone, "Un par ligne, le préféré d’abord.")
    website = CheckedField("Site", 500, cells.website)
    languages = CheckedField(
        "Langues", 300, _language_list, _language_names, "Séparées par des virgules."
    )
    forgotten = ForgottenField("Oublier pour de bon", "Ces anciennes coordonnées ne serviront plus "
                               "à retrouver la fiche.")  # fmt: skip

    def read(self, contact: Contact) -> dict[str, Any]:
        return super().read(contact) | {"forgotten": contact.closed()}


class ActivityForm(SectionForm):
    slug, title, save = "activite", "Activité", "Enregistrer l’activité"
    description = text("Présentation", 20_000)
    competences = text("Compétences", 20_000, hint="Ce qu’elle sait faire et peut partager.")
    sectors = TermsField(Vocabulary.SECTOR)
    sdgs = TermsField(Vocabulary.SDG)
    countries = TermsField(Vocabulary.COUNTRY, "Pays d’intervention")
    tags = TermsField(Vocabulary.TAG)
    staff_count = CheckedField("Salariés", 12, cells.whole)
    volunteer_count = CheckedField("Bénévoles", 12, cells.whole)


class LinksForm(SectionForm):
    slug, title, save = "liens", "Liens et relais", "Enregistrer les liens"
    EXTRA = ("link_kind", "link_other")
    links = LinksField("Liens", "Décochez pour défaire un lien.")
    link_kind = choice("Nouveau lien", [(kind.value, kind.label) for kind in LinkKind])
    link_other = OrganisationField("Avec l’organisation")
    relay = OrganisationField("Suivie par le relais")
    relay_territory = line("Territoire, si elle est un relais", 200, hint="Drôme et Ardèche…")
    on_board_since = DateField(
        "Au conseil d’administration du réseau depuis", [validators.Optional()]
    )

    def validate_link_other(self, field: OrganisationField) -> None:
        if field.data is not None and field.data.id == self.contact.id:
            raise validators.ValidationError("Une organisation n’est pas liée à elle-même.")

    def validate_relay(self, field: OrganisationField) -> None:
        if field.data is not None and field.data.id == self.contact.id:
            raise validators.ValidationError("Une organisation ne se suit pas elle-même.")

    def values(self) -> dict[str, Any]:
        said = super().values()
        if self.link_other.data is not None:
            said["links"] = [*said["links"], (LinkKind(self.link_kind.data), self.link_other.data)]
        return said


class PublicForm(SectionForm):
    slug, title, save = "public", "Visibilité", "Enregistrer la visibilité"
    is_public = BooleanField(
        "Montrer cette organisation au public",
        description="Son nom, son type, sa commune, son site et ses activités. "
        "Ni les personnes, ni leurs coordonnées, ni le journal.",
    )


class PersonForm(SectionForm):
    slug, title, save = "identite", "Identité", "Enregistrer l’identité"
    first_name = line("Prénom", 100)
    last_name = line("Nom", 100, required=True)
    language = CheckedField("Langue préférée", 60, cells.language, cells.language_name)
    channel = choice("À joindre de préférence par", [
        ("", "—"), *((item.value, item.label) for item in Channel)
    ])  # fmt: skip
    tags = TermsField(Vocabulary.TAG)

    def values(self) -> dict[str, Any]:
        said = super().values()
        channel = Channel(said["channel"]) if said["channel"] else None
        return said | {"channel": channel, "language": said["language"] or "fr"}


class PersonReachForm(SectionForm):
    slug, title, save = "coordonnees", "Coordonnées", "Enregistrer les coordonnées"
    emails = LinesField(
        "Courriels", cells.email, "Un par ligne, le préféré d’abord. Une adresse retirée reste "
        "trouvable comme ancienne adresse.",
    )  # fmt: skip
    phones = LinesField("Téléphones", cells.phone, "Un par ligne, le préféré d’abord.")
    forgotten = ForgottenField("Oublier pour de bon", "Ces anciennes coordonnées ne serviront plus "
                               "à retrouver la fiche.")  # fmt: skip
    commune = line("Commune", 120)
    department = choice("Département", DEPARTMENT_CHOICES)

    def read(self, contact: Contact) -> dict[str, Any]:
        return super().read(contact) | {"forgotten": contact.closed()}


ORGANISATION = {
    form.slug: form
    for form in (IdentityForm, AddressForm, ReachForm, ActivityForm, LinksForm, PublicForm)
}
PERSON = {form.slug: form for form in (PersonForm, PersonReachForm)}
