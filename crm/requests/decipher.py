"""Deciphering a mail: who wrote, what is new in it, what it quotes, what it brings, and whether a
machine wrote it. Nothing is kept here, and no mail, however odd, raises an error.
"""

import hashlib
import html
import re
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import getaddresses

import nh3

from crm.calendars import TYPE, Reply, read_reply
from crm.text import clean, cut, normal_email, one_line

MAX_TEXT = 50_000  # characters kept of one mail
MAX_ATTACHMENTS = 20
_LONGEST_REPLY = 100_000  # bytes
_LOGO = 30_000  # bytes: a smaller picture inside the text is part of a signature

# What machines say of themselves (RFC 3834 §5; the others are habits of well-known servers).
_MACHINES = (
    "X-Autoreply",
    "X-Autorespond",
    "X-Auto-Response-Suppress",
    "List-Id",
    "List-Unsubscribe",
)
_PRECEDENCE = {"bulk", "junk", "list", "auto_reply"}
_NOBODY = re.compile(r"^(mailer-daemon|postmaster|no-?reply|ne-?pas-?repondre|noreply)\b", re.I)
# Headers that say to whom a mail was handed, and those that say what it answers.
_TO = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")
_ANSWERS = ("In-Reply-To", "References")

# Where what a mail quotes begins.
_INTRODUCTIONS = (
    re.compile(
        r"^(Le|On|Am|El|Il)\b.{5,200}(a écrit|wrote|schrieb|escribió|ha scritto)\s*:?\s*$", re.I
    ),
    re.compile(r"^-{2,}\s*(Message d.origine|Message transféré|Original Message|Forwarded)", re.I),
    re.compile(r"^_{20,}$"),
    re.compile(r"^(De|From)\s*:\s.+@.+$", re.I),
)


@dataclass(frozen=True)
class Letter:
    """A mail, as plain data."""

    message_id: str
    sender: str
    sender_name: str
    subject: str
    text: str
    quoted: str
    recipients: str  # the headers that say to whom, as they are
    references: list[str]
    is_automatic: bool
    is_spam: bool = False
    files: list[tuple[str, bytes]] = field(default_factory=list)
    reply: Reply | None = None  # what a calendar program answers to an invitation
    raw_text: str = ""  # for reports of delivery: what they give back


def decipher(raw: bytes) -> Letter:
    """The mail in these bytes."""
    message = message_from_bytes(raw, policy=policy.default)
    name, address = _sender(message)
    fresh, quoted = fold_quotes(_text(message))
    return Letter(
        message_id=_message_id(message, raw),
        sender=address,
        sender_name=name,
        subject=cut(one_line(_header(message, "Subject")), 200),
        text=cut(fresh, MAX_TEXT),
        quoted=cut(quoted, MAX_TEXT),
        recipients=" ".join(_header(message, name) for name in _TO),
        references=_references(message),
        is_automatic=is_automatic(message),
        is_spam=_header(message, "X-Spam-Flag").strip().lower() == "yes",
        files=_files(message),
        reply=_reply(message),
        raw_text=raw[:200_000].decode("ascii", "replace") if _is_report(message) else "",
    )


def is_automatic(message: EmailMessage) -> bool:
    """Whether a machine wrote it, or it is for many: never to be answered (RFC 3834 §2)."""
    said = _header(message, "Auto-Submitted").partition(";")[0].strip().lower()
    if said not in ("", "no"):
        return True
    if _header(message, "Precedence").strip().lower() in _PRECEDENCE:
        return True
    if any(_header(message, name) for name in _MACHINES) or _is_report(message):
        return True
    return _header(message, "Return-Path").strip() == "<>" or bool(
        _NOBODY.match(_sender(message)[1])
    )


def fold_quotes(text: str) -> tuple[str, str]:
    """What is new in a mail, then what it quotes of those before it."""
    lines = text.split("\n")
    at = _first_quote(lines)
    fresh, quoted = "\n".join(lines[:at]).strip(), "\n".join(lines[at:]).strip()
    # Someone who answers between the lines quotes first: then all of it is what they say.
    return (fresh, quoted) if fresh else (text.strip(), "")


def _first_quote(lines: list[str]) -> int:
    for number, line in enumerate(lines):
        two = f"{line.strip()} {lines[number + 1].strip()}" if number + 1 < len(lines) else ""
        for words in (line.strip(), two):
            if len(words) < 300 and any(one.match(words) for one in _INTRODUCTIONS):
                return number
        if line.startswith(">") and all(
            not rest.strip() or rest.startswith(">") for rest in lines[number:]
        ):
            return number
    return len(lines)


def _header(message: EmailMessage, name: str) -> str:
    """A header as text. Those that cannot be read are as if they were not there."""
    try:
        return " ".join(str(value) for value in message.get_all(name, []))
    except Exception:  # the library stumbles on some made to be wrong
        return ""


def _sender(message: EmailMessage) -> tuple[str, str]:
    for header in ("From", "Sender", "Reply-To"):
        for name, address in getaddresses([_header(message, header)]):
            found = normal_email(address) if address else None
            if found:
                return cut(one_line(name), 200), found
    return "", ""


def _message_id(message: EmailMessage, raw: bytes) -> str:
    """As the mail says, or one made from its content, so that it is taken once."""
    said = re.search(r"<[^<>\s]{3,240}>", _header(message, "Message-ID"))
    return said[0] if said else f"<{hashlib.sha256(raw).hexdigest()[:40]}@sans-identifiant>"


def _references(message: EmailMessage) -> list[str]:
    return [
        found
        for name in _ANSWERS
        for found in re.findall(r"<[^<>\s]{3,240}>", _header(message, name))
    ][-50:]


def _is_report(message: EmailMessage) -> bool:
    return message.get_content_type() == "multipart/report"


def _text(message: EmailMessage) -> str:
    """What the mail says, in plain text."""
    try:
        body = message.get_body(("plain", "html"))
    except Exception:
        return ""
    if body is None:
        return ""
    words = _decoded(body)
    return clean(words if body.get_content_type() == "text/plain" else _from_html(words))


def _decoded(part: MIMEPart) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    for charset in (part.get_content_charset() or "utf-8", "utf-8", "cp1252"):
        try:
            return content.decode(charset)
        except (LookupError, UnicodeDecodeError, ValueError):
            continue
    return content.decode("utf-8", "replace")


def _from_html(words: str) -> str:
    """The words of an HTML mail, its lines kept, what it quotes marked as such."""
    words = re.sub(r"(?is)<(script|style|head|title)\b.*?</\1>", "", words[:500_000])
    words = re.sub(r"\s+", " ", words)
    words = re.sub(r"(?i)<blockquote[^>]*>", "\n____________________________\n", words)
    words = re.sub(r"(?i)<(br|/p|/div|/tr|/li|/h\d)\b[^>]*>", "\n", words)
    plain = html.unescape(nh3.clean(words, tags=set()))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in plain.split("\n")))


def _reply(message: EmailMessage) -> Reply | None:
    for part in message.walk():
        content = part.get_payload(decode=True) if part.get_content_type() == TYPE else None
        if isinstance(content, bytes) and len(content) <= _LONGEST_REPLY:
            return read_reply(content)
    return None


def _files(message: EmailMessage) -> list[tuple[str, bytes]]:
    """What the mail brings, name and bytes; pictures of signatures are left out."""
    try:
        parts = list(message.iter_attachments())
    except Exception:
        return []
    found = []
    for part in parts[:MAX_ATTACHMENTS]:
        content = part.get_payload(decode=True)
        name = one_line(part.get_filename() or "")
        inside = part.get_content_maintype() == "image" and part.get("Content-ID")
        if isinstance(content, bytes) and name and not (inside and len(content) < _LOGO):
            found.append((name, content))
    return found
