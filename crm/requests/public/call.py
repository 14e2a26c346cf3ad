"""The JSON call: what a site needs to draw its own form, and where it posts the answers."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from wtforms import SelectField

from crm import proof
from crm.config import Settings
from crm.contacts.matching import public_names
from crm.csrf import embeddable
from crm.db import begin_reading, start_writing
from crm.identity import Identity
from crm.requests.forms import RequestForm
from crm.requests.public.form import FORM, agreed, keep
from crm.requests.questions import ASKED, CONSENT_VERSION, consent_text
from crm.spam import judge
from crm.text import one_line

bp = Blueprint("call", __name__)

_HIDDEN = {"files", "drawn", "altcha", "key", "nickname", "consent"}


@bp.after_request
def _open_to_listed_sites(response: Response) -> Response:
    """Let the scripts of the sites of CRM_EMBED_ORIGINS read the answer (Fetch, CORS)."""
    origin = request.headers.get("Origin", "")
    if origin in Settings.current().embed_origins:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Headers"] = "Content-Type"
        response.headers["Access-Control-Allow-Methods"] = "GET, POST"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Vary"] = "Origin"
    return response


@bp.get("/appel")
def describe() -> Response:
    """The fields, their choices, the questions of each kind, and the consent to show."""
    form = RequestForm()
    return jsonify(
        fields=[_field(form[name]) for name in form.data if name not in _HIDDEN],
        asked={name: sorted(kinds) for name, kinds in ASKED.items()},
        consent={"text": consent_text(Identity.current().name), "version": CONSENT_VERSION},
        challenge=proof.challenge(),
    )


def _field(field: Any) -> dict[str, Any]:
    told = {"name": field.name, "label": field.label.text, "required": field.flags.required}
    if isinstance(field, SelectField):
        list(field.iter_choices())  # some are read when they are shown only
    if getattr(field, "choices", None):
        told["choices"] = [{"value": one.value, "label": one.label} for one in field.choices]
    return told


@bp.post("/appel")
@embeddable
def create() -> ResponseReturnValue:
    """Keep a request. 201 with its reference; 422 with what is wrong, field by field."""
    said = request.get_json(silent=True)
    if not isinstance(said, Mapping):
        return jsonify(error="Envoyez un objet JSON."), 400
    begin_reading()
    form = RequestForm(posted=_as_posted(said))
    if not form.validate():
        return jsonify(error="Des champs sont à corriger.", errors=form.errors), 422
    values = form.values() | agreed()
    start_writing()
    verdict = judge(form.seen(FORM, form.texts))
    if verdict.is_refused:
        return jsonify(error="Trop d’envois à la suite : réessayez dans une heure."), 429
    return jsonify(reference=keep(values, [], verdict).reference), 201


def _as_posted(said: Mapping[Any, Any]) -> MultiDict[str, str]:
    """What a browser would have posted for these values; « false » is a box left empty."""
    return MultiDict(
        [
            (str(name), "1" if value is True else str(value))
            for name, value in said.items()
            if isinstance(value, str | int) and value is not False
        ]
    )


@bp.get("/defi")
def challenge() -> Response:
    """A challenge for the proof of work, as the ALTCHA protocol words it."""
    response = jsonify(proof.challenge())
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/organisations")
def organisations() -> Response:
    """The names of public organisations that have these words; nothing about the others."""
    names = public_names(one_line(request.args.get("q"))[:100])
    return jsonify(names)
