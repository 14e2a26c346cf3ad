"""Answering: what leaves for the requester, and what stays a note between colleagues."""

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import func, select

from crm.auth import READ, WORK, allow
from crm.db import db
from crm.downloads import download
from crm.mail import wake
from crm.requests.converse import answer, note
from crm.requests.files import BadFile, Sent, check_all
from crm.requests.messages import Direction, Message, RequestFile
from crm.requests.requests import SupportRequest
from crm.requests.staff.card import AnswerForm, find, page
from crm.requests.work import TimeSpent

bp = Blueprint("messages", __name__)


@bp.post("/<int:request_id>/messages")
@allow(WORK)
def create(request_id: int) -> ResponseReturnValue:
    asked = find(request_id)
    form = AnswerForm()
    is_note = request.form.get("geste") == "note"
    if not form.is_valid_post() or (files := _files(form)) is None:
        return page(asked, form), 422
    if not is_note and _has_moved(asked, form):
        form.text.errors = ["Un message est arrivé entre-temps : lisez-le, puis envoyez."]
        form.last.data = str(_last(asked))
        form.last.raw_data = None
        return page(asked, form), 409
    if is_note:
        note(asked, form.text.data, by=current_user, files=files)
    else:
        answer(asked, form.text.data, by=current_user, files=files,
               expects_reply=form.expects_reply.data)  # fmt: skip
    if form.minutes.data:
        db.session.add(TimeSpent(request=asked, user=current_user, minutes=form.minutes.data))
    db.session.commit()
    wake()
    flash(_said(asked, is_note))
    return redirect(url_for("staff.requests.card.show", request_id=asked.id, _anchor="reponse"))


def _said(asked: SupportRequest, is_note: bool) -> str:
    if is_note:
        return "La note est gardée ; le demandeur ne la voit pas."
    if asked.email:
        return f"La réponse part vers {asked.email}."
    return "La réponse est gardée. Cette demande n’a pas de courriel : dites-la de vive voix."


def _files(form: AnswerForm) -> list[Sent] | None:
    sent = [one for one in request.files.getlist("files") if one.filename]
    try:
        return check_all([(one.filename or "", one.stream.read()) for one in sent])
    except BadFile as error:
        form.files.errors = [str(error)]
        return None


def _last(asked: SupportRequest) -> int:
    said = Message.request_id == asked.id, Message.direction != Direction.NOTE
    return db.session.scalar(select(func.max(Message.id)).where(*said)) or 0


def _has_moved(asked: SupportRequest, form: AnswerForm) -> bool:
    """Whether somebody said something while this answer was being written."""
    return (form.last.data or "").isdecimal() and int(form.last.data) < _last(asked)


@bp.get("/<int:request_id>/fichiers/<int:file_id>")
@allow(READ)
def file(request_id: int, file_id: int) -> Response:
    found = db.one_or_404(
        select(RequestFile).where(RequestFile.id == file_id, RequestFile.request_id == request_id)
    )
    return download(found.name, found.content)
