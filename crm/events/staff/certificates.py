"""Certificates of one event: who may have one, all of them to print, one withdrawn."""

from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from crm.auth import READ, WORK, allow
from crm.db import db, start_writing
from crm.events import certify
from crm.events.afterwards import Certificate
from crm.events.registrations import Registration
from crm.events.staff.card import find

bp = Blueprint("certificates", __name__, url_prefix="/<int:event_id>/attestations")


@bp.get("/")
@allow(READ)
def index(event_id: int) -> ResponseReturnValue:
    event = find(event_id)
    people = certify.deserving(event)
    rows = db.session.scalars(
        db.select(Certificate).where(Certificate.registration_id.in_([one.id for one in people]))
    )
    return render_template(
        "staff/events/certificates/index.html",
        event=event,
        people=people,
        made={one.registration_id: one for one in rows},
        is_valid=certify.is_valid,
        url=certify.url,
    )


@bp.get("/toutes.pdf")
@allow(WORK)
def every(event_id: int) -> Response:
    """One page for each person who came."""
    start_writing()
    event = find(event_id)
    people = certify.deserving(event)
    if not people:
        abort(404, "Personne n’a encore été pointé par son nom.")
    content = certify.as_pdf([certify.issue(one) for one in people])
    slug = event.slug
    db.session.commit()
    return _file(content, f"attestations-{slug}.pdf")


@bp.get("/<int:registration_id>.pdf")
@allow(WORK)
def pdf(event_id: int, registration_id: int) -> Response:
    start_writing()
    own = _own(event_id, registration_id)
    try:
        content = certify.as_pdf([certify.issue(own)])
    except certify.NotThere as error:
        abort(404, str(error))
    db.session.commit()
    return _file(content, f"attestation-{registration_id}.pdf")


@bp.post("/<int:registration_id>/retrait")
@allow(WORK)
def withdraw(event_id: int, registration_id: int) -> ResponseReturnValue:
    """It says something wrong: whoever verifies it reads so; the next one is made afresh."""
    found = certify.of(_own(event_id, registration_id))
    if found is not None:
        certify.withdraw(found)
        db.session.commit()
        flash("L’attestation est retirée : qui la vérifie le lit.")
    return redirect(url_for(".index", event_id=event_id), 303)


def _own(event_id: int, registration_id: int) -> Registration:
    found = db.get_or_404(Registration, registration_id)
    return found if found.event_id == event_id else abort(404)


def _file(content: bytes, name: str) -> Response:
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
