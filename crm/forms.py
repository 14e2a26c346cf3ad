"""Forms: French messages, clean text, and the fields that several features use."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from flask import request
from wtforms import (
    DateTimeLocalField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    validators,
    widgets,
)
from wtforms import Form as BaseForm
from wtforms.fields import Field
from wtforms.fields.choices import SelectChoice

from crm.filters import PARIS, number
from crm.text import clean, normal_email, one_line

# What the library may say by itself, in our words.
_WORDS = {
    "Not a valid date value.": "Cette date n’existe pas.",
    "Not a valid datetime value.": "Cette date ou cette heure n’existe pas.",
    "Not a valid time value.": "Cette heure n’existe pas.",
    "Not a valid integer value.": "Écrivez un nombre entier.",
    "Not a valid decimal value.": "Écrivez un nombre.",
    "Not a valid float value.": "Écrivez un nombre.",
    "Not a valid choice.": "Choisissez dans la liste.",
    "Invalid Choice: could not coerce.": "Choisissez dans la liste.",
    "Invalid choice(s): one or more data inputs could not be coerced.": "Choisissez dans la liste.",
    "'%(value)s' is not a valid choice for this field.": "Choisissez dans la liste.",
    "'%(value)s' are not valid choices for this field.": "Choisissez dans la liste.",
    "This field is required.": "Ce champ est à remplir.",
    "Number must be at least %(min)s.": "%(min)s au moins.",
    "Number must be at most %(max)s.": "%(max)s au plus.",
    "Number must be between %(min)s and %(max)s.": "Entre %(min)s et %(max)s.",
}


class _Words:
    """The library's messages in French."""

    def gettext(self, said: str) -> str:
        return _WORDS.get(said, "Ce qui est écrit ici ne convient pas.")

    def ngettext(self, one: str, many: str, count: int) -> str:
        return self.gettext(one if count == 1 else many)


class Form(BaseForm):
    """A form that reads the request by itself when it is posted."""

    class Meta:
        def get_translations(self, _form: object) -> "_Words":
            return _Words()

    def __init__(
        self, obj: object = None, data: Mapping[str, Any] | None = None, posted: Any = None
    ) -> None:
        if posted is None and request.method == "POST":
            posted = request.form
        super().__init__(formdata=posted, obj=obj, data=data)

    def is_valid_post(self) -> bool:
        """Posted, and every field is right."""
        return request.method == "POST" and bool(self.validate())


def line(label: str, length: int, *, required: bool = False, hint: str = "", **kw: Any) -> Field:
    """A field of one line, `length` characters at most."""
    return _text(StringField, one_line, label, length, required, hint, **kw)


def text(label: str, length: int, *, required: bool = False, hint: str = "", **kw: Any) -> Field:
    """A field of several lines, `length` characters at most."""
    return _text(TextAreaField, clean, label, length, required, hint, **kw)


def _text(
    kind: Any, filter_: Any, label: str, length: int, required: bool, hint: str, **kw: Any
) -> Field:
    checks: list[Any] = [
        validators.DataRequired("Ce champ est à remplir.") if required else validators.Optional(),
        validators.Length(max=length, message=f"{number(length)} caractères au plus."),
    ]
    checks += kw.pop("validators", [])
    return kind(label, filters=[filter_], validators=checks, description=hint, **kw)


def email(label: str, *, required: bool = False, hint: str = "") -> Field:
    """A mail address, checked by its form (RFC 5321, RFC 6531), kept in lower case."""
    return line(label, 254, required=required, hint=hint, validators=[EmailCheck()],
                render_kw={"type": "email", "autocomplete": "email"})  # fmt: skip


def ask_again() -> bool:
    """Whether the question has still to be shown: a GET asks, a POST acts."""
    return request.method != "POST"


class EmailCheck:
    """Refuses what no mail server would take."""

    def __call__(self, _form: BaseForm, field: Field) -> None:
        if not field.data:
            return
        address = normal_email(field.data)
        if address is None:
            raise validators.ValidationError(
                "Cette adresse n’est pas complète : elle ressemble à prenom.nom@exemple.fr."
            )
        field.data = address


class Chosen:
    """A file has to be chosen."""

    field_flags = {"required": True}

    def __call__(self, _form: BaseForm, field: Field) -> None:
        sent = request.files.get(field.name)
        if sent is None or not sent.filename:
            raise validators.StopValidation("Choisissez un fichier.")


class WebAddress:
    """Accepts http and https addresses only: a link someone will click."""

    def __call__(self, _form: BaseForm, field: Field) -> None:
        if field.data and not is_web_address(field.data):
            raise validators.ValidationError("Une adresse commence par https:// ou http://.")


def is_web_address(value: str) -> bool:
    scheme, separator, rest = value.partition("://")
    return (
        scheme.lower() in ("http", "https")
        and bool(separator)
        and bool(rest.split("/")[0])
        and not any(character.isspace() or character in '<>"`' for character in value)
    )


class LocalMomentField(DateTimeLocalField):
    """A date and an hour as read on a clock in Paris; the data is an aware moment."""

    data: datetime | None

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        if isinstance(self.data, datetime):
            self.data = self.data.replace(tzinfo=PARIS)

    def _value(self) -> str:
        if self.raw_data:
            return " ".join(self.raw_data)
        return self.data.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M") if self.data else ""


Choices = Iterable[tuple[str, str]]


def choice(label: str, choices: Choices, *, hint: str = "", default: str | None = None) -> Field:
    """A list to choose one from; the data is the chosen value, `default` when none was posted."""
    return SelectField(label, choices=as_choices(choices), description=hint, default=default)


def checkboxes(label: str, choices: Choices = (), *, hint: str = "", none: str = "") -> Field:
    """Boxes to tick; the data is the list of ticked values. `none` is said when none is ticked."""
    return SelectMultipleField(
        label,
        choices=as_choices(choices),
        description=hint,
        validators=[validators.DataRequired(none)] if none else [],
        widget=widgets.ListWidget(prefix_label=False),
        option_widget=widgets.CheckboxInput(),
    )


def as_choices(choices: Choices) -> list[SelectChoice]:
    """Values and their labels, as a field takes them when they are known only at the request."""
    return [SelectChoice(value, name) for value, name in choices]
