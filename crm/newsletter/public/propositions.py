"""« Proposer une actualité, un événement, une offre »: on its page, or in a frame."""

import secrets

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError
from wtforms import BooleanField, DateField, HiddenField, RadioField, validators

from crm.contacts.departments import DEPARTMENTS
from crm.csrf import embeddable
from crm.db import begin_reading, db, start_writing
from crm.filters import today
from crm.forms import WebAddress, as_choices, choice, email, line, text
from crm.identity import Identity
from crm.newsletter.items import Kind
from crm.newsletter.propose import propose
from crm.newsletter.propositions import Proposition
from crm.spam import Guarded, Verdict, judge

bp = Blueprint("propositions", __name__, url_prefix="/proposer")

FORM = "proposition"  # as robots are counted
SUMMARY = 3000  # characters
CONSENT = (
    "J’accepte que {network} utilise mon nom et mon adresse pour me répondre au sujet de cette "
    "proposition. Ils sont effacés trois mois après la réponse."
)
_OFFERED = (Kind.NEWS, Kind.EVENT, Kind.JOB, Kind.FUNDING, Kind.TRAINING, Kind.RESOURCE)
_FIELDS = ("title", "summary", "url", "organisation", "place", "department", "name", "email")


class PropositionForm(Guarded):
    kind = RadioField(
        "Que proposez-vous\u00a0?",
        [validators.InputRequired("Choisissez ce que vous proposez.")],
        choices=as_choices((kind.value, kind.label.capitalize()) for kind in _OFFERED),
    )
    title = line("Titre", 300, required=True)
    summary = text("En quelques phrases", SUMMARY, required=True,
                   hint="Ce qu’il faut savoir\u00a0: qui, quoi, pour qui.")  # fmt: skip
    url = line("Lien pour en savoir plus", 2000, validators=[WebAddress()],
               render_kw={"type": "url", "inputmode": "url"})  # fmt: skip
    organisation = line("Organisation", 300, render_kw={"autocomplete": "organization"})
    place = line("Lieu", 200)
    department = choice(
        "Département",
        [("", "—"), *((code, f"{code} – {name}") for code, name in DEPARTMENTS.items())],
        default="",
    )
    starts_on = DateField(
        "Commence le", [validators.Optional()],
        description="Premier jour d’un événement ou d’une formation, s’il est connu.",
    )  # fmt: skip
    ends_on = DateField(
        "Se termine le", [validators.Optional()],
        description="Dernier jour d’un événement, date limite d’un appel ou d’une offre.",
    )  # fmt: skip
    name = line("Votre nom", 200, required=True, render_kw={"autocomplete": "name"})
    email = email("Votre courriel", required=True)
    consent = BooleanField("", [validators.InputRequired("Cochez cette case pour nous écrire.")])
    key = HiddenField(default=lambda: secrets.token_urlsafe(16))

    def validate_ends_on(self, field: DateField) -> None:
        if field.data and self.starts_on.data and field.data < self.starts_on.data:
            raise validators.ValidationError("La fin est avant le début.")
        if field.data and field.data < today():
            raise validators.ValidationError("Cette date est passée.")

    @property
    def texts(self) -> list[str]:
        """Where robots put their links; the field for one is not counted."""
        return [self[name].data or "" for name in _FIELDS if name not in ("url", "email")]


@bp.route("/", methods=["GET", "POST"])
@embeddable
def new() -> ResponseReturnValue:
    begin_reading()  # while the form is checked, others may write
    form = PropositionForm()
    consent = CONSENT.format(network=Identity.current().name)
    form.consent.label.text = consent
    if form.is_valid_post():
        start_writing()
        verdict = judge(form.seen(FORM, form.texts))
        if verdict.is_refused:
            return render_template("public/newsletter/propositions/refused.html"), 429
        _keep(form, verdict, consent)
        return redirect(url_for(".received", cadre=request.args.get("cadre")), 303)
    code = 422 if form.errors else 200
    return render_template("public/newsletter/propositions/new.html", form=form), code


@bp.get("/recue")
@embeddable
def received() -> ResponseReturnValue:
    return render_template("public/newsletter/propositions/received.html")


def _keep(form: PropositionForm, verdict: Verdict, consent: str) -> Proposition:
    """The proposition, committed: what is answered « reçue » is on disk."""
    values = {name: form[name].data or "" for name in _FIELDS} | {
        "kind": Kind(form.kind.data),
        "starts_on": form.starts_on.data,
        "ends_on": form.ends_on.data,
        "key": (form.key.data or "")[:64] or None,
        "consent_text": consent,
    }
    try:
        kept = propose(values, verdict.reasons)
        db.session.commit()
    except IntegrityError:  # a button pressed twice: the first one has just been kept
        db.session.rollback()
        kept = propose(values, verdict.reasons)
        db.session.commit()
    return kept
