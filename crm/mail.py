"""Single mails (confirmations, acknowledgements): written down first, then sent until they go."""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, make_msgid, parseaddr
from functools import cache
from typing import Any

import sqlalchemy as sa
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from mjml import mjml2html
from sqlalchemy.orm import Mapped, mapped_column

from crm.colours import light_variant
from crm.config import ROOT, Settings
from crm.db import Model, change, db, lightly, now, reading
from crm.dialogue import Refused, ServerGone
from crm.filters import FILTERS, plural
from crm.holds import NOTHING_HELD
from crm.identity import Identity
from crm.jobs import enqueue, every, gently
from crm.signature import signed
from crm.smtp import Connection, connected, forget_written, wire

log = logging.getLogger(__name__)

_AT_ONCE = 200
_GROUP = 10  # mails taken in one commit
_LEASE = timedelta(minutes=10)  # after which the mails of a worker that died are taken by another

_ATTRIBUTE = re.compile(r'="[^"]*\\[^"]*"')
_ESCAPE = re.compile(r"\\(?:u\{(?P<code>[0-9a-f]{1,6})\}|(?P<letter>.))", re.DOTALL)


class Mail(Model):
    """One mail to one person. The row stays, without its text, once the mail has left."""

    __tablename__ = "mails"

    recipient: Mapped[str] = mapped_column(sa.String(254))
    subject: Mapped[str] = mapped_column(sa.String(300))
    message: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    next_try_at: Mapped[datetime | None] = mapped_column(default=now, index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    response: Mapped[str] = mapped_column(sa.String(500), default="")


@cache
def environment() -> Environment:
    """The templates of mails and letters: HTML escapes what users wrote, text keeps it as it is."""
    jinja = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.filters.update(FILTERS)
    jinja.globals.update(plural=plural, light_variant=light_variant)
    return jinja


def render_mjml(template: str, **context: Any) -> str:
    """The HTML of an MJML template, without comments other than those Outlook reads."""
    source = environment().get_template(template).render(**context)
    return _unescaped(mjml2html(printable(source), fonts={}))


def _unescaped(html: str) -> str:
    """`html` with its attributes as they were written.

    mjml-python writes them as Rust prints a text for a programmer: « n°\\u{a0}12 » for « n° 12 ».
    """
    return _ATTRIBUTE.sub(lambda found: _ESCAPE.sub(_character, found[0]), html)


def _character(found: re.Match[str]) -> str:
    if found["code"]:
        return chr(int(found["code"], 16))
    return {"n": "\n", "r": "\r", "t": "\t", "0": ""}.get(found["letter"], found["letter"])


def printable(text: str) -> str:
    """`text` without the characters that XML forbids, and mail with it; pasted texts hold some."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]", "", text)


@dataclass(frozen=True)
class Attached:
    """A file that leaves with a mail. `is_body`: another form of what it says (a calendar).
    `shown_as`: a picture that the HTML shows, as `cid:<shown_as>` (RFC 2392)."""

    name: str
    media_type: str
    content: bytes
    params: Mapping[str, str] = field(default_factory=dict)  # « method » of a calendar…
    is_body: bool = False
    shown_as: str = ""


def post(
    to: str,
    template: str,
    *,
    subject: str,
    reply_to: str = "",
    headers: Mapping[str, str] | None = None,
    attached: Sequence[Attached] = (),
    **context: Any,
) -> Mail:
    """Write down a mail made from `templates/mail/<template>.mjml.html` and `.txt`.

    It leaves after the commit, when a worker is woken, or at the clock's next minute.
    `headers` adds to those of every mail, or replaces them.
    """
    text, html = draw(template, subject=subject, **context)
    return write(to, subject=subject, text=text, html=html, reply_to=reply_to, headers=headers,
                 attached=attached)  # fmt: skip


def forget(*which: sa.ColumnElement[bool]) -> None:
    """Delete these mails, and their files where there is no server. Nothing is committed."""
    forget_files(sa.select(Mail.response).where(*which))
    change(sa.delete(Mail).where(*which))


def forget_files(answers: sa.Select[str]) -> None:
    """Delete the files that messages became, where there is no server, by what was answered."""
    forget_written(Settings.current().mail_folder, db.session.scalars(answers))


def draw(template: str, *, subject: str, **context: Any) -> tuple[str, str]:
    """The two parts of a mail, text and HTML, from its templates."""
    base_url = Settings.current().base_url
    context |= {"identity": Identity.current(), "base_url": base_url, "subject": subject}
    text = environment().get_template(f"mail/{template}.txt").render(**context)
    return text, render_mjml(f"mail/{template}.mjml.html", **context)


def write(
    to: str,
    *,
    subject: str,
    text: str,
    html: str,
    reply_to: str = "",
    headers: Mapping[str, str] | None = None,
    attached: Sequence[Attached] = (),
) -> Mail:
    """Write down a mail whose two parts are ready. It leaves as those of `post` do."""
    settings = Settings.current()
    message = EmailMessage()
    message["From"] = sender(settings)
    message["To"] = formataddr(("", to)) if to.isascii() else Address(addr_spec=to)
    message["Subject"] = subject
    message["Date"] = format_datetime(now())
    message["Message-ID"] = make_msgid(domain=settings.host)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834
    if reply_to:
        message["Reply-To"] = reply_to
    for name, value in (headers or {}).items():
        del message[name]
        message[name] = value
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    _attach(message, attached)
    mail = Mail(recipient=to, subject=subject, message=wire(message))
    db.session.add(mail)
    return mail


def _attach(message: EmailMessage, attached: Sequence[Attached]) -> None:
    html = message.get_body(("html",))
    for one in sorted(attached, key=lambda one: not one.is_body):
        main, _, sub = one.media_type.partition("/")
        if one.shown_as and isinstance(html, EmailMessage):
            html.add_related(
                one.content, main, sub, cid=f"<{one.shown_as}>", filename=one.name,
                disposition="inline",
            )  # fmt: skip
        elif one.is_body and main == "text":
            words = one.content.decode()
            message.add_alternative(words, subtype=sub, params=dict(one.params), cte="base64")
        else:
            message.add_attachment(
                one.content, main, sub, filename=one.name, params=dict(one.params)
            )


def sender(settings: Settings) -> str:
    """The From header: the setting's address, with the network's name when it has none."""
    name, address = parseaddr(settings.mail_from)
    return formataddr((name or Identity.current().short_name, address))


@every(minutes=1)
def send_mails() -> None:
    """Send what is due. Commits as it goes: what has left must not leave again."""
    settings, due = Settings.current(), _due()
    if not due:
        return
    mine: set[int] = set()  # taken, and nothing is known of them yet
    try:
        with connected(settings) as connection:
            for first in gently(range(0, len(due), _GROUP)):
                taken = _take(due[first : first + _GROUP])
                mine.update(mail.id for mail in taken)
                for mail in taken:
                    if now() < taken[0].until - _LEASE / 2:
                        _send(mail, connection, settings)
                        mine.discard(mail.id)
    except ServerGone as gone:
        log.warning("courriels remis à plus tard\u00a0: %s", gone.words)
        _put_off(due, mine, gone.words, settings)
        return
    if len(due) == _AT_ONCE:
        enqueue(send_mails)


def _due() -> list[int]:
    db.session.commit()
    due = sa.select(Mail.id).where(Mail.next_try_at <= now(), NOTHING_HELD)
    with reading():
        ids = list(db.session.scalars(due.order_by(Mail.id).limit(_AT_ONCE)))
        db.session.rollback()
    return ids


def _take(ids: Sequence[int]) -> Sequence[Any]:
    """Those of these mails that nobody else took meanwhile: they are ours until the lease ends."""
    mine = (
        sa.update(Mail)
        .where(Mail.id.in_(ids), Mail.next_try_at <= now(), NOTHING_HELD)
        .values(next_try_at=now() + _LEASE)
        .returning(Mail.id, Mail.recipient, Mail.message, Mail.attempts,
                   Mail.next_try_at.label("until"))
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    taken = sorted(db.session.execute(mine).all(), key=lambda mail: mail.id)
    db.session.commit()
    return taken


def _send(mail: Any, connection: Connection, settings: Settings) -> None:
    sender_address = parseaddr(settings.mail_from)[1]
    try:
        words = connection.hand_over(sender_address, mail.recipient, signed(mail.message, settings))
    except Refused as refused:
        if refused.for_good:
            _settle(mail.id, response=refused.words, next_try_at=None)
        else:
            _settle(mail.id, **_later(mail.attempts, refused.words, settings))
    else:
        _settle(mail.id, response=words, sent_at=now(), next_try_at=None, message=b"")


def _settle(mail_id: int, *, response: str, **values: Any) -> None:
    mine = sa.update(Mail).where(Mail.id == mail_id)
    with lightly():
        change(mine.values(response=response[:500], **values))
        db.session.commit()


def _put_off(due: Sequence[int], mine: set[int], words: str, settings: Settings) -> None:
    """Try all that was to leave again later, but for what another worker took."""
    waits = sa.or_(Mail.id.in_(mine), sa.and_(Mail.id.in_(due), Mail.next_try_at <= now()))
    for mail_id, attempts in db.session.execute(sa.select(Mail.id, Mail.attempts).where(waits)):
        later = _later(attempts, words[:500], settings)
        change(sa.update(Mail).where(Mail.id == mail_id).values(**later))
    db.session.commit()


def _later(attempts: int, words: str, settings: Settings) -> dict[str, Any]:
    """What the row of a mail becomes after a try that failed."""
    delays = settings.retry_delays
    given_up = attempts >= len(delays)
    next_try = None if given_up else now() + timedelta(seconds=delays[attempts])
    return {"attempts": attempts + 1, "response": words, "next_try_at": next_try}


def wake() -> None:
    """Have the mails just written down sent now. Call it after the commit."""
    enqueue(send_mails)
