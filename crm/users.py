"""Staff users: who they are, their role, and their password."""

from datetime import datetime
from enum import StrEnum
from typing import Self

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_login import UserMixin
from sqlalchemy.orm import Mapped, mapped_column

from crm.db import Model, db, now

MIN_PASSWORD = 12  # CNIL, délibération 2022-100: 12 characters at least when nothing else helps

hasher = PasswordHasher()  # argon2id


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
    password_hash: Mapped[str] = mapped_column(sa.String(200))
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

    def set_password(self, password: str) -> None:
        """Keep the argon2id hash of `password`.

        Raises ValueError, in French, when it is too short.
        """
        if len(password) < MIN_PASSWORD:
            raise ValueError(f"Le mot de passe compte au moins {MIN_PASSWORD} caractères.")
        self.password_hash = hasher.hash(password)

    def has_password(self, password: str) -> bool:
        try:
            return hasher.verify(self.password_hash, password)
        except (VerificationError, InvalidHashError):
            return False
