"""The public form: on its page, in a frame on another site, with or without JavaScript."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError

from crm.csrf import embeddable
from crm.db import begin_reading, db, now, start_writing
from crm.identity import Identity
from crm.jobs import enqueue
from crm.requests import links
from crm.requests.files import Sent
from crm.requests.forms import RequestForm
from crm.requests.questions import ASKED, CONSENT_VERSION, HELP, consent_text, consent_words
from crm.requests.submit import submit
from crm.requests.welcome import receive_new
from crm.spam import Verdict, judge

bp = Blueprint("form", __name__)

FORM = "demande"  # as robots are counted


@bp.route("/nouvelle", methods=["GET", "POST"])
@embeddable
def new() -> ResponseReturnValue:
    begin_reading()  # while the form is checked, others may write
    form = RequestForm()
    form.consent.label.text, form.consent.description = consent_words(Identity.current().name)
    if form.is_valid_post() and (files := form.sent()) is not None:
        values = form.values() | agreed()
        start_writing()
        verdict = judge(form.seen(FORM, form.texts))
        if verdict.is_refused:
            return render_template("public/requests/form/refused.html", form=form), 429
        receipt = keep(values, files, verdict)
        cadre = request.args.get("cadre")
        return redirect(url_for(".received", token=receipt.token, cadre=cadre), 303)
    code = 422 if form.errors else 200
    return render_template("public/requests/form/new.html", form=form, help=HELP, asked=ASKED), code


def agreed() -> dict[str, Any]:
    """The proof of what was agreed to (RGPD art. 7)."""
    text = consent_text(Identity.current().name)
    return {"consent_text": text, "consent_version": CONSENT_VERSION, "consented_at": now()}


@dataclass(frozen=True)
class Receipt:
    """What is told of a request that is kept: its reference, and what opens the page « reçue »."""

    reference: str
    token: str


def keep(values: Mapping[str, Any], files: list[Sent], verdict: Verdict) -> Receipt:
    """Keep a request, committed: what is answered « reçue » is on disk."""
    try:
        receipt = _submit(values, files, verdict)
        db.session.commit()
    except IntegrityError:  # a button pressed twice: the first one has just been kept
        db.session.rollback()
        receipt = _submit(values, files, verdict)
        db.session.commit()
    if not verdict.is_suspect:
        enqueue(receive_new)
    return receipt


def _submit(values: Mapping[str, Any], files: list[Sent], verdict: Verdict) -> Receipt:
    kept = submit(values, files=files, suspicion=verdict.reasons)
    db.session.flush()
    return Receipt(kept.reference, links.received_token(kept))


@bp.get("/recue/<token>")
@embeddable
def received(token: str) -> ResponseReturnValue:
    """What one sees after the form: nothing of what was said, since addresses are shared."""
    found = links.read_received(token) or abort(
        404, "L’adresse de cette page est incomplète. Votre demande, elle, est bien gardée."
    )
    return render_template("public/requests/form/received.html", request_made=found)


@bp.get("/cadre.js")
def script() -> Response:
    """What a site that frames the form runs: the frame follows the height of its content."""
    file = Path(current_app.root_path, "static", "js", "cadre.js")
    response = Response(file.read_bytes(), mimetype="text/javascript")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response
