"""The mails written to disk when no mail server is set: a newcomer sees everything that leaves."""

import email
import email.policy
import re
from email.message import EmailMessage
from pathlib import Path

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.auth import WORK, allow
from crm.config import Settings
from crm.preview import mail_page
from crm.users import UserRole

bp = Blueprint("mails", __name__, url_prefix="/courriels")

PER_PAGE = 50
NAME = re.compile(r"[0-9][\w.+-]*\.eml")


@bp.get("/")
@allow(WORK)
def index() -> ResponseReturnValue:
    names = sorted(_names(), reverse=True)
    page = max(1, request.args.get("page", 1, type=int))
    shown = names[(page - 1) * PER_PAGE : page * PER_PAGE]
    return render_template(
        "staff/settings/mails/index.html",
        mails=[(name, _read(name)) for name in shown],
        total=len(names),
        may_open=may_open,
        page=page,
        pages=-(-len(names) // PER_PAGE),
        is_on=Settings.current().smtp_url is None,
    )


@bp.get("/<name>")
@allow(WORK)
def show(name: str) -> ResponseReturnValue:
    message = _open(name)
    plain = message.get_body(("plain",))
    return render_template(
        "staff/settings/mails/show.html",
        name=name,
        message=message,
        plain=plain.get_content() if plain else "",
        has_html=message.get_body(("html",)) is not None,
    )


@bp.get("/<name>/html")
@allow(WORK)
def html(name: str) -> Response:
    body = _open(name).get_body(("html",))
    return mail_page(body.get_content() if body else "")


def may_open(message: EmailMessage) -> bool:
    """Whether this mail is for these eyes: a link that opens an account is for the administration,
    or anybody of the team could take anybody’s place."""
    return message["Sensitivity"] is None or current_user.role is UserRole.ADMIN


def _open(name: str) -> EmailMessage:
    message = _read(name)
    if not may_open(message):
        abort(403, "Ce courriel contient le lien personnel de quelqu’un.")
    return message


def _folder() -> Path:
    return Settings.current().mail_folder


def _names() -> list[str]:
    return [file.name for file in _folder().glob("[0-9]*.eml") if NAME.fullmatch(file.name)]


def _read(name: str) -> EmailMessage:
    if not NAME.fullmatch(name) or not (_folder() / name).is_file():
        abort(404)
    with (_folder() / name).open("rb") as file:
        return email.message_from_binary_file(file, policy=email.policy.default)
