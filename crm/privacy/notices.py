"""Notices: what the law wants visitors to be told, completed on a page of the settings.

Legal notice: loi n° 2004-575 (LCEN), art. 1-1. Privacy: RGPD art. 12 to 14.
"""

from datetime import datetime
from typing import Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm.db import Model, db, now


class Notice(Model):
    """Who publishes the site, who hosts it, and whom to ask about one’s data."""

    __tablename__ = "notices"

    legal_form: Mapped[str] = mapped_column(sa.String(300), default="")
    publisher: Mapped[str] = mapped_column(sa.String(200), default="")
    host: Mapped[str] = mapped_column(sa.Text, default="")
    officer: Mapped[str] = mapped_column(sa.String(200), default="")
    officer_email: Mapped[str] = mapped_column(sa.String(254), default="")
    processors: Mapped[str] = mapped_column(sa.Text, default="")
    legal_more: Mapped[str] = mapped_column(sa.Text, default="")
    privacy_more: Mapped[str] = mapped_column(sa.Text, default="")
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)

    @classmethod
    def current(cls) -> Self:
        """What was written; blanks when nothing was."""
        return db.session.scalar(sa.select(cls).limit(1)) or cls(**dict.fromkeys(TEXTS, ""))

    @property
    def missing(self) -> list[str]:
        """What the law asks for and nobody has written yet, in French."""
        return [label for name, label in WANTED.items() if not getattr(self, name)]


TEXTS = ("legal_form", "publisher", "host", "officer", "officer_email", "processors",
         "legal_more", "privacy_more")  # fmt: skip
WANTED = {
    "publisher": "qui dirige la publication",
    "host": "qui héberge le site",
    "officer_email": "à qui écrire pour ses données",
}
