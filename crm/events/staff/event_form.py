"""The form of an event, as the team fills it in: days, partners and questions in rows."""

from collections.abc import Sequence
from datetime import date, time
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    SelectField,
    TimeField,
    validators,
)
from wtforms.fields import Field

from crm.contacts.departments import DEPARTMENTS
from crm.contacts.terms import Term, Vocabulary
from crm.db import db
from crm.events.events import Event, Series
from crm.events.kinds import EventKind, Part, QuestionKind
from crm.events.questions import BadQuestion, Question, compose, keep, questions_of
from crm.events.schedule import BadDays, Day, check
from crm.forms import (
    Form,
    LocalMomentField,
    WebAddress,
    as_choices,
    checkboxes,
    choice,
    line,
    text,
)
from crm.users import User

MOST_ROWS = 100
_BLANK_DAYS, _BLANK_PARTNERS, _BLANK_QUESTIONS = 3, 3, 2
_TEXTS = ("title", "text", "project", "audience", "online_url", "venue", "street", "postcode",
          "commune", "department", "registration_url", "replay_url")  # fmt: skip


def _number(label: str, least: int, most: int, **options: Any) -> Field:
    checks = [validators.Optional(), validators.NumberRange(least, most)]
    return IntegerField(label, checks, render_kw={"inputmode": "numeric"}, **options)


def _address(label: str, hint: str = "") -> Field:
    return line(label, 1000, hint=hint, validators=[WebAddress()], render_kw={"type": "url"})


class EventFields(Form):
    """What an event is; its rows are added by `event_form`."""

    title = line("Titre", 300, required=True)
    kind = choice("Genre", [(kind.value, kind.label) for kind in EventKind])
    text = text("Présentation", 20_000, hint="Les titres, listes et liens s’écrivent en Markdown.")
    mission = choice("Mission", [], default="")
    themes = checkboxes("Thèmes")
    project = line("Projet ou convention", 300)
    audience = line("Pour qui", 500, hint="Par exemple\u00a0: associations qui débutent.")
    officer = choice("Responsable", [], default="")
    series = choice("Série", [], default="")
    new_series = line("Ou une nouvelle série", 200, hint="Une formation en cinq séances…")
    is_online = BooleanField("En ligne")
    online_url = _address("Lien pour se connecter", "Il n’est donné qu’aux personnes inscrites.")
    venue = line("Lieu", 200, hint="Le nom de la salle ou de la maison.")
    street = line("Rue", 300)
    postcode = line("Code postal", 10)
    commune = line("Commune", 120)
    department = choice(
        "Département",
        [("", "—"), *((code, f"{code} – {name}") for code, name in DEPARTMENTS.items())],
        default="",
    )
    takes_registrations = BooleanField("Sur inscription", default=True)
    registration_url = _address("Inscriptions chez un partenaire", "L’adresse de sa page.")
    opens_at = LocalMomentField("Ouverture des inscriptions", [validators.Optional()])
    closes_at = LocalMomentField("Clôture des inscriptions", [validators.Optional()])
    capacity = _number("Places", 1, 100_000, description="Rien\u00a0: autant que de personnes.")
    most_together = _number("Personnes par inscription", 1, 10, default=4)
    offer_hours = _number(
        "Heures pour accepter une place libérée", 1, 336, default=48,
        description="Au-delà, elle est proposée à la personne suivante.",
    )  # fmt: skip
    replay_url = _address("Enregistrement à revoir")

    day_rows = partner_rows = question_rows = 0

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.mission.choices = _terms(Vocabulary.MISSION, self.mission.data)
        self.themes.choices = _terms(Vocabulary.THEME, "")[1:]
        self.officer.choices = _officers(self.officer.data)
        named = db.session.query(Series.id, Series.title).order_by(Series.id.desc()).limit(100)
        self.series.choices = as_choices(
            [("", "Aucune"), *((str(key), title) for key, title in named)]
        )

    def validate_closes_at(self, field: Field) -> None:
        if field.data and self.opens_at.data and field.data <= self.opens_at.data:
            raise validators.ValidationError("La clôture est avant l’ouverture.")

    def row(self, kind: str, number: int) -> dict[str, Field]:
        """The fields of one row: « jour », « partenaire » or « question »."""
        start = f"{kind}{number}_"
        return {one.name.removeprefix(start): one for one in self if one.name.startswith(start)}

    def rows(self, kind: str) -> list[dict[str, Field]]:
        count = {"jour": self.day_rows, "partenaire": self.partner_rows,
                 "question": self.question_rows}[kind]  # fmt: skip
        return [self.row(kind, number) for number in range(count)]

    def days(self) -> list[Day]:
        """The days that were typed. Raises BadDays."""
        return check(
            Day(one["date"].data, one["debut"].data, one["fin"].data, one["titre"].data or "")
            for one in self.rows("jour")
            if one["date"].data
        )

    def partners(self) -> list[tuple[str, Part]]:
        typed = [(one["nom"].data, Part(one["role"].data)) for one in self.rows("partenaire")]
        return [(name, part) for name, part in typed if name]

    def questions(self, before: Sequence[Question]) -> list[Question]:
        """The questions that were typed. Raises BadQuestion."""
        names = {"key": "cle", "label": "texte", "kind": "genre", "choices": "choix",
                 "is_required": "obligatoire"}  # fmt: skip
        rows = [{ours: row[typed].data for ours, typed in names.items()}
                for row in self.rows("question")]  # fmt: skip
        return compose(rows, before)

    def is_right(self, before: Sequence[Question]) -> bool:
        """Posted, and right, the rows too: what is wrong there is said on their first field."""
        if not self.is_valid_post():
            return False
        for kind, field, read in (
            ("jour", "date", self.days),
            ("question", "texte", lambda: self.questions(before)),
        ):
            try:
                read()
            except (BadDays, BadQuestion) as error:
                self.row(kind, 0)[field].errors = [str(error)]
                return False
        return True

    def values(self, before: Sequence[Question] = ()) -> dict[str, Any]:
        """The columns of an event."""
        typed = {name: self[name].data or "" for name in _TEXTS}
        moments = {name: self[name].data for name in ("opens_at", "closes_at", "capacity")}
        return {
            **typed,
            **moments,
            "kind": EventKind(self.kind.data),
            "mission_id": int(self.mission.data) if self.mission.data else None,
            "officer_id": int(self.officer.data) if self.officer.data else None,
            "is_online": self.is_online.data,
            "takes_registrations": self.takes_registrations.data,
            "most_together": self.most_together.data or 1,
            "offer_hours": self.offer_hours.data or 48,
            "questions": keep(self.questions(before)),
            "series_id": self._series_id(),
        }

    def _series_id(self) -> int | None:
        if self.new_series.data:
            series = Series(title=self.new_series.data)
            db.session.add(series)
            db.session.flush()
            return series.id
        return int(self.series.data) if self.series.data else None

    def chosen_themes(self) -> list[Term]:
        chosen = [int(one) for one in self.themes.data or []]
        found = (db.session.get(Term, one) for one in chosen)
        return [one for one in found if one is not None]


def _terms(vocabulary: Vocabulary, chosen: str | None) -> list[Any]:
    """The terms one can choose today, and the one chosen long ago that no longer is."""
    found = db.session.execute(Term.of(vocabulary).with_only_columns(Term.id, Term.label))
    rows = {str(number): label for number, label in found}
    if chosen and chosen.isdecimal() and chosen not in rows:
        old = db.session.get(Term, int(chosen))
        if old is not None and old.vocabulary is vocabulary:
            rows[chosen] = old.label
    return as_choices([("", "—"), *rows.items()])


def _officers(chosen: str | None) -> list[Any]:
    everyone = db.session.scalars(User.everyone()).all()
    shown = [one for one in everyone if one.is_active or str(one.id) == chosen]
    return as_choices([("", "—"), *((str(one.id), one.display_name) for one in shown)])


def event_form(event: Event | None = None, posted: Any = None, **first: Any) -> EventFields:
    """The form of this event, or of a new one whose first values are `first`, with a few blank
    rows; as many rows as were posted."""
    rows = _rows(event)
    counts = {kind: _count(kind, rows[kind], posted) for kind in rows}
    fields: dict[str, Any] = {}
    for number in range(counts["jour"]):
        fields |= _day_fields(number)
    for number in range(counts["partenaire"]):
        fields |= _partner_fields(number)
    for number in range(counts["question"]):
        fields |= _question_fields(number)
    fields |= {"day_rows": counts["jour"], "partner_rows": counts["partenaire"],
               "question_rows": counts["question"]}  # fmt: skip
    made = type("EventForm", (EventFields,), fields)
    typed = {f"{kind}{number}_{name}": value for kind, some in rows.items()
             for number, row in enumerate(some) for name, value in row.items()}  # fmt: skip
    form: EventFields = made(data={**first, **_known(event), **typed})
    return form


def _count(kind: str, rows: list[dict[str, Any]], posted: Any) -> int:
    blank = {"jour": _BLANK_DAYS, "partenaire": _BLANK_PARTNERS, "question": _BLANK_QUESTIONS}[kind]
    if not posted:
        return len(rows) + blank
    numbers = [name.removeprefix(kind).partition("_")[0] for name in posted
               if name.startswith(kind)]  # fmt: skip
    last = max((int(one) for one in numbers if one.isascii() and one.isdecimal()), default=-1)
    return min(last + 1, MOST_ROWS)


def _day_fields(number: int) -> dict[str, Field]:
    optional = [validators.Optional()]
    start = f"jour{number}_"
    return {
        f"{start}date": DateField("Date", optional),
        f"{start}debut": TimeField("De", optional),
        f"{start}fin": TimeField("À", optional),
        f"{start}titre": line("Intitulé", 200),
    }


def _partner_fields(number: int) -> dict[str, Field]:
    parts = as_choices((one.value, one.label) for one in Part)
    return {
        f"partenaire{number}_nom": line("Nom", 300),
        f"partenaire{number}_role": SelectField("Rôle", choices=parts, default=Part.PARTNER.value),
    }


def _question_fields(number: int) -> dict[str, Field]:
    kinds = as_choices((one.value, one.label) for one in QuestionKind)
    start = f"question{number}_"
    return {
        f"{start}cle": HiddenField(),
        f"{start}texte": line("Question", 200),
        f"{start}genre": SelectField("Réponse", choices=kinds, default=QuestionKind.LINE.value),
        f"{start}choix": text("Choix, un par ligne", 2000),
        f"{start}obligatoire": BooleanField("Obligatoire"),
    }


def _rows(event: Event | None) -> dict[str, list[dict[str, Any]]]:
    """The rows of an event, as fields take them."""
    if event is None:
        return {"jour": [], "partenaire": [], "question": []}
    days = [_day(one.day, *one.local_hours, one.title) for one in event.held]
    partners = [{"nom": one.name, "role": one.part.value} for one in event.partners]
    questions = [
        {"cle": one.key, "texte": one.label, "genre": one.kind.value,
         "choix": "\n".join(one.choices), "obligatoire": one.is_required}
        for one in questions_of(event)
    ]  # fmt: skip
    return {"jour": days, "partenaire": partners, "question": questions}


def _day(day: date, starts: time | None, ends: time | None, title: str) -> dict[str, Any]:
    return {"date": day, "debut": starts, "fin": ends, "titre": title}


def _known(event: Event | None) -> dict[str, Any]:
    if event is None:
        return {}
    same = (*_TEXTS, "is_online", "takes_registrations", "opens_at", "closes_at", "capacity",
            "most_together", "offer_hours")  # fmt: skip
    return {
        **{name: getattr(event, name) for name in same},
        "kind": event.kind.value,
        "mission": str(event.mission_id or ""),
        "officer": str(event.officer_id or ""),
        "series": str(event.series_id or ""),
        "themes": [str(one.id) for one in event.themes],
    }
