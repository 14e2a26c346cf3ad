"""« Rythme des envois »: how fast, by which servers and at what hours letters leave."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, IntegerField, TimeField, validators
from wtforms.fields import Field

from crm.auth import PUBLISH, allow
from crm.config import Settings
from crm.db import db, now
from crm.dialogue import ServerGone
from crm.forms import Form, choice, line
from crm.newsletter.delivery.courtesy import Courtesy, Pace, Rule, RuleKind
from crm.newsletter.delivery.gate import FORGETTING
from crm.newsletter.delivery.pace import Limits, limit
from crm.smtp import greet, relay_name

bp = Blueprint("courtesy", __name__, url_prefix="/envois")

SPARE_LINES = 3  # empty lines for domains to come
MOST = 1_000_000
GREETING = 5  # seconds


class Domain:
    """Checks that a name is a domain, in lower case."""

    def __call__(self, _form: Form, field: Field) -> None:
        field.data = (field.data or "").lower().removeprefix("@")
        if field.data and ("." not in field.data or "@" in field.data or " " in field.data):
            raise validators.ValidationError("Un domaine s’écrit «\u00a0orange.fr\u00a0».")


class CourtesyForm(Form):
    connections = choice(
        "Connexions en même temps", [(str(count), str(count)) for count in (1, 2, 4, 8)],
        hint="Deux conviennent presque toujours. Davantage, si votre serveur met du temps à "
             "répondre et s’il l’accepte.",
    )  # fmt: skip
    quiet_from = TimeField("À partir de", [validators.Optional()])
    quiet_until = TimeField("Jusqu’à", [validators.Optional()])
    spares_weekends = BooleanField("Ni le samedi, ni le dimanche")

    def validate_quiet_from(self, _field: Field) -> None:
        if self.quiet_until.data is None:
            raise validators.ValidationError("Donnez les deux heures, ou aucune.")

    def validate_quiet_until(self, field: Field) -> None:
        if self.quiet_from.data is None:
            raise validators.ValidationError("Donnez les deux heures, ou aucune.")
        if field.data == self.quiet_from.data:
            raise validators.ValidationError(
                "Ces deux heures sont les mêmes\u00a0: rien ne partirait."
            )


@bp.route("/", methods=["GET", "POST"])
@allow(PUBLISH)
def edit() -> ResponseReturnValue:
    courtesy, rules = Courtesy.current(), list(db.session.scalars(Rule.all()))
    relays = [relay_name(url) for url in Settings.current().relays]
    form = _form_class(relays, _domains(rules))(data=_data(courtesy, rules, relays))
    if form.is_valid_post():
        _keep(form, courtesy, relays)
        db.session.commit()
        flash("Le rythme des envois est enregistré, aussi pour ce qui part en ce moment.")
        return redirect(url_for(".edit"))
    return render_template(
        "staff/settings/courtesy/edit.html",
        form=form,
        relays=[(name, *_pair(form, f"relay_{place}")) for place, name in enumerate(relays)],
        domains=[(form[key], *_pair(form, key)) for key in _domain_keys(form)],
        slowed=db.session.scalars(Pace.slowed(now() - 4 * FORGETTING)).all(),
    ), (422 if form.errors else 200)


@bp.post("/essai")
@allow(PUBLISH)
def trial() -> ResponseReturnValue:
    for url in Settings.current().relays:
        try:
            greet(url, GREETING)
            flash(f"{relay_name(url)} répond.")
        except ServerGone as gone:
            flash(f"{relay_name(url)}\u00a0: {gone.words}.", "problem")
    return redirect(url_for(".edit"))


def _form_class(relays: Sequence[str], domains: Sequence[str]) -> type[CourtesyForm]:
    """The form with its lines of limits: servers, any domain, some domains."""
    fields: dict[str, Field] = {}
    for place, name in enumerate(relays):
        fields |= _limits(f"relay_{place}", f"par {name}")
    fields |= _limits("any", "vers un même domaine")
    for place in range(len(domains) + SPARE_LINES):
        key = f"domain_{place}"
        fields[key] = line(f"Domaine, ligne {place + 1}", 200, validators=[Domain()])
        fields |= _limits(key, f"ligne {place + 1}")
    return type("LinedCourtesyForm", (CourtesyForm,), fields)


def _limits(key: str, what: str) -> dict[str, Field]:
    checks = [validators.Optional(), validators.NumberRange(min=1, max=MOST)]
    return {
        f"{key}_minute": IntegerField(f"Messages par minute {what}", checks),
        f"{key}_hour": IntegerField(f"Messages par heure {what}", checks),
    }


def _data(courtesy: Courtesy, rules: Sequence[Rule], relays: Sequence[str]) -> dict[str, object]:
    data: dict[str, object] = {
        "connections": str(courtesy.connections),
        "quiet_from": courtesy.quiet_from,
        "quiet_until": courtesy.quiet_until,
        "spares_weekends": courtesy.spares_weekends,
    }
    keys = {(RuleKind.RELAY, name): f"relay_{place}" for place, name in enumerate(relays)}
    keys[RuleKind.DOMAIN, ""] = "any"
    for place, name in enumerate(_domains(rules)):
        keys[RuleKind.DOMAIN, name] = f"domain_{place}"
        data[f"domain_{place}"] = name
    for rule in rules:
        if (rule.kind, rule.name) in keys:
            key = keys[rule.kind, rule.name]
            data |= {f"{key}_minute": rule.per_minute, f"{key}_hour": rule.per_hour}
    return data


def _domains(rules: Sequence[Rule]) -> list[str]:
    return [rule.name for rule in rules if rule.kind is RuleKind.DOMAIN and rule.name]


def _domain_keys(form: CourtesyForm) -> list[str]:
    return [name for name in form._fields if name.removeprefix("domain_").isdecimal()]


def _pair(form: CourtesyForm, key: str) -> tuple[Field, Field]:
    return form[f"{key}_minute"], form[f"{key}_hour"]


def _keep(form: CourtesyForm, courtesy: Courtesy, relays: Sequence[str]) -> None:
    for name in ("quiet_from", "quiet_until", "spares_weekends"):
        setattr(courtesy, name, form[name].data)
    courtesy.connections = int(form.connections.data)
    db.session.add(courtesy)
    by_relay = {name: _read(form, f"relay_{place}") for place, name in enumerate(relays)}
    by_domain = {form[key].data: _read(form, key) for key in _domain_keys(form) if form[key].data}
    limit(RuleKind.RELAY, by_relay, now())
    limit(RuleKind.DOMAIN, {"": _read(form, "any"), **by_domain}, now())


def _read(form: CourtesyForm, key: str) -> Limits:
    per_minute, per_hour = _pair(form, key)
    return per_minute.data, per_hour.data
