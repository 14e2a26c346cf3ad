"""What is placed in an issue: an item, or a free block that only this issue has."""

from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Model
from crm.newsletter.issues import Section
from crm.newsletter.items import Item, Picture
from crm.text import cut


class Form(StrEnum):
    """What a placement is: an item of ours, or a block written for one issue."""

    ITEM = "item"
    EDITORIAL = "editorial"
    TEXT = "text"
    PICTURE = "picture"
    QUOTE = "quote"
    BUTTON = "button"
    SEPARATOR = "separator"
    FIGURE = "figure"

    @property
    def label(self) -> str:
        return {
            "item": "contenu", "editorial": "éditorial", "text": "texte", "picture": "image",
            "quote": "citation", "button": "bouton", "separator": "séparateur",
            "figure": "chiffre clé",
        }[self]  # fmt: skip

    @classmethod
    def free(cls) -> list["Form"]:
        """The blocks one may add, in the order they are offered."""
        return [form for form in cls if form is not cls.ITEM]


class Placement(Model):
    """An item and what this issue says instead of it; or a free block."""

    __tablename__ = "placements"
    __table_args__ = (
        sa.UniqueConstraint("section_id", "item_id"),
        sa.CheckConstraint("(form = 'item') = (item_id IS NOT NULL)", name="form"),
    )

    section_id: Mapped[int] = mapped_column(
        sa.ForeignKey("sections.id", ondelete="CASCADE"), index=True
    )
    section: Mapped[Section] = relationship(back_populates="placements")
    form: Mapped[Form] = mapped_column(default=Form.ITEM)
    item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("items.id"), index=True)
    item: Mapped[Item | None] = relationship(lazy="joined")
    position: Mapped[int]
    # Of an item, None: as the item says. Of a block: its title, the words of a button, a figure.
    own_title: Mapped[str | None] = mapped_column(sa.String(300))
    # Of an item, plain text; of an editorial or a text, Markdown.
    own_summary: Mapped[str | None] = mapped_column(sa.Text)
    own_url: Mapped[str] = mapped_column(sa.String(2000), default="")
    # Who signs an editorial, who is quoted, where a figure comes from.
    own_source: Mapped[str] = mapped_column(sa.String(300), default="")
    own_picture_id: Mapped[int | None] = mapped_column(sa.ForeignKey("pictures.id"), index=True)
    own_picture: Mapped[Picture | None] = relationship(lazy="joined")
    own_alt: Mapped[str | None] = mapped_column(sa.String(300))
    # Whether the item's picture is shown in this issue.
    shows_picture: Mapped[bool] = mapped_column(default=True)
    # For whom it is, as crm.newsletter.conditions writes it; nothing: for everybody.
    only: Mapped[dict[str, Any]] = mapped_column(default=dict)

    @property
    def is_free(self) -> bool:
        return self.form is not Form.ITEM

    @property
    def title(self) -> str:
        if self.own_title is not None:
            return self.own_title
        return self.item.title if self.item else ""

    @property
    def summary(self) -> str:
        if self.own_summary is not None:
            return self.own_summary
        return self.item.summary if self.item else ""

    @property
    def url(self) -> str:
        return self.item.url if self.item else self.own_url

    @property
    def picture(self) -> Picture | None:
        if self.item is None:
            return self.own_picture
        return self.item.picture if self.shows_picture else None

    @property
    def alt(self) -> str:
        """What the picture shows, for those who do not see it."""
        if self.own_alt is not None:
            return self.own_alt
        return self.item.picture_alt if self.item else ""

    @property
    def is_blank(self) -> bool:
        """A block that says nothing yet: it is not shown."""
        needs: dict[Form, list[object]] = {
            Form.EDITORIAL: [self.summary], Form.TEXT: [self.summary], Form.QUOTE: [self.summary],
            Form.PICTURE: [self.own_picture], Form.BUTTON: [self.title, self.own_url],
            Form.FIGURE: [self.title],
        }  # fmt: skip
        return not all(needs.get(self.form, []))

    @property
    def name(self) -> str:
        """How the desk calls it: its title, or what it is and its first words."""
        if self.item is not None or self.title:
            return self.title
        words = cut(" ".join((self.summary or self.alt).split()), 60)
        label = self.form.label.capitalize()
        return f"{label}\u00a0: {words}" if words else label

    def reword(self, title: str, summary: str) -> None:
        """Say it otherwise in this issue alone; what equals the item follows the item again."""
        if self.item is None:
            self.own_title, self.own_summary = title, summary
            return
        self.own_title = title if title and title != self.item.title else None
        self.own_summary = summary if summary != self.item.summary else None
