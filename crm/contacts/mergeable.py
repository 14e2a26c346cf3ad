"""Mergeable: a card that may turn out to be the same as another, and then leads to it."""

from typing import Any, Self

from sqlalchemy.orm import Mapped

# On a foreign key: what it points from stays where it is when the card is merged into another.
STAYS: dict[Any, Any] = {"stays": True}


class Mergeable:
    """A contact that can be merged into another. It keeps its row and its address."""

    merged_into_id: Mapped[int | None]
    merged_into: Mapped[Any]

    @property
    def survivor(self) -> Self:
        """The card this one has become, through every merge; itself when it was never merged."""
        card = self
        while card.merged_into is not None:
            card = card.merged_into
        return card
