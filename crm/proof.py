"""Proof of work: a little computing that a browser does alone, and that costs a robot dearly.

The protocol is ALTCHA's (version 1), so a site that draws its own form may use any of its clients:
find the number below `maxnumber` whose SHA-256, after the salt, is the challenge. Nothing is asked
of the person, and no third party is called.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm.config import Settings
from crm.db import Model, add_once, change, now
from crm.jobs import every

ALGORITHM = "SHA-256"
# One second or so on a laptop, five on an old phone: less than typing a name.
MAX_NUMBER = 50_000
# Someone may take the whole morning to fill in a form.
LIFE = timedelta(hours=4)
MAX_PAYLOAD = 2000  # characters


class UsedProof(Model):
    """A challenge that was answered: it opens one form, once."""

    __tablename__ = "used_proofs"

    challenge: Mapped[str] = mapped_column(sa.String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


def challenge(max_number: int = MAX_NUMBER) -> dict[str, Any]:
    """A new challenge, as the protocol words it. Nothing is kept: its signature says it is ours."""
    expires = int((now() + LIFE).timestamp())
    salt = f"{secrets.token_hex(12)}?expires={expires}"
    digest = _digest(salt, secrets.randbelow(max_number))
    return {
        "algorithm": ALGORITHM,
        "challenge": digest,
        "maxnumber": max_number,
        "salt": salt,
        "signature": _sign(digest, Settings.current().keys[0]),
    }


def issued_at(payload: str) -> datetime | None:
    """When the challenge that this payload answers was given, if it is one of ours."""
    answer = _read(payload)
    return None if answer is None else _expiry(answer["salt"]) - LIFE


def accept(payload: str) -> bool:
    """Whether the work was done, for a challenge of ours, in time, and for the first time."""
    answer = _read(payload)
    if answer is None:
        return False
    expires = _expiry(answer["salt"])
    found = _digest(answer["salt"], answer["number"])
    if expires < now() or not hmac.compare_digest(found, answer["challenge"]):
        return False
    return add_once(UsedProof, challenge=found, expires_at=expires)


@every(hours=1)
def forget_used_proofs() -> None:
    """Forget the challenges that nobody can answer any more."""
    change(sa.delete(UsedProof).where(UsedProof.expires_at < now()))


def _read(payload: str) -> dict[str, Any] | None:
    """The answer in this payload, if it is well made and about a challenge that we signed."""
    if not payload or len(payload) > MAX_PAYLOAD:
        return None
    try:
        answer = json.loads(base64.b64decode(payload, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None
    return answer if _is_ours(answer) else None


def _is_ours(answer: Any) -> bool:
    texts = ("algorithm", "challenge", "salt", "signature")
    if not isinstance(answer, dict) or type(answer.get("number")) is not int:
        return False
    if not all(isinstance(answer.get(name), str) and answer[name].isascii() for name in texts):
        return False
    signed = any(
        hmac.compare_digest(_sign(answer["challenge"], key), answer["signature"])
        for key in Settings.current().keys
    )
    return signed and answer["algorithm"] == ALGORITHM and "expires=" in answer["salt"]


def _expiry(salt: str) -> datetime:
    """When a challenge ends. A salt that was tampered with ends long ago."""
    found = parse_qs(salt.partition("?")[2]).get("expires", ["0"])[0]
    seconds = int(found) if found.isdecimal() and len(found) < 12 else 0
    return datetime.fromtimestamp(seconds, tz=now().tzinfo)


def _digest(salt: str, number: int) -> str:
    return hashlib.sha256(f"{salt}{number}".encode()).hexdigest()


def _sign(text: str, key: str) -> str:
    return hmac.digest(f"preuve\0{key}".encode(), text.encode(), "sha256").hex()
