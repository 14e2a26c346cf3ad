"""Returns: what a message that came back says. Pure reading, of bytes that anybody may have sent.

Delivery reports (RFC 3464 in RFC 6522, RFC 6533), complaints (RFC 5965), then the many servers
that write to people rather than to programs.
"""

import email
import email.header
import email.policy
import email.utils
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message

from flufl.bounce import all_failures

from crm.newsletter.bounces import Kind
from crm.newsletter.returns.verdicts import by_words, status_of, verdict
from crm.text import one_line

LIMIT = 1024 * 1024  # bytes: a report is short, what follows is what we wrote
STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
COMPLAINTS = {"abuse", "fraud", "virus", "other", "opt-out", "opt-out-list", ""}

_ROBOT = re.compile(
    r"mailer-?daemon|post-?master|mail-?daemon|microsoftexchange|mdaemon|double-bounce"
    r"|mail delivery (sub)?system|system administrator|administrateur syst",
    re.IGNORECASE,
)
_FAILURE = re.compile(
    r"fail|undeliver|not delivered|undelivrable|delivery (status|problem|error)|returned (mail|to)"
    r"|mail delivery|rejected|non[- ](remis|d[ée]livr|distribu)|[ée]chec|n.a pas (pu|été)"
    r"|impossible de|retour [àa] l|avis de non",
    re.IGNORECASE,
)
_ANSWER = re.compile(
    r"out of (the )?office|absen(t|ce)|cong[ée]s|vacances|r[ée]ponse automatique|auto(matic)?[- ]"
    r"?(reply|response|answer)|automatische|currently away|en d[ée]placement",
    re.IGNORECASE,
)
_DELAY = re.compile(r"delay|warning|retard|will be retried|still (being )?try", re.IGNORECASE)
# Where a server begins to quote what it was given: our own words are not its own.
_QUOTE = re.compile(
    r"^[-=_> ]*(below this line is a copy|this is a copy of|original message|message d.origine"
    r"|copie du message|the original message|included is a copy|en-t[êe]tes d.origine"
    r"|forwarded message|return-path:\s*<|list-unsubscribe:)",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")


@dataclass(frozen=True)
class Return:
    """What one server says of one recipient; `recipient` is empty when it does not say whom."""

    kind: Kind
    status: str
    words: str
    recipient: str = ""
    happened_at: datetime | None = None


def parse(raw: bytes) -> Message:
    """The message, whatever its bytes."""
    return email.message_from_bytes(raw[:LIMIT], policy=email.policy.compat32)


def read(message: Message) -> list[Return]:
    """What came back: nothing for an automatic answer, a delay, or an ordinary message."""
    at = _date(message.get("Date"))
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/feedback-report":
            return list(_complaints(_blocks(part), at))
        if kind in STATUS_TYPES and (found := _blocks(part)):
            return [one for block in found if (one := _reported(block, at))]
    return list(_told(message, at)) if _is_bounce(message) else []


def _blocks(part: Message) -> list[dict[str, str]]:
    """The groups of fields of a report. Some servers encode it, some forget the empty line."""
    if part.get("Content-Transfer-Encoding", "").strip().lower() in ("base64", "quoted-printable"):
        inside = "\n\n".join(map(str, _inner(part)))
        text = Message()
        text["Content-Transfer-Encoding"] = str(part["Content-Transfer-Encoding"])
        text.set_payload(inside.lstrip())
        whole = _text(text)
    else:
        whole = "\n\n".join(str(one) for one in _inner(part))
    groups = re.split(r"\n\s*\n", whole.replace("\r\n", "\n"))
    return [fields for group in groups if (fields := _fields(group))]


def _inner(part: Message) -> list[object]:
    payload = part.get_payload()
    return list(payload) if isinstance(payload, list) else [payload]


def _fields(group: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in re.sub(r"\n[ \t]+", " ", group).splitlines():
        name, colon, value = line.partition(":")
        if colon and re.fullmatch(r"[A-Za-z0-9-]+", name.strip()):
            found.setdefault(name.strip().lower(), one_line(value))
    return found


def _reported(block: dict[str, str], at: datetime | None) -> Return | None:
    """One recipient of a delivery report (RFC 3464 §2.3); None while the message travels on."""
    action, diagnostic = block.get("action", "").lower(), block.get("diagnostic-code", "")
    status = status_of(block.get("status", ""), diagnostic)
    precise = status_of(diagnostic)
    if status.endswith(".0.0") and precise:
        status = precise
    if not ({"action", "status"} & block.keys()) or action in _NOT_FAILED or not status:
        return None
    words = diagnostic.partition(";")[2].strip() or diagnostic or block.get("status", "")
    recipient = block.get("original-recipient") or block.get("final-recipient", "")
    return Return(
        verdict(status, words) or Kind.SOFT,
        status,
        words[:500],
        _bare(recipient.partition(";")[2] or recipient),
        _date(block.get("last-attempt-date")) or at,
    )


_NOT_FAILED = {"delayed", "delivered", "relayed", "expanded"}


def _complaints(blocks: list[dict[str, str]], at: datetime | None) -> Iterator[Return]:
    fields = {name: value for block in reversed(blocks) for name, value in block.items()}
    if fields.get("feedback-type", "").lower() not in COMPLAINTS:
        return
    recipient = fields.get("original-rcpt-to") or fields.get("removal-recipient", "")
    words = f"signalement de {fields.get('reporting-mta') or fields.get('user-agent', '')}".strip()
    moment = _date(fields.get("arrival-date") or fields.get("received-date")) or at
    yield Return(Kind.COMPLAINT, "", words[:500], _bare(recipient), moment)


def _is_bounce(message: Message) -> bool:
    """Whether a server speaks of a failure: a person, or its automatic answer, does not count."""
    sender, subject = _header(message, "From"), _header(message, "Subject")
    if _header(message, "X-Failed-Recipients"):
        return not _DELAY.search(subject)
    is_server = bool(_ROBOT.search(sender)) or _header(message, "Return-Path").strip() == "<>"
    if _DELAY.search(subject) and not _FAILURE.search(subject):
        return False
    if _is_answer(message, subject) and not _ROBOT.search(sender):
        return False
    return is_server or (bool(_FAILURE.search(subject)) and not message.get("In-Reply-To"))


def _is_answer(message: Message, subject: str) -> bool:
    """An automatic answer (RFC 3834 §5), by its header or, where there is none, by its subject."""
    automatic = _header(message, "Auto-Submitted").strip().lower().startswith("auto-replied")
    asked = any(message.get(name) for name in ("X-Autoreply", "X-Autorespond", "Vacation"))
    return automatic or asked or bool(_ANSWER.search(subject))


def _told(message: Message, at: datetime | None) -> Iterator[Return]:
    """What a server wrote for people to read."""
    said = _said(message)
    status = status_of(said)
    usual, recipients = _known_formats(message)
    kind = verdict(status, said) or usual
    if kind is None:
        return
    named = [*_ADDRESS.findall(_header(message, "X-Failed-Recipients")), *recipients]
    for recipient in dict.fromkeys(named or _ADDRESS.findall(said)[:1] or [""]):
        yield Return(kind, status, _sentence(said, status, kind), recipient.lower(), at)


def _known_formats(message: Message) -> tuple[Kind | None, list[str]]:
    """What a library that knows many servers makes of it: it only completes our reading."""
    try:
        temporary, permanent = all_failures(message)
    except Exception:  # it reads what anybody may write
        return None, []
    names = sorted(name.decode("utf-8", "replace") for name in {*temporary, *permanent})
    return (Kind.HARD if permanent else Kind.SOFT if temporary else None), names


def _said(message: Message) -> str:
    """The server's own text, without what it quotes."""
    for part in message.walk():
        if part.get_content_maintype() in ("text", "multipart") and not part.is_multipart():
            text = _text(part)
            if part.get_content_subtype() == "html":
                text = re.sub(r"<[^>]{0,2000}>", " ", text)
            quote = _QUOTE.search(text)
            return text[: quote.start() if quote and quote.start() > 20 else 6000][:6000]
    return ""


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        return payload.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return payload.decode("utf-8", "replace")


def _sentence(said: str, status: str, kind: Kind) -> str:
    """The server's reason: from its code on, else the line that speaks of it, else the start."""
    lines = [line for text in said.splitlines() if (line := one_line(text))]
    for number, line in enumerate(lines):
        if (status and status in line) or (not status and by_words(line) is kind):
            shown = " ".join(lines[number : number + 2])
            code = re.search(r"(?<!\d)[45]\d\d[ -]", shown)
            return shown[code.start() if code else 0 :][:500]
    return " ".join(lines[:4])[:500]


def _header(message: Message, name: str) -> str:
    value = message.get(name, "")
    try:
        return str(email.header.make_header(email.header.decode_header(value)))
    except (LookupError, ValueError, UnicodeError):
        return str(value)


def _bare(value: str) -> str:
    found = _ADDRESS.search(value)
    return found[0].lower() if found else ""


def _date(value: object) -> datetime | None:
    try:
        found = email.utils.parsedate_to_datetime(str(value)) if value else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found.replace(tzinfo=found.tzinfo or UTC) if found else None
