"""One issue's message, encoded once: each recipient's own pieces are only spliced into it."""

import base64
import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, parseaddr
from typing import Protocol

from email_validator import EmailNotValidError, validate_email

from crm import signature
from crm.config import Settings
from crm.filters import local
from crm.newsletter.content import Content
from crm.newsletter.counting.lead import pixel
from crm.newsletter.readers import links
from crm.newsletter.render import LEAVE_MARK, PREFERENCES_MARK, Letter
from crm.smtp import wire
from crm.text import one_line
from crm.tokens import Signer

# « =_ » is never valid in quoted-printable: no part can contain the line that ends it.
BOUNDARY = "=_maillage_=_numero_="
_LINE = 75  # columns of encoded text; the « = » of a soft break makes 76 (RFC 2045 §6.7)
# Bytes in one encoded word: its header line stays under 76 columns (RFC 2047 §2), after « To: »
# or after a longer name.
_WORD, _SHORT_WORD = 45, 39

_SLOT = re.compile("\0([a-z]+)\0")
_TO_ENCODE = re.compile(rb"[^\t !-<>-~]|[\t ]\Z|\AFrom(?= )")
_ATOMS = re.compile(r"[A-Za-z0-9][A-Za-z0-9 '-]{0,50}")
_ADDRESS = re.compile(
    r"(?P<dot>[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*)@[\w-]+(?:\.[\w-]+)*", re.ASCII
)


class Unwritable(ValueError):
    """No message can be written to this recipient; the reason, in French."""


class Recipient(Protocol):
    """Whom a message is for."""

    @property
    def delivery_id(self) -> int: ...
    @property
    def subscription_id(self) -> int: ...
    @property
    def email(self) -> str: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Sender:
    """Who writes: the name readers see, and the address that answers for it."""

    name: str
    address: str

    @classmethod
    def of(cls, settings: Settings, *names: str) -> "Sender":
        """The address of CRM_MAIL_FROM under the first of `names` that is not empty."""
        own, address = parseaddr(settings.mail_from)
        return cls(next((name for name in names if name), own), address)


class Message:
    """What everybody receives, in wire form, with slots for what is each recipient's own."""

    def __init__(
        self,
        letter: Letter,
        content: Content,
        sender: Sender,
        settings: Settings,
        at: datetime,
        measured: Set[int] = frozenset(),
    ) -> None:
        """Encode `letter` once. `at` dates it: the same for a first try and for the last one.

        `measured` holds the subscriptions whose owners agree to be seen opening it. Raises
        SettingError when it is to be signed with a key that cannot be used.
        """
        signature.check(settings)
        self._measured, self._settings = measured, settings
        self.sender = sender.address
        host = _ascii_host(settings.host)
        self._returns = settings.bounces_mail.partition("*")
        self._returns_signer = links.signer(settings.keys, "retour", folded=True)
        self._identify = (f"<{content.slug}.{content.number}.", f"@{host}>")
        self._signers = [
            links.signer(settings.keys, purpose)
            for purpose in ("message", links.LEAVE, links.PREFERENCES)
        ]
        head = _head(letter, content, sender, host, settings, at)
        whole = wire((head + _body(letter, settings, bool(measured))).encode()).decode()
        self._pieces = [piece.encode() for piece in _SLOT.split(whole)]
        self._slots = [
            (place, piece.decode())
            for place, piece in enumerate(self._pieces)
            if place % 2  # `split` puts the name of a slot between two pieces
        ]

    def to(self, recipient: Recipient, address: str) -> bytes:
        """The message for one recipient, at the `envelope_address` of his e-mail."""
        identifier, leave, preferences = self._tokens(recipient)
        own = {
            "to": mailbox(recipient.name, address).encode(),
            "identifier": identifier.join(self._identify).encode(),
            "delivery": identifier.encode(),
            "leave": leave.encode(),
            "preferences": preferences.encode(),
            "pixel": self._pixel(recipient).encode(),
        }
        pieces = self._pieces.copy()
        for place, slot in self._slots:
            pieces[place] = own[slot]
        return signature.signed(b"".join(pieces), self._settings)

    def _pixel(self, recipient: Recipient) -> str:
        if recipient.subscription_id not in self._measured:
            return ""
        token = links.signer(self._settings.keys, links.OPENED).sign(recipient.delivery_id)
        picture = pixel(f"{links.prefix(self._settings, links.OPENED)}{token}.gif")
        # In wire form too: a line that begins with a dot has two (RFC 5321 §4.5.2).
        return "\r\n".join(f".{line}" if line[0] == "." else line for line in _quoted(picture))

    def envelope_sender(self, recipient: Recipient) -> str:
        """The address that refusals of this message come back to (RFC 5321 §4.4).

        Where the setting has a « * », it says whom they concern: one address for each delivery.
        """
        before, star, after = self._returns
        token = self._returns_signer.sign(recipient.delivery_id) if star else ""
        return f"{before}{token}{after}" or self.sender

    def _tokens(self, recipient: Recipient) -> Iterator[str]:
        numbers = (recipient.delivery_id, recipient.subscription_id, recipient.subscription_id)
        return map(Signer.sign, self._signers, numbers)


# The messages of one issue: by the bits of their readers, one for all of those who read the same.
Messages = Mapping[int, Message]


def mailbox(name: str, address: str, word: int = _WORD) -> str:
    """« Awa Diallo <awa@example.org> » as a header carries it (RFC 5322 §3.4, RFC 2047)."""
    phrase = _phrase(one_line(name), word)
    return f"{phrase}\r\n <{address}>" if phrase else address


def envelope_address(email: str) -> str:
    """The address as servers want it: its domain in ASCII (RFC 5890). Raises Unwritable."""
    if len(email) <= 254 and _ADDRESS.fullmatch(email):
        return email
    try:
        found = validate_email(email, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise Unwritable("cette adresse n’est pas complète ou pas valable") from error
    return found.ascii_email or f"{found.local_part}@{found.ascii_domain}"


def _head(
    letter: Letter, content: Content, sender: Sender, host: str, settings: Settings, at: datetime
) -> str:
    fields = {
        "From": mailbox(sender.name, sender.address, _SHORT_WORD),
        "To": "\0to\0",
        "Subject": _unstructured(letter.subject),
        "Date": format_datetime(local(at)),
        # The same at each try: a mailbox that gets it twice may keep one.
        "Message-ID": "\0identifier\0",
        # What comes back without its envelope still says which delivery it was.
        "X-Maillage-Delivery": "\0delivery\0",
        # RFC 2369, and RFC 8058: one POST, without any question, is enough to leave.
        "List-Unsubscribe": f"<{links.prefix(settings, links.LEAVE)}\0leave\0>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        # RFC 2919
        "List-Id": mailbox(content.publication, f"{content.slug}.{host}", _SHORT_WORD),
        # No RFC defines Precedence, yet RFC 3834 §2 and RFC 5230 §4.6 have automatic answers keep
        # quiet before « bulk », as before an Auto-Submitted other than « no » (RFC 3834 §5).
        "Precedence": "bulk",
        "Auto-Submitted": "auto-generated",
        "Content-Language": "fr",  # RFC 3282
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="{BOUNDARY}"',
    }
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items())


def _body(letter: Letter, settings: Settings, is_measured: bool) -> str:
    parts = (("plain", letter.text), ("html", letter.html))
    return "".join(
        f"\r\n--{BOUNDARY}\r\n"
        f'Content-Type: text/{kind}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        f"{_encoded(_slotted(text, settings, is_measured))}"
        for kind, text in parts
    ) + f"\r\n--{BOUNDARY}--\r\n"  # fmt: skip


def _slotted(text: str, settings: Settings, is_measured: bool) -> str:
    """`text` with a slot where each recipient's token goes, after what all links begin with."""
    leave = f"{links.prefix(settings, links.LEAVE)}\0leave\0"
    preferences = f"{links.prefix(settings, links.PREFERENCES)}\0preferences\0"
    text = text.replace("\0", "").replace(LEAVE_MARK, leave)
    text = text.replace(PREFERENCES_MARK, preferences)
    return text.replace("</body>", "\0pixel\0</body>") if is_measured else text


def _encoded(text: str) -> str:
    """`text` in quoted-printable (RFC 2045 §6.7), each slot alone on its line."""
    pieces = _SLOT.split(text)
    return "=\r\n".join(
        f"\0{piece}\0" if place % 2 else "\r\n".join(_quoted(piece))
        for place, piece in enumerate(pieces)
    )


def _quoted(text: str) -> Iterator[str]:
    for line in re.split("\r\n|\r|\n", text):
        raw = _TO_ENCODE.sub(_hexadecimal, line.encode("utf-8", "replace")).decode()
        while len(raw) > _LINE:
            end = _LINE
            if "=" in raw[end - 2 : end]:  # a code of three characters is never cut
                end = raw.rindex("=", 0, end)
            yield raw[:end] + "="
            raw = raw[end:]
        yield raw


def _hexadecimal(found: re.Match[bytes]) -> bytes:
    # Only the first letter of « From »: old mailboxes take such a line for a new message.
    return f"={found[0][0]:02X}".encode() + found[0][1:]


def _phrase(text: str, size: int) -> str:
    if _ATOMS.fullmatch(text):
        return text.strip()
    return "\r\n ".join(
        f"=?utf-8?b?{base64.b64encode(word).decode()}?=" for word in _words(text, size)
    )  # fmt: skip


def _words(text: str, size: int) -> Iterator[bytes]:
    """`text` in pieces of whole characters, since each encoded word is read on its own."""
    whole = text.encode("utf-8", "replace")
    if len(whole) <= size:
        yield whole
        return
    word = b""
    for character in text:
        raw = character.encode("utf-8", "replace")
        if len(word) + len(raw) > size:
            yield word
            word = b""
        word += raw
    if word:
        yield word


def _unstructured(text: str) -> str:
    charset = "us-ascii" if text.isascii() else "utf-8"
    return Header(one_line(text), charset, header_name="Subject").encode(linesep="\r\n")


def _ascii_host(host: str) -> str:
    try:
        return "localhost" if ":" in host else host.encode("idna").decode()
    except UnicodeError:
        return "localhost"
