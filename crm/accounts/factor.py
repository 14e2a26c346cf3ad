"""The second factor: a code that changes every thirty seconds (RFC 6238), or a recovery code."""

import secrets
from datetime import datetime
from io import BytesIO

import pyotp
import segno
import sqlalchemy as sa
from pyotp.utils import strings_equal
from sqlalchemy.orm import Mapped, mapped_column

from crm import users
from crm.accounts.seal import seal, unseal
from crm.db import Model, change, db, now
from crm.users import User

STEP = 30  # seconds, RFC 6238 §4.1
DRIFT = (0, -1, 1)  # steps accepted: clocks differ, and people type slowly (RFC 6238 §5.2)
CODES = 10
GROUPS, GROUP = 4, 4  # « k7p2-m4xd-9tqa-bcde »
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without what is read for something else


class RecoveryCode(Model):
    """A code for the day the telephone is lost. Its first group says which; the rest is hashed."""

    __tablename__ = "recovery_codes"
    __table_args__ = (sa.UniqueConstraint("user_id", "selector"),)

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    selector: Mapped[str] = mapped_column(sa.String(8))
    code_hash: Mapped[str] = mapped_column(sa.String(200))
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]

    @classmethod
    def left(cls, user: User) -> int:
        """How many may still be used."""
        unused = sa.select(sa.func.count(cls.id)).where(
            cls.user_id == user.id, cls.used_at.is_(None)
        )
        return db.session.scalar(unused) or 0


def propose(user: User) -> None:
    """Draw a secret for `user`; it serves once a first code has shown that they hold it."""
    user.totp_secret, user.totp_confirmed_at = seal(pyotp.random_base32()), None


def secret_of(user: User) -> str | None:
    """The secret in base 32, as an application takes it; None without one, or without its key."""
    return unseal(user.totp_secret) if user.totp_secret else None


def confirm(user: User, code: str) -> list[str] | None:
    """Turn the second factor on if `code` is right; the recovery codes, to be shown once."""
    if not accept(user, code):
        return None
    user.totp_confirmed_at = now()
    return renew_codes(user)


def remove(user: User) -> None:
    """Turn the second factor off, and forget its codes."""
    user.totp_secret = user.totp_confirmed_at = None
    change(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user.id))


def accept(user: User, code: str) -> bool:
    """Whether `code` is the one of this moment. The same one is never accepted twice (§5.2)."""
    secret, typed = secret_of(user), "".join(code.split())
    if secret is None or not typed.isascii() or not typed.isdecimal():
        return False
    present = int(now().timestamp()) // STEP
    totp = pyotp.TOTP(secret)
    for step in (present + drift for drift in DRIFT):
        if strings_equal(typed, totp.generate_otp(step)):
            later = sa.update(User).where(User.id == user.id, User.totp_step < step)
            return bool(change(later.values(totp_step=step)))
    return False


def renew_codes(user: User) -> list[str]:
    """New recovery codes, in place of the former ones: 60 random bits each, hashed as passwords."""
    change(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes: dict[str, str] = {}
    while len(codes) < CODES:
        groups = ["".join(secrets.choice(_LETTERS) for _ in range(GROUP)) for _ in range(GROUPS)]
        codes[groups[0]] = "-".join(groups)
    db.session.add_all(
        RecoveryCode(user_id=user.id, selector=first, code_hash=users.hasher.hash(_squeezed(code)))
        for first, code in codes.items()
    )
    return list(codes.values())


def spend(user: User, typed: str) -> bool:
    """Whether `typed` is a recovery code of `user` not used yet; it is now."""
    code = _squeezed(typed)
    if len(code) != GROUPS * GROUP:
        return False
    mine = RecoveryCode.user_id == user.id, RecoveryCode.selector == code[:GROUP]
    found = db.session.scalar(sa.select(RecoveryCode).where(*mine))
    if found is None or found.used_at or not users.matches(found.code_hash, code):
        return False
    unused = sa.update(RecoveryCode).where(
        RecoveryCode.id == found.id, RecoveryCode.used_at.is_(None)
    )
    return bool(change(unused.values(used_at=now())))


def drawing(user: User, issuer: str) -> bytes | None:
    """The secret as a QR code in SVG, as applications read it; None without a secret."""
    secret = secret_of(user)
    if secret is None:
        return None
    address = pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=issuer)
    out = BytesIO()
    segno.make(address, error="m").save(out, kind="svg", scale=6, border=4, light="#ffffff")
    return out.getvalue()


def _squeezed(typed: str) -> str:
    return "".join(typed.replace("-", " ").split()).lower()
