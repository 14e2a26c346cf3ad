"""Links sent by mail that let one choose a password, once: invitations and resets."""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.sessions import digest
from crm.config import Settings
from crm.db import Model, change, db, now
from crm.jobs import every
from crm.users import User


class LinkKind(StrEnum):
    RESET = "reset"
    INVITATION = "invitation"


LASTS = {LinkKind.RESET: timedelta(hours=1), LinkKind.INVITATION: timedelta(days=7)}


class AccountLink(Model):
    """One link. Its token, of 256 random bits, is in the mail only."""

    __tablename__ = "account_links"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    kind: Mapped[LinkKind]
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()

    @classmethod
    def find(cls, token: str) -> Self | None:
        """The link of this token, when it still opens something."""
        found = db.session.scalar(sa.select(cls).where(cls.token_hash == digest(token)))
        return found if found is not None and found.is_open else None

    @property
    def is_open(self) -> bool:
        return self.used_at is None and now() < self.expires_at and self.user.is_active

    def use(self) -> bool:
        """Use it up; False when it already was, were it a moment ago."""
        unused = sa.update(AccountLink).where(
            AccountLink.id == self.id, AccountLink.used_at.is_(None)
        )
        return bool(change(unused.values(used_at=now())))


def new_link(user: User, kind: LinkKind) -> tuple[AccountLink, str]:
    """A link, not yet in the database, and its address."""
    token = secrets.token_urlsafe(32)
    link = AccountLink(
        user_id=user.id, kind=kind, token_hash=digest(token), expires_at=now() + LASTS[kind]
    )
    return link, f"{Settings.current().base_url}/connexion/lien/{token}"


def cancel(user: User) -> None:
    """None of the links sent so far opens anything any more."""
    change(sa.delete(AccountLink).where(AccountLink.user_id == user.id))


@every(hours=6)
def forget_links() -> None:
    """Delete what has expired."""
    change(sa.delete(AccountLink).where(AccountLink.expires_at < now()))
