"""Findings: what a check says, how much it weighs, and where to mend it."""

from dataclasses import dataclass
from enum import StrEnum

from crm.newsletter.placements import Placement


class Weight(StrEnum):
    BLOCKING = "blocking"
    ADVICE = "advice"


class Where(StrEnum):
    """The pages where something is mended."""

    TEXTS = "texts"
    PLACEMENT = "placement"
    ITEM = "item"
    SECTION = "section"
    READERS = "readers"
    IDENTITY = "identity"
    RECIPE = "recipe"
    LINK = "link"  # the page of the checks itself
    TYPOGRAPHY = "typography"
    NOWHERE = ""


@dataclass(frozen=True)
class Finding:
    """One thing to look at, in French. `row` is what `where` speaks of: an id of that noun."""

    words: str
    where: Where = Where.NOWHERE
    row: int | None = None
    weight: Weight = Weight.ADVICE
    detail: str = ""

    @property
    def is_blocking(self) -> bool:
        return self.weight is Weight.BLOCKING


def quoted(text: str, length: int = 70) -> str:
    """« Titre », shortened when it is long."""
    text = " ".join(text.split())
    short = text if len(text) <= length else text[: length - 1].rstrip() + "…"
    return f"«\u00a0{short}\u00a0»"


def on_item(placement: Placement, words: str, weight: Weight = Weight.ADVICE) -> Finding:
    """Something that is mended where the item itself is; a free block, where it is placed."""
    if placement.item_id is None:
        return Finding(words, Where.PLACEMENT, placement.id, weight)
    return Finding(words, Where.ITEM, placement.item_id, weight)
