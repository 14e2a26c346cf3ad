"""The forms of events that visitors fill in: registering, and changing what was said."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from wtforms import BooleanField, SelectField, SelectMultipleField, validators, widgets
from wtforms.fields import Field

from crm.contacts.departments import DEPARTMENTS
from crm.events.events import Event
from crm.events.kinds import QuestionKind
from crm.events.questions import Question, questions_of
from crm.forms import Form, as_choices, choice, email, line, text
from crm.spam import Guarded

NEEDS = 1000  # characters
VERSION = "inscription-1"
PREFIX = "q_"

# Domains that no mail server answers for, and what was meant.
_TYPOS = {
    "gmial.com": "gmail.com", "gmai.com": "gmail.com", "gmal.com": "gmail.com",
    "gamil.com": "gmail.com", "gmail.fr": "gmail.com", "gmail.con": "gmail.com",
    "hotmial.com": "hotmail.com", "hotmail.con": "hotmail.com", "hotmai.fr": "hotmail.fr",
    "yaho.fr": "yahoo.fr", "yahho.fr": "yahoo.fr", "yahoo.con": "yahoo.com",
    "orage.fr": "orange.fr", "ornage.fr": "orange.fr", "wanado.fr": "wanadoo.fr",
    "outlok.fr": "outlook.fr", "outlok.com": "outlook.com", "laposte.com": "laposte.net",
}  # fmt: skip


def information(network: str) -> str:
    """What somebody who registers is told of their data (RGPD art. 13), kept as it was shown."""
    return (
        f"{network} utilise ces informations pour organiser l’événement et en rendre compte. "
        "Vous pouvez les voir, les changer ou vous désister à tout moment, depuis votre page "
        "personnelle."
    )


def news_words(network: str) -> str:
    return f"J’accepte que {network} m’informe de ses prochains événements."


def departments() -> list[tuple[str, str]]:
    named = ((code, f"{code} – {name}") for code, name in DEPARTMENTS.items())
    return [("", "Je ne le précise pas"), *named]


class PersonFields(Form):
    """Who comes."""

    first_name = line("Prénom", 100, required=True, render_kw={"autocomplete": "given-name"})
    last_name = line("Nom", 100, required=True, render_kw={"autocomplete": "family-name"})
    email = email("Courriel", required=True)
    phone = line("Téléphone", 40, render_kw={"type": "tel", "autocomplete": "tel"})
    organisation_name = line("Votre organisation", 300, render_kw={"autocomplete": "organization"})
    function = line("Votre fonction", 200, render_kw={"autocomplete": "organization-title"})
    department = choice("Département", departments(), default="")
    access_needs = text(
        "De quoi avez-vous besoin pour bien participer\u00a0?",
        NEEDS,
        hint="Accès en fauteuil, interprète, sous-titres, régime alimentaire…",
    )

    def validate_email(self, field: Field) -> None:
        name, _, domain = (field.data or "").rpartition("@")
        if domain in _TYPOS:
            raise validators.ValidationError(f"Vouliez-vous dire {name}@{_TYPOS[domain]}\u00a0?")

    def validate_phone(self, field: Field) -> None:
        if field.data and sum(letter.isdigit() for letter in field.data) < 6:
            raise validators.ValidationError("Ce numéro n’est pas complet.")

    def answers(self, event: Event) -> dict[str, Any]:
        """The answers to the event's own questions, by their keys; those left blank are absent."""
        found = {one.key: self[PREFIX + one.key].data for one in questions_of(event)}
        return {key: data for key, data in found.items() if data not in (None, "", [])}

    def person(self) -> dict[str, str]:
        """The columns of a registration that say who comes."""
        return {name: self[name].data or "" for name in _COLUMNS}

    def asked(self) -> list[Field]:
        """The fields of the event's own questions."""
        return [one for one in self if one.name.startswith(PREFIX)]


_COLUMNS = ("first_name", "last_name", "email", "phone", "organisation_name", "function",
            "department", "access_needs")  # fmt: skip


def change_form(event: Event) -> type[PersonFields]:
    """The form by which somebody changes what they said."""
    return type("ChangeForm", (PersonFields,), _fields(questions_of(event)))


@dataclass(frozen=True)
class Companion:
    """The fields of one person who comes along."""

    first_name: Field
    last_name: Field
    email: Field

    @property
    def is_named(self) -> bool:
        return any(one.data for one in (self.first_name, self.last_name, self.email))

    def values(self) -> dict[str, str]:
        return {"first_name": self.first_name.data or "", "last_name": self.last_name.data or "",
                "email": self.email.data or ""}  # fmt: skip


class RegistrationFields(Guarded, PersonFields):
    """The public form, whatever the event."""

    news = BooleanField("")
    also = SelectMultipleField(
        "M’inscrire aussi à",
        choices=[],
        widget=widgets.ListWidget(prefix_label=False),
        option_widget=widgets.CheckboxInput(),
    )
    most_together = 1

    @property
    def companions(self) -> list[Companion]:
        """Those who may come along, one after the other."""
        return [
            Companion(*(self[f"autre{one}_{name}"] for name in ("prenom", "nom", "courriel")))
            for one in range(1, self.most_together)
        ]

    @property
    def texts(self) -> list[str]:
        """Where robots put their links."""
        own = [self[name].data or "" for name in _COLUMNS if name != "email"]
        return [*own, *(one.data for one in self.asked() if isinstance(one.data, str))]

    def validate(self, extra_validators: Any = None) -> bool:
        """Also: those who come along have a name, and an address is given once."""
        is_right = bool(super().validate(extra_validators))
        seen = {self.email.data}
        for one in self.companions:
            if one.is_named and not one.last_name.data:
                one.last_name.errors = ["Indiquez au moins son nom."]
                is_right = False
            if one.email.data and one.email.data in seen:
                one.email.errors = ["Cette adresse est déjà donnée\u00a0: laissez vide."]
                is_right = False
            seen.add(one.email.data)
        return is_right


def registration_form(event: Event) -> type[RegistrationFields]:
    """The public form of this event, with its own questions."""
    return _registration_form(json.dumps(event.questions), event.most_together)


@lru_cache(maxsize=100)  # made again, it would cost more than all that it checks
def _registration_form(questions: str, most_together: int) -> type[RegistrationFields]:
    fields = _fields([Question.read(one) for one in json.loads(questions)])
    for one in range(1, most_together):
        fields[f"autre{one}_prenom"] = line("Prénom", 100)
        fields[f"autre{one}_nom"] = line("Nom", 100)
        fields[f"autre{one}_courriel"] = email("Courriel", hint="Pour recevoir sa confirmation.")
    fields["most_together"] = most_together
    return type("RegistrationForm", (RegistrationFields,), fields)


def _fields(questions: Sequence[Question]) -> dict[str, Any]:
    return {PREFIX + one.key: _field(one) for one in questions}


def _field(asked: Question) -> Field:
    match asked.kind:
        case QuestionKind.LINE:
            return line(asked.label, 300, required=asked.is_required)
        case QuestionKind.TEXT:
            return text(asked.label, 2000, required=asked.is_required)
        case QuestionKind.YES:
            needed = [validators.InputRequired("Cochez cette case.")] if asked.is_required else []
            return BooleanField(asked.label, needed)
        case QuestionKind.CHOICE:
            return _choice(asked)
    return _several(asked)


def _choice(asked: Question) -> Field:
    blank = "Choisissez…" if asked.is_required else "Je ne le précise pas"
    needed = [validators.InputRequired("Choisissez une réponse.")] if asked.is_required else []
    rows = [("", blank), *((one, one) for one in asked.choices)]
    return SelectField(asked.label, needed, choices=as_choices(rows), default="")


def _several(asked: Question) -> Field:
    needed = [validators.DataRequired("Cochez une réponse.")] if asked.is_required else []
    return SelectMultipleField(
        asked.label,
        needed,
        choices=as_choices((one, one) for one in asked.choices),
        widget=widgets.ListWidget(prefix_label=False),
        option_widget=widgets.CheckboxInput(),
    )
