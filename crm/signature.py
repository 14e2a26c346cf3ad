"""Signing what leaves (DKIM, RFC 6376), where no relay does it: a key in a file, its public half
in the DNS.
"""

import base64
import re
from email.utils import parseaddr
from functools import cache
from pathlib import Path

import dkim
from dkim.crypto import parse_pem_private_key

from crm.config import Settings
from crm.environment import SettingError

# Mail providers want the way of leaving to be signed too (RFC 8058 §4).
HEADERS = (
    b"from", b"to", b"reply-to", b"subject", b"date", b"message-id", b"mime-version",
    b"content-type", b"list-id", b"list-unsubscribe", b"list-unsubscribe-post", b"auto-submitted",
)  # fmt: skip


def signed(message: bytes, settings: Settings) -> bytes:
    """`message`, in wire form, with its signature in front when CRM_DKIM_KEY is set.

    Raises SettingError when the key cannot be used.
    """
    if settings.dkim_key is None:
        return message
    # The dots that travel doubled (RFC 5321 §4.5.2) are not part of what is signed.
    text = re.sub(rb"(?m)^\.\.", b".", message)
    header = dkim.sign(
        text,
        settings.dkim_selector.encode(),
        domain(settings).encode(),
        _key(settings.dkim_key),
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=[name for name in HEADERS if _has(text, name)],
    )
    return bytes(header) + message


def check(settings: Settings) -> None:
    """Make sure that what is to be signed can be. Raises SettingError."""
    if settings.dkim_key is not None:
        _key(settings.dkim_key)


def domain(settings: Settings) -> str:
    """The domain that answers for our letters: that of CRM_MAIL_FROM, in ASCII."""
    found = parseaddr(settings.mail_from)[1].rpartition("@")[2].lower()
    try:
        return found.encode("idna").decode()
    except UnicodeError:
        return found


def public_record(file: Path) -> str:
    """What the DNS must say for this key (RFC 6376 §3.6.1): « v=DKIM1; k=rsa; p=… »."""
    key = parse_pem_private_key(_key(file))
    parts = _integer(key["modulus"]) + _integer(key["publicExponent"])
    bits = b"\x00" + _sequence(parts)
    # The object identifier of RSA, then the key in a bit string (RFC 8017 appendix A.1).
    algorithm = _sequence(bytes.fromhex("06092a864886f70d010101") + b"\x05\x00")
    whole = _sequence(algorithm + b"\x03" + _length(len(bits)) + bits)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(whole).decode()}"


@cache
def _key(file: Path) -> bytes:
    try:
        content = file.read_bytes()
        parse_pem_private_key(content)
    except (OSError, ValueError, KeyError, IndexError, dkim.DKIMException) as error:
        raise SettingError(
            f"CRM_DKIM_KEY\u00a0: {file.name} n’est pas une clef RSA lisible (openssl genrsa 2048)."
        ) from error
    return content


def _has(message: bytes, name: bytes) -> bool:
    head = message.partition(b"\r\n\r\n")[0]
    return re.search(rb"(?mi)^" + re.escape(name) + rb":", head) is not None


def _integer(value: int) -> bytes:
    raw = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return b"\x02" + _length(len(raw)) + raw


def _sequence(content: bytes) -> bytes:
    return b"\x30" + _length(len(content)) + content


def _length(size: int) -> bytes:
    if size < 128:
        return bytes([size])
    raw = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(raw)]) + raw
