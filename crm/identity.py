"""« Identité du réseau »: what makes the site and the letters those of one network."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm.db import Model, db, now

BRAND = "#0b6e69"
ATTENTION = "#b4531c"


class Identity(Model):
    """The one row that says who writes: on public pages, in mails, in files."""

    __tablename__ = "identity"

    name: Mapped[str] = mapped_column(sa.String(200), default="Notre réseau")
    short_name: Mapped[str] = mapped_column(sa.String(60), default="Notre réseau")
    tagline: Mapped[str] = mapped_column(sa.String(300), default="")
    postal_address: Mapped[str] = mapped_column(sa.Text, default="")
    email: Mapped[str] = mapped_column(sa.String(254), default="")
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    website: Mapped[str] = mapped_column(sa.String(500), default="")
    brand: Mapped[str] = mapped_column(sa.String(7), default=BRAND)
    attention: Mapped[str] = mapped_column(sa.String(7), default=ATTENTION)
    logo: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True)
    logo_type: Mapped[str] = mapped_column(sa.String(30), default="")
    logo_width: Mapped[int | None]
    logo_height: Mapped[int | None]
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)

    @classmethod
    def current(cls) -> "Identity":
        """The network's identity; a new one, with the defaults, when none was saved."""
        return db.session.scalar(sa.select(cls).limit(1)) or cls.default()

    @classmethod
    def default(cls) -> "Identity":
        """What a network is called before it says."""
        return cls(
            name="Notre réseau", short_name="Notre réseau", tagline="", postal_address="",
            email="", phone="", website="", brand=BRAND, attention=ATTENTION, logo_type="",
            updated_at=now(),
        )  # fmt: skip

    @property
    def version(self) -> int:
        """Changes with each edit: browsers keep the style sheet and the logo until then."""
        return int(self.updated_at.timestamp())
