"""Staff users: who they are, their role, and their password."""

from datetime import datetime
from enum import StrEnum
from typing import Self

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_login import UserMixin
from sqlalchemy.orm import Mapped, mapped_column

from crm.accounts.passwords import PARAMETERS, weakness
from crm.db import Model, db, now

hasher = PasswordHasher.from_parameters(PARAMETERS)  # argon2id


class UserRole(StrEnum):
    ADMIN = "admin"
    COMMUNICATION = "communication"
    OFFICER = "charge_de_mission"
    READER = "lecture"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    UserRole.ADMIN: "administration",
    UserRole.COMMUNICATION: "communication",
    UserRole.OFFICER: "chargé·e de mission",
    UserRole.READER: "lecture seule",
}


class User(UserMixin, Model):
    """Someone of the team, who signs in."""

    __tablename__ = "users"

    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120), default="")
    role: Mapped[UserRole]
    password_hash: Mapped[str] = mapped_column(sa.String(200), default="")  # empty: none chosen
    password_changed_at: Mapped[datetime | None]
    # The second factor (crm.accounts.factor): its sealed secret, and the last step that served.
    totp_secret: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    totp_confirmed_at: Mapped[datetime | None]
    totp_step: Mapped[int] = mapped_column(default=0, server_default="0")
    # Who they are for the identity server (crm.accounts.openid), once they came from there.
    openid_subject: Mapped[str | None] = mapped_column(sa.String(500), index=True, unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    disabled_at: Mapped[datetime | None]
    last_login_at: Mapped[datetime | None]

    @classmethod
    def find(cls, email: str) -> Self | None:
        return db.session.scalar(sa.select(cls).where(cls.email == email.strip().lower()))

    @classmethod
    def everyone(cls) -> sa.Select[Self]:
        return sa.select(cls).order_by(cls.disabled_at.is_not(None), cls.name, cls.email)

    @property
    def is_active(self) -> bool:
        return self.disabled_at is None

    @property
    def answers(self) -> bool:
        """Whether requests may be given to them."""
        return self.role is not UserRole.READER

    @property
    def display_name(self) -> str:
        return self.name or self.email

    @property
    def has_factor(self) -> bool:
        """Whether a code is asked after the password."""
        return self.totp_confirmed_at is not None

    @property
    def is_expected(self) -> bool:
        """Invited, and not come yet."""
        return not self.password_hash and self.last_login_at is None

    def set_password(self, password: str, *words: str) -> None:
        """Keep the argon2id hash of `password`.

        Raises ValueError, in French, when it is too short, or too easy to guess for who knows
        `words` (the network's name) and the person's own.
        """
        if reason := weakness(password, (self.name or "", self.email or "", *words)):
            raise ValueError(reason)
        self.password_hash = hasher.hash(password)
        self.password_changed_at = now()

    def has_password(self, password: str) -> bool:
        return matches(self.password_hash, password)

    def strengthen(self, password: str) -> None:
        """Hash `password`, known to be right, again if the parameters have changed since."""
        if hasher.check_needs_rehash(self.password_hash):
            self.password_hash = hasher.hash(password)


def matches(kept: str, secret: str) -> bool:
    """Whether `kept` is the argon2 hash of `secret`."""
    try:
        return hasher.verify(kept, secret)
    except (VerificationError, InvalidHashError):
        return False
