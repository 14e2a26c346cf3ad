"""Verifying a certificate: anybody who holds its code reads whether it is true, and little else."""

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.auth import limiter
from crm.db import db, start_writing
from crm.events import certify
from crm.events.public.own import opened

bp = Blueprint("certificates", __name__)

_MOST = 80  # characters of a code as it may be typed


@bp.get("/attestations")
@limiter.limit("60 per minute")
def index() -> ResponseReturnValue:
    """The form; a code that was typed has a page of its own."""
    typed = request.args.get("code", "").strip()[:_MOST]
    if typed:
        return redirect(url_for(".show", code=typed.replace("/", "")))
    return render_template("public/events/certificates/index.html", unknown=False)


@bp.get("/attestations/<code>")
@limiter.limit("60 per minute")
def show(code: str) -> ResponseReturnValue:
    found = certify.read(code[:_MOST])
    if found is None:
        page = render_template("public/events/certificates/index.html", unknown=True, code=code)
        return page, 404
    response = Response(
        render_template("public/events/certificates/show.html", told=certify.shown(found))
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@bp.get("/inscriptions/<token>/attestation.pdf")
@limiter.limit("60 per hour")
def pdf(token: str) -> Response:
    """Somebody's own certificate, once they were marked as having come."""
    start_writing()
    own = opened(token)
    try:
        certificate = certify.issue(own)
    except certify.NotThere:
        abort(404, "Votre présence n’a pas encore été notée\u00a0: l’attestation viendra après.")
    content = certify.as_pdf([certificate])
    name = f"attestation-{own.event.slug}.pdf"
    db.session.commit()
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
