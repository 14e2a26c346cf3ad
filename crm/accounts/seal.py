"""Small secrets kept in the database, sealed with keys that are not in it."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crm.config import Settings


def seal(secret: str) -> bytes:
    """`secret`, readable only with the secret key of the settings (Fernet: AES and HMAC)."""
    return _box().encrypt(secret.encode())


def unseal(sealed: bytes) -> str | None:
    """What was sealed, with the present key or an old one; None when none of them opens it."""
    try:
        return _box().decrypt(sealed).decode()
    except InvalidToken:
        return None


def _box() -> MultiFernet:
    return MultiFernet([Fernet(_key(key)) for key in Settings.current().keys])


def _key(secret: str) -> bytes:
    derived = HKDF(SHA256(), length=32, salt=None, info=b"second facteur").derive(secret.encode())
    return base64.urlsafe_b64encode(derived)
