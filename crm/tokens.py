"""Personal links: signed, unguessable, still valid years later and after a change of secret."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

_SIGNATURE = 16  # bytes: 128 bits


class Signer:
    """Signs integers (row ids) for one purpose and reads them back.

    `keys` holds the present secret first, then the old ones, which are still accepted. `folded`
    tokens survive what changes capitals, as mail servers may do with addresses.
    """

    def __init__(self, keys: Sequence[str], purpose: str, *, folded: bool = False) -> None:
        self._keys = [hashlib.sha256(f"{purpose}\0{key}".encode()).digest() for key in keys]
        self._encode, self._decode = (_fold, _unfold) if folded else (_encode, _decode)

    def sign(self, number: int) -> str:
        """A token of about 30 URL-safe characters for `number` (0 ≤ number < 2⁶⁴); 39 at most."""
        raw = number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")
        return self._encode(raw + _signature(self._keys[0], raw))

    def read(self, token: str) -> int | None:
        """The number that was signed, or None when the token is not one of ours."""
        raw = self._decode(token)
        if raw is None or not _SIGNATURE < len(raw) <= _SIGNATURE + 8:
            return None
        number, signature = raw[:-_SIGNATURE], raw[-_SIGNATURE:]
        if any(hmac.compare_digest(signature, _signature(key, number)) for key in self._keys):
            return int.from_bytes(number, "big")
        return None


def _signature(key: bytes, raw: bytes) -> bytes:
    return hmac.digest(key, raw, "sha256")[:_SIGNATURE]


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(token: str) -> bytes | None:
    if not token.isascii() or len(token) > 64:
        return None
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    # Base64 leaves spare bits at the end: one number has one token only.
    return raw if _encode(raw) == token else None


def _fold(raw: bytes) -> str:
    return base64.b32encode(raw).rstrip(b"=").decode().lower()


def _unfold(token: str) -> bytes | None:
    if not token.isascii() or len(token) > 64:
        return None
    try:
        raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except (binascii.Error, ValueError):
        return None
    return raw if _fold(raw) == token.lower() else None
