"""Sessions: one row for each browser where someone is signed in, which can be ended from here."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from crm.db import Model, change, db, now
from crm.jobs import every, job
from crm.users import User

# How long a session lasts, and how long it may stay unused: a working day, or a month on a computer
# that is said to be one's own.
LASTS, IDLE = timedelta(hours=12), timedelta(hours=4)
LASTS_REMEMBERED, IDLE_REMEMBERED = timedelta(days=30), timedelta(days=14)
WAITS_FOR_CODE = timedelta(minutes=10)
# How long one is taken at one's word before the most sensitive acts.
FRESH = timedelta(minutes=15)
FRESH_FORM = timedelta(minutes=45)  # for a form opened in that time
SEEN_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class Browser:
    """Where a request comes from: its address, and the device in words."""

    address: str = ""
    device: str = ""


class UserSession(Model):
    """Someone signed in somewhere. `proven_at` is None while the second factor is awaited."""

    __tablename__ = "user_sessions"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    key_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    device: Mapped[str] = mapped_column(sa.String(80), default="")
    remembered: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    proven_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()

    @classmethod
    def begin(cls, user: User, browser: Browser, *, remembered: bool, proven: bool) -> Self:
        """A new session; `renew` gives the key that opens it."""
        start = now()
        return cls(
            user=user,
            device=browser.device,
            remembered=remembered,
            created_at=start,
            seen_at=start,
            expires_at=start + (LASTS_REMEMBERED if remembered else LASTS),
            proven_at=start if proven else None,
        )

    @classmethod
    def of_key(cls, key: str) -> sa.Select[Self]:
        """The session that this key opens, with its user."""
        return sa.select(cls).where(cls.key_hash == digest(key)).options(joinedload(cls.user))

    @classmethod
    def of_user(cls, user: User) -> sa.Select[Self]:
        """The sessions one can still use, the latest first."""
        return (
            sa.select(cls)
            .where(cls.user_id == user.id, cls.proven_at.is_not(None), cls.expires_at > now())
            .order_by(cls.seen_at.desc(), cls.id.desc())
        )

    @property
    def is_open(self) -> bool:
        """Whether it has neither ended nor been left unused too long; its user may still come."""
        idle = IDLE_REMEMBERED if self.remembered else IDLE
        waited_enough = self.proven_at is None and now() > self.created_at + WAITS_FOR_CODE
        in_time = now() < min(self.expires_at, self.seen_at + idle)
        return in_time and not waited_enough and self.user.is_active

    def is_fresh(self, *, form: bool = False) -> bool:
        """Whether the password or a code was given lately (`form`: to send what was shown)."""
        return self.proven_at is not None and now() < self.proven_at + (
            FRESH_FORM if form else FRESH
        )

    def prove(self) -> str:
        """Who this is has just been proven: the new key of the session."""
        self.proven_at = self.seen_at = now()
        return self.renew()

    def renew(self) -> str:
        """Change the key, of 256 random bits: whoever had the former one has nothing."""
        key = secrets.token_urlsafe(32)
        self.key_hash = digest(key)
        return key


def digest(key: str) -> str:
    """What is kept of a key: it opens nothing by itself (ASVS 7.2.3, 11.4)."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def end_all(user: User, but: int | None = None) -> int:
    """End the sessions of `user`, except the one whose row is `but`; how many there were."""
    mine = UserSession.user_id == user.id
    return change(sa.delete(UserSession).where(mine, UserSession.id != (but or 0)))


@job
def note_seen(session_id: int) -> None:
    """Remember that a session serves: pages that only read do not write it themselves."""
    change(sa.update(UserSession).where(UserSession.id == session_id).values(seen_at=now()))


@every(hours=6)
def forget_sessions() -> None:
    """Delete what has ended."""
    unused = sa.or_(
        UserSession.expires_at < now(),
        UserSession.seen_at < now() - IDLE_REMEMBERED,
        sa.and_(UserSession.remembered.is_(False), UserSession.seen_at < now() - IDLE),
        sa.and_(UserSession.proven_at.is_(None), UserSession.created_at < now() - WAITS_FOR_CODE),
    )
    change(sa.delete(UserSession).where(unused))


def sign_in_session(user: User, browser: Browser) -> tuple[UserSession, str]:
    """A session already proven, and its key: for who came by a door that proves all by itself."""
    opened = UserSession.begin(user, browser, remembered=False, proven=True)
    key = opened.renew()
    db.session.add(opened)
    return opened, key
