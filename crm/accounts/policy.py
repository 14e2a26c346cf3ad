"""Who must give a second factor to sign in: the one row that says it."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm.db import Model, db, now
from crm.users import UserRole


class Asked(StrEnum):
    """Of whom a second factor is asked."""

    NOBODY = "personne"
    ADMINS = "administration"
    EVERYONE = "equipe"

    @property
    def label(self) -> str:
        return _LABELS[self]

    def covers(self, role: UserRole) -> bool:
        return self is Asked.EVERYONE or (self is Asked.ADMINS and role is UserRole.ADMIN)


_LABELS = {
    Asked.NOBODY: "À personne\u00a0: chacun·e choisit",
    Asked.ADMINS: "À l’administration",
    Asked.EVERYONE: "À toute l’équipe",
}


class SignInPolicy(Model):
    """What the network asks of those who sign in."""

    __tablename__ = "sign_in_policy"

    second_factor: Mapped[Asked] = mapped_column(default=Asked.NOBODY)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)

    @classmethod
    def current(cls) -> "SignInPolicy":
        return db.session.scalar(sa.select(cls).limit(1)) or cls(second_factor=Asked.NOBODY)
