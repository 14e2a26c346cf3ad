"""The form of a request: the public one, and the team's for what comes by telephone."""

import secrets
from datetime import timedelta
from typing import Any

from flask import request as web
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    MultipleFileField,
    RadioField,
    SelectField,
    validators,
)
from wtforms.fields import Field

from crm.contacts.departments import DEPARTMENTS
from crm.contacts.fold import fold
from crm.contacts.terms import Term, Vocabulary
from crm.db import db
from crm.filters import today
from crm.forms import Form, as_choices, choice, email, line, text
from crm.requests.files import ACCEPT, MAX_FILES, SAID, BadFile, Sent, check_all
from crm.requests.kinds import Public, RequestKind, Stage
from crm.requests.questions import is_asked
from crm.spam import Guarded

NEED = 10_000  # characters
_TERMS = {"country": Vocabulary.COUNTRY, "sector": Vocabulary.SECTOR, "theme": Vocabulary.THEME}
_ENUMS: dict[str, Any] = {"kind": RequestKind, "public": Public, "stage": Stage}


def terms(vocabulary: Vocabulary, blank: str = "Je ne le précise pas") -> list[tuple[str, str]]:
    """The terms one can choose today, by number, after a blank."""
    found = db.session.execute(Term.of(vocabulary).with_only_columns(Term.id, Term.label))
    rows = [(str(number), label) for number, label in found]
    if vocabulary is Vocabulary.COUNTRY:
        rows.sort(key=lambda row: fold(row[1]))
    return [("", blank), *rows]


class TermSelect(SelectField):
    """A list of terms, read when it is shown; what was chosen is looked up alone."""

    choices: Any

    def __init__(self, label: str, vocabulary: Vocabulary, **options: Any) -> None:
        super().__init__(label, choices=[], default="", **options)
        self.vocabulary = vocabulary

    def iter_choices(self) -> Any:
        """The terms offered today, and the one chosen long ago that no longer is."""
        if not self.choices:
            rows = terms(self.vocabulary)
            if self.data and self.data not in dict(rows):
                rows += [(str(one.id), one.label) for one in [self._chosen()] if one is not None]
            self.choices = as_choices(rows)
        return super().iter_choices()

    def _chosen(self) -> Term | None:
        chosen = self.data or ""
        fits = chosen.isascii() and chosen.isdecimal() and len(chosen) < 10
        known = db.session.get(Term, int(chosen)) if fits else None
        return known if known is not None and known.vocabulary is self.vocabulary else None

    def pre_validate(self, form: object) -> None:
        if self.data and self._chosen() is None:
            raise validators.ValidationError("Choisissez dans la liste.")


def departments(blank: str = "Je ne le précise pas") -> list[tuple[str, str]]:
    return [("", blank), *((code, f"{code} – {name}") for code, name in DEPARTMENTS.items())]


class RequestFields(Form):
    """What is asked, whoever types it."""

    kind = RadioField("Que cherchez-vous ?",
                      [validators.InputRequired("Choisissez ce que vous cherchez.")],
                      choices=as_choices((k.value, k.question) for k in RequestKind))  # fmt: skip
    need = text("Votre demande", NEED, required=True)
    stage = choice(
        "Où en est votre projet ?",
        [("", "Je ne le précise pas"), *((s.value, s.label) for s in Stage)],
        default="",
    )
    country = TermSelect("Dans quel pays ?", Vocabulary.COUNTRY)
    sector = TermSelect("Dans quel domaine ?", Vocabulary.SECTOR)
    due_on = DateField("Une date à respecter ?", [validators.Optional()],
                       description="Dossier, départ, événement…")  # fmt: skip
    public = choice(
        "Vous êtes",
        [("", "Je ne le précise pas"), *((p.value, p.label) for p in Public)],
        default="",
    )
    first_name = line("Prénom", 100, render_kw={"autocomplete": "given-name"})
    last_name = line("Nom", 100, required=True, render_kw={"autocomplete": "family-name"})
    organisation_name = line("Votre organisation", 300, render_kw={"autocomplete": "organization"})
    email = email("Courriel", required=True)
    phone = line("Téléphone", 40, render_kw={"type": "tel", "autocomplete": "tel"})
    commune = line("Commune", 120, render_kw={"autocomplete": "address-level2"})
    department = choice("Département", departments(), default="")
    availability = line("Quand vous appeler ?", 500, hint="Par exemple : le mardi après-midi.")
    files = MultipleFileField(
        "Documents utiles",
        description=f"{MAX_FILES} fichiers au plus, de 8 Mo chacun : {SAID}.",
        render_kw={"accept": ACCEPT, "multiple": True},
    )

    def validate_due_on(self, field: DateField) -> None:
        if field.data and field.data < today():
            raise validators.ValidationError("Cette date est passée.")
        if field.data and field.data > today() + timedelta(days=366 * 5):
            raise validators.ValidationError("Cette date est à plus de cinq ans.")

    def validate_phone(self, field: Field) -> None:
        if field.data and sum(letter.isdigit() for letter in field.data) < 6:
            raise validators.ValidationError("Ce numéro n’est pas complet.")

    def sent(self) -> list[Sent] | None:
        """The files that came with it, checked; None, with the error on the field, if one is bad.

        They have to be chosen again then: no browser lets a page put them back.
        """
        found = [one for one in web.files.getlist("files") if one.filename]
        try:
            return check_all([(one.filename or "", one.stream.read()) for one in found])
        except BadFile as error:
            self.files.errors = [str(error)]
            return None

    def values(self) -> dict[str, Any]:
        """The columns of a request; what is not asked for its kind is left out."""
        kind = RequestKind(self.kind.data)
        typed = {name: self[name].data for name in _COLUMNS if is_asked(name, kind)}
        for name, made in _ENUMS.items():
            if name in typed:
                typed[name] = made(typed[name]) if typed[name] else None
        for name in _TERMS:
            if name in typed:
                chosen = typed.pop(name)
                typed[f"{name}_id"] = int(chosen) if chosen else None
        return {
            name: "" if value is None and name in _TEXTS else value for name, value in typed.items()
        }


_TEXTS = ("need", "first_name", "last_name", "organisation_name", "email", "phone", "commune",
          "department", "availability")  # fmt: skip
_COLUMNS = (*_TEXTS, "kind", "stage", "country", "sector", "due_on", "public")


class RequestForm(Guarded, RequestFields):
    """The public form."""

    consent = BooleanField("", [validators.InputRequired("Cochez cette case pour nous écrire.")])
    key = HiddenField(default=lambda: secrets.token_urlsafe(16))

    def values(self) -> dict[str, Any]:
        return {**super().values(), "key": (self.key.data or "")[:64] or None}

    @property
    def texts(self) -> list[str]:
        """Where robots put their links."""
        return [self[name].data or "" for name in _TEXTS if name not in ("email", "department")]
