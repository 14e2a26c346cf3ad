"""Conversing: what the requester says, what the team answers, and the notes it keeps."""

from collections.abc import Sequence
from email.utils import make_msgid

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from crm.config import Settings
from crm.db import db, now
from crm.mail import Attached
from crm.requests import emails
from crm.requests.files import Sent
from crm.requests.messages import Direction, Message
from crm.requests.requests import Step, SupportRequest
from crm.users import User


def hear(
    request: SupportRequest,
    text: str,
    *,
    files: Sequence[Sent] = (),
    quoted: str = "",
    sender: str = "",
    message_id: str | None = None,
    is_automatic: bool = False,
) -> Message:
    """Keep what the requester says, and tell the officer. A closed request opens again.

    What a machine says is kept too, and changes nothing (RFC 3834).
    """
    message = Message(
        request=request, direction=Direction.IN, text=text, quoted=quoted, sender=sender,
        message_id=message_id, is_automatic=is_automatic,
    )  # fmt: skip
    _keep(message, files)
    if not is_automatic:
        request.news_at = request.unread_at = message.at
        request.reopen()
        request.start()
        emails.alert(request, message)
    return message


def answer(
    request: SupportRequest,
    text: str,
    *,
    by: User,
    files: Sequence[Sent] = (),
    expects_reply: bool = False,
) -> Message:
    """Answer the requester, by mail and on their page. Who answers first takes the request.

    `expects_reply`: the team now waits for the requester.
    """
    message = Message(
        request=request, direction=Direction.OUT, text=text, user=by,
        message_id=make_msgid(domain=Settings.current().host),
    )  # fmt: skip
    before = references(request)
    _keep(message, files)
    request.reopen(by)
    if request.assignee is None:
        request.assign(by, by=by)
    (request.wait if expects_reply else request.start)(by)
    request.answered_at = request.answered_at or message.at
    request.news_at, request.unread_at = message.at, None
    if request.email:
        attached = [Attached(one.name, one.media_type, one.content) for one in files]
        message.mail = emails.answer(message, before, attached)
    return message


def note(request: SupportRequest, text: str, by: User, files: Sequence[Sent] = ()) -> Message:
    """Keep a note that the requester never sees."""
    message = Message(request=request, direction=Direction.NOTE, text=text, user=by)
    _keep(message, files)
    return message


def _keep(message: Message, files: Sequence[Sent]) -> None:
    message.at = now()
    db.session.add(message)
    for file in files:
        row = file.row()
        row.request, row.message = message.request, message
        db.session.add(row)
    db.session.flush()


def references(request: SupportRequest) -> list[str]:
    """The Message-IDs of the conversation, oldest first (RFC 5322 §3.6.4)."""
    sent = sa.select(Message.message_id).where(
        Message.request_id == request.id, Message.message_id.is_not(None)
    )
    known = [one for one in db.session.scalars(sent.order_by(Message.id)) if one]
    return [emails.first_id(request), *known]


def conversation(request: SupportRequest, *, for_team: bool) -> list[Message | Step]:
    """What was said and what happened, oldest first; the requester never sees the notes."""
    said = sa.select(Message).where(Message.request_id == request.id)
    if not for_team:
        said = said.where(Message.direction != Direction.NOTE, Message.is_automatic.is_(False))
    shown = (selectinload(Message.files), selectinload(Message.user), selectinload(Message.mail))
    messages = db.session.scalars(said.options(*shown)).all()
    steps = db.session.scalars(
        sa.select(Step).where(Step.request_id == request.id).options(selectinload(Step.user))
    ).all()
    # Of two things of the same moment, what happened comes before what was said of it.
    return sorted([*steps, *messages], key=lambda one: (one.at, isinstance(one, Message), one.id))
