"""The fields of contacts' forms: terms, one value a line, checked numbers, an organisation."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from wtforms import StringField, TextAreaField, validators, widgets
from wtforms.fields.choices import Choice, SelectField, SelectFieldBase

from crm.contacts.details import Detail
from crm.contacts.fold import fold
from crm.contacts.kinds import ContactKind
from crm.contacts.names import split_name
from crm.contacts.organisations import LinkKind, Organisation
from crm.contacts.search.suggest import Hit, suggest
from crm.contacts.terms import Term, Vocabulary
from crm.db import db
from crm.forms import Form
from crm.text import clean, cut, one_line

NEW = "nouvelle"  # the choice of an organisation that has no card yet
_LINES = 50


class CheckedField(StringField):
    """One line that `read` understands; empty, it is None. `show` writes the value back."""

    def __init__(
        self, label: str, length: int, read: Callable[[str], Any],
        show: Callable[[Any], str] = str, hint: str = "", **kw: Any,
    ) -> None:  # fmt: skip
        super().__init__(label, description=hint, **kw)
        self.length, self.read, self.show = length, read, show

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        text = one_line(valuelist[0]) if valuelist else ""
        self.data = None
        if len(text) > self.length:
            raise ValueError(f"{self.length} caractères au plus.")
        self.data = _understood(self.read, text) if text else None

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.show(self.data) if self.data not in (None, "", []) else ""


class LinesField(TextAreaField):
    """Several values, one a line, each of which `read` understands."""

    def __init__(self, label: str, read: Callable[[str], str], hint: str = "", **kw: Any) -> None:
        super().__init__(label, description=hint, **kw)
        self.read, self.type = read, "TextAreaField"

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        lines = [one_line(line) for line in clean("\n".join(valuelist)).split("\n")]
        lines = [line for line in lines if line]
        if len(lines) > _LINES:
            raise ValueError(f"{_LINES} lignes au plus.")
        self.data = list(dict.fromkeys(_understood(self.read, line) for line in lines))

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data else "\n".join(self.data or [])


def _understood(read: Callable[[str], Any], text: str) -> Any:
    try:
        return read(text)
    except ValueError as error:
        raise ValueError(f"{str(error).rstrip('.')}.") from error


class _TickedField(SelectFieldBase):
    """Boxes to tick, for things of ours rather than texts. The data is what is ticked."""

    option_widget = widgets.CheckboxInput()
    widget = widgets.ListWidget(prefix_label=False)
    validate_choice = True

    def __init__(self, label: str, hint: str = "", **kw: Any) -> None:
        super().__init__(label, description=hint, **kw)
        self.type = "SelectMultipleField"
        self.data: list[Any] = []
        self.options: dict[str, tuple[str, Any]] = {}

    def offer(self, value: Any) -> dict[str, tuple[str, Any]]:
        """What can be ticked: {what is posted: (what is read, the thing)}."""
        raise NotImplementedError

    def process_data(self, value: Any) -> None:
        self.options = self.offer(value or [])
        self.data = list(value or [])

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        if not set(valuelist) <= self.options.keys():
            raise ValueError("Ce choix n’existe plus\u00a0: rechargez la page.")
        self.data = [thing for key, (_, thing) in self.options.items() if key in valuelist]

    def iter_choices(self) -> Iterator[Choice]:
        for key, (label, thing) in self.options.items():
            yield Choice(value=key, label=label, selected=thing in self.data, render_kw={})


class TermsField(_TickedField):
    """The terms of a vocabulary: those one can choose today, and those the card already has."""

    def __init__(self, vocabulary: Vocabulary, label: str = "", hint: str = "", **kw: Any) -> None:
        super().__init__(label or vocabulary.label, hint, **kw)
        self.vocabulary = vocabulary

    def offer(self, value: Sequence[Term]) -> dict[str, tuple[str, Any]]:
        terms = offered(self.vocabulary, value)
        if len(terms) > 40:  # in a long list, one looks for a name, and not for what is chosen
            terms.sort(key=lambda term: (term not in value, fold(term.label)))
        return {str(term.id): (_label(term), term) for term in terms}


class ForgottenField(_TickedField):
    """Mails and numbers no longer in use, to tick when they are to be forgotten for good."""

    def offer(self, value: Sequence[Detail]) -> dict[str, tuple[str, Any]]:
        return {str(detail.id): (detail.value, detail) for detail in value}

    def process_data(self, value: Any) -> None:
        super().process_data(value)
        self.data = []


class LinksField(_TickedField):
    """The links an organisation has: untick to undo one."""

    def offer(self, value: Sequence[tuple[LinkKind, Organisation]]) -> dict[str, tuple[str, Any]]:
        return {
            f"{kind}-{other.id}": (f"{kind.label} {other.title}", (kind, other))
            for kind, other in value
        }


class TermField(SelectField):
    """One term of a vocabulary, or none."""

    def __init__(self, vocabulary: Vocabulary, label: str, **kw: Any) -> None:
        super().__init__(label, validate_choice=False, **kw)
        self.vocabulary, self.type = vocabulary, "SelectField"
        self.data: Term | None = None

    def process_data(self, value: Term | None) -> None:
        self.data = value
        terms = offered(self.vocabulary, [value] if value else [])
        self.options = {str(term.id): term for term in terms}

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        chosen = valuelist[0] if valuelist else ""
        if chosen and chosen not in self.options:
            raise ValueError("Ce choix n’existe plus\u00a0: rechargez la page.")
        self.data = self.options.get(chosen)

    def iter_choices(self) -> list[Choice]:
        none = Choice(value="", label="—", selected=self.data is None, render_kw={})
        return [none, *(
            Choice(value=key, label=_label(term), selected=term is self.data, render_kw={})
            for key, term in self.options.items()
        )]  # fmt: skip

    def has_groups(self) -> bool:
        return False


def offered(vocabulary: Vocabulary, own: Sequence[Term]) -> list[Term]:
    """The terms of a vocabulary that are open, and the card's own even when they are closed."""
    terms = list(db.session.scalars(Term.of(vocabulary)))
    return [*terms, *(term for term in own if term not in terms)]


def _label(term: Term) -> str:
    return f"{term.label} (n’est plus proposé)" if term.closed_at else term.label


class OrganisationField(StringField):
    """An organisation, by its name. When the name leaves a doubt, the candidates are shown.

    The data is the organisation; a new one, not yet in the database, when that was chosen.
    """

    def __init__(self, label: str, *, required: bool = False, hint: str = "", **kw: Any) -> None:
        super().__init__(label, description=hint, validators=[], **kw)
        self.flags.required = required
        self.candidates: list[Hit] = []
        self.data: Any = None
        self.text = self.chosen = ""

    def process_data(self, value: Organisation | None) -> None:
        self.data, self.text = value, value.title if value else ""

    def process(self, formdata: Any, *args: Any, **kw: Any) -> None:
        self.chosen = formdata.get(f"{self.name}-id", "") if formdata is not None else ""
        super().process(formdata, *args, **kw)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.text = one_line(valuelist[0]) if valuelist else ""

    def pre_validate(self, form: Form) -> None:
        if not self.text and self.flags.required:
            raise validators.ValidationError("Ce champ est à remplir.")
        if len(self.text) > 300:
            raise validators.ValidationError("300 caractères au plus.")
        if not self.text:
            self.data = None
        elif self.data is None or self.text != self.data.title:
            self.data = self._found()

    def _found(self) -> Organisation:
        """The organisation meant. Raises ValidationError, with candidates, in case of doubt."""
        if self.chosen == NEW:
            return Organisation(name=self.text)
        hits = [hit for hit in suggest(self.text) if hit.type is ContactKind.ORGANISATION]
        chosen = [hit for hit in hits if str(hit.id) == self.chosen]
        exact = chosen or [hit for hit in hits if fold(self.text) in _names(hit)]
        found = db.session.get(Organisation, exact[0].id) if len(exact) == 1 else None
        if found is not None:
            return found
        self.candidates = exact[:8] or hits[:8]
        raise validators.ValidationError(_doubt(len(exact), len(hits)))

    def _value(self) -> str:
        return self.text


def _doubt(exact: int, found: int) -> str:
    """Why a name is not enough, and what to do."""
    if exact:
        return "Plusieurs organisations portent ce nom\u00a0: dites laquelle."
    if found:
        return "Aucune organisation ne porte exactement ce nom\u00a0: dites laquelle c’est."
    return "Aucune organisation ne porte ce nom\u00a0: corrigez-le, ou créez sa fiche."


def _names(hit: Hit) -> set[str]:
    """The ways of writing exactly what was found: « Nom (SIGLE) », « Nom », « SIGLE »."""
    return {fold(hit.name), *map(fold, split_name(hit.name))} - {""}


def bounded(length: int) -> Callable[[str], str]:
    """Reads a line of `length` characters at most."""

    def read(text: str) -> str:
        if len(text) > length:
            raise ValueError(f"«\u00a0{cut(text, 40)}\u00a0»\u00a0: {length} caractères au plus")
        return text

    return read
