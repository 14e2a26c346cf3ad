"""How often one may try: counted in the database, so that no restart nor other process forgets.

Addresses and accounts are kept as keyed digests, thirty days at most.
"""

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm.config import Settings
from crm.db import Model, change, db, in_turn, now
from crm.jobs import every

MEMORY = timedelta(days=30)


class Try(StrEnum):
    """What is tried."""

    PASSWORD = "password"  # noqa: S105 — a name
    CODE = "code"
    RESET = "reset"


@dataclass(frozen=True)
class Limit:
    """Failures allowed in `window`, for one account and from one address."""

    window: timedelta
    account: int
    address: int


# An office of fifteen people has one address: it may be wrong more often than one account.
LIMITS = {
    Try.PASSWORD: Limit(timedelta(minutes=15), account=10, address=30),
    Try.CODE: Limit(timedelta(minutes=15), account=5, address=30),
    Try.RESET: Limit(timedelta(hours=1), account=3, address=10),
}


class TooMany(Exception):
    """Too many attempts; `wait` is how long the window lasts. `first`: nobody was told yet."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(f"{wait.total_seconds():.0f} s")


class Attempt(Model):
    """Someone tried to sign in. It counts as failed until it is known not to be."""

    __tablename__ = "attempts"
    __table_args__ = (
        sa.Index("ix_attempts_kind_account_at", "kind", "account", "at"),
        sa.Index("ix_attempts_kind_address_at", "kind", "address", "at"),
    )

    kind: Mapped[Try]
    account: Mapped[str] = mapped_column(sa.String(32))
    address: Mapped[str] = mapped_column(sa.String(32))
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    succeeded: Mapped[bool] = mapped_column(default=False)


def take(kind: Try, email: str, address: str) -> Attempt:
    """Note that this account is tried from this address.

    Raises TooMany, and notes nothing, when it was tried too often: who insists does not make it
    last. Commits, so that attempts made at once count too.
    """
    attempt = Attempt(kind=kind, account=_digest(email.strip().lower()), address=_place(address))
    in_turn("essais")
    full = _is_full(attempt, LIMITS[kind])
    if not full:
        db.session.add(attempt)
    db.session.commit()
    if full:
        raise TooMany(LIMITS[kind].window)
    return attempt


def failures(kind: Try, email: str) -> int:
    """How many attempts on this account failed in the window."""
    since = now() - LIMITS[kind].window
    account = _digest(email.strip().lower())
    return _count(Attempt.kind == kind, Attempt.account == account, Attempt.at > since)


@every(hours=6)
def forget_attempts() -> None:
    """Forget who tried what."""
    change(sa.delete(Attempt).where(Attempt.at < now() - MEMORY))


def _is_full(attempt: Attempt, limit: Limit) -> bool:
    lately = (Attempt.kind == attempt.kind, Attempt.at > now() - limit.window)
    same_account, same_address = (
        Attempt.account == attempt.account,
        Attempt.address == attempt.address,
    )
    if _count(same_address, *lately) >= limit.address:
        return True
    # Where the right password came from before, others' errors do not count: nobody can lock
    # somebody else out of their own desk.
    known = Attempt.kind == attempt.kind, same_account, same_address, Attempt.succeeded.is_(True)
    if db.session.scalar(sa.select(sa.exists().where(*known))):
        return _count(same_account, same_address, *lately) >= limit.account
    return _count(same_account, *lately) >= limit.account


def _count(*where: sa.ColumnElement[bool]) -> int:
    failed = sa.select(sa.func.count(Attempt.id)).where(*where, Attempt.succeeded.is_(False))
    return db.session.scalar(failed) or 0


def _place(address: str) -> str:
    """The digest of an IPv4 address, or of the /64 that one subscriber has in IPv6."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return _digest("")
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    bits = 32 if parsed.version == 4 else 64
    return _digest(str(ipaddress.ip_network(f"{parsed}/{bits}", strict=False)))


def _digest(text: str) -> str:
    secret = f"essais\0{Settings.current().secret_key}".encode()
    return hmac.new(secret, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]
