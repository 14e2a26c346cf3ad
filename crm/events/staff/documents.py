"""Documents of an event: added, taken away, downloaded."""

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from crm.auth import READ, WORK, allow
from crm.contacts.journal import file_name
from crm.db import db, now
from crm.downloads import download
from crm.events.documents import Document
from crm.events.kinds import Shown
from crm.events.staff.card import find
from crm.text import one_line

bp = Blueprint("documents", __name__)

MOST = 15 * 1024 * 1024  # bytes


@bp.post("/<int:event_id>/documents")
@allow(WORK)
def create(event_id: int) -> ResponseReturnValue:
    event = find(event_id)
    sent = request.files.get("fichier")
    content = sent.stream.read() if sent is not None and sent.filename else b""
    shown = request.form.get("pour", "")
    if not content:
        flash("Choisissez d’abord un fichier, qui ne soit pas vide.", "problem")
    elif len(content) > MOST:
        flash("Ce fichier est trop lourd\u00a0: 15 Mo au plus.", "problem")
    else:
        assert sent is not None
        event.documents.append(
            Document(
                name=file_name(sent.filename or ""), content=content, size=len(content),
                title=one_line(request.form.get("titre"))[:200],
                shown=Shown(shown) if shown in set(Shown) else Shown.REGISTERED,
            )
        )  # fmt: skip
        event.updated_at = now()
        db.session.commit()
        flash("Le document est ajouté.")
    return redirect(url_for("staff.events.card.show", event_id=event.id, _anchor="documents"))


@bp.get("/<int:event_id>/documents/<int:document_id>")
@allow(READ)
def show(event_id: int, document_id: int) -> Response:
    kept = _find(event_id, document_id)
    return download(kept.name, kept.content)


@bp.post("/<int:event_id>/documents/<int:document_id>/suppression")
@allow(WORK)
def delete(event_id: int, document_id: int) -> ResponseReturnValue:
    db.session.delete(_find(event_id, document_id))
    db.session.commit()
    flash("Le document est retiré.")
    return redirect(url_for("staff.events.card.show", event_id=event_id, _anchor="documents"))


def _find(event_id: int, document_id: int) -> Document:
    kept = db.session.get(Document, document_id)
    if kept is None or kept.event_id != event_id:
        abort(404)
    return kept
