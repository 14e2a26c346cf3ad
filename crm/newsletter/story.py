"""Stories: an item as a letter tells it, shortened to the room there is, dated, safely linked."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from crm.filters import day
from crm.newsletter.content import Block, Content, Image, Part
from crm.newsletter.feeds.addresses import web_address
from crm.newsletter.issues import Layout
from crm.newsletter.items import Kind
from crm.newsletter.placements import Form

# The widest and the highest a picture is shown, in pixels; a compact list has none.
_PICTURES = {Layout.FEATURE: (552, 400), Layout.CARDS: (136, 136)}
_ALONE = (544, 640)  # a picture that is a block of its own

_GO = {
    Kind.NEWS: "Lire l’article",
    Kind.FUNDING: "Voir l’appel",
    Kind.JOB: "Voir l’offre",
    Kind.EVENT: "En savoir plus",
    Kind.RESOURCE: "Voir la ressource",
    Kind.TRAINING: "Voir la formation",
}


@dataclass(frozen=True)
class Room:
    """How much a letter may say: characters for each text, stories in each section."""

    feature: int
    cards: int
    editorial: int = 12_000
    pictures: bool = True
    stories: int | None = None

    def of(self, layout: Layout) -> int:
        """A compact list has no summary: it is made to be scanned."""
        return {Layout.FEATURE: self.feature, Layout.CARDS: self.cards, Layout.LINES: 0}[layout]


@dataclass(frozen=True)
class Story:
    """What is shown of one item, or of a free block.

    `more` leads to the whole summary when it had to be shortened.
    """

    number: int
    title: str
    summary: str
    url: str
    more: str = ""
    image: Image | None = None
    origin: tuple[str, ...] = ()
    dates: str = ""
    deadline: str = ""
    go: str = ""
    form: Form = Form.ITEM
    source: str = ""


@dataclass(frozen=True)
class Chapter:
    """A section with the stories it shows; `others` is how many are only on the web version."""

    title: str
    layout: Layout
    stories: tuple[Story, ...]
    others: int = 0

    @property
    def runs(self) -> list[list[Story]]:
        """Items that follow each other together, each free block alone: what one table shows."""
        found: list[list[Story]] = []
        for story in self.stories:
            if story.form is Form.ITEM and found and found[-1][0].form is Form.ITEM:
                found[-1].append(story)
            else:
                found.append([story])
        return found


def chapters(content: Content, web: str, room: Room | None = None) -> list[Chapter]:
    """What `content` tells in that room; everything, in full, without one.

    `web` is the address of the web version: « …/lettres/resaclic/12 ».
    """
    return [_chapter(part, content.sent_on, web, room) for part in content.parts]


def _chapter(part: Part, on: date, web: str, room: Room | None) -> Chapter:
    shown = _shown(part, room.stories if room else None)
    stories = tuple(
        _story(block, part.layout, on, _where(block, part, web), room)
        if block.form is Form.ITEM
        else _free(block, _where(block, part, web), room)
        for block in shown
    )
    return Chapter(part.title, part.layout, stories, len(part.blocks) - len(shown))


def _shown(part: Part, most: int | None) -> Sequence[Block]:
    """The first blocks; and those for some only, who would find them nowhere else."""
    return [
        block
        for place, block in enumerate(part.blocks)
        if most is None or place < most or part.only or block.only
    ]


def _where(block: Block, part: Part, web: str) -> str:
    """The web version, where what is for some readers only is not."""
    return "" if part.only or block.only else web


def _story(block: Block, layout: Layout, on: date, web: str, room: Room | None) -> Story:
    anchor = f"{web}#contenu-{block.number}" if web else ""
    url = web_address(block.url)
    limit = room.of(layout) if room and (web or url) else None
    summary, is_cut = shortened(block.summary, limit)
    if not url and block.summary and not summary:
        url = anchor  # nowhere else to read what is not shown
    return Story(
        number=block.number,
        title=_flat(block.title),
        summary=summary,
        url=url,
        more=anchor if is_cut and summary else "",
        image=sized(block.image, layout) if room is None or room.pictures else None,
        origin=tuple(filter(None, (_flat(block.organisation), _flat(block.place)))),
        dates=dates(block, on),
        deadline=deadline(block, on),
        go=_GO[block.kind] if block.kind else "",
    )


def _free(block: Block, web: str, room: Room | None) -> Story:
    """A free block: its words are the officer's own, shortened only as an editorial would be."""
    limit = room.editorial if room and web else None
    cut = excerpt if block.form in (Form.EDITORIAL, Form.TEXT) else shortened
    summary, is_cut = cut(block.summary, limit)
    return Story(
        number=block.number,
        title=_flat(block.title),
        summary=summary,
        url=web_address(block.url),
        more=f"{web}#contenu-{block.number}" if is_cut else "",
        image=_fitted(block.image, _ALONE) if room is None or room.pictures else None,
        form=block.form,
        source=_flat(block.source),
    )


def shortened(text: str, limit: int | None) -> tuple[str, bool]:
    """The first whole words of `text`, then « … », and whether anything was left out."""
    if limit is None:
        return text.strip(), False
    text = _flat(text)
    if len(text) <= limit:
        return text, False
    start = text[: limit + 1].rpartition(" ")[0] or text[:limit]
    start = start.rstrip(" \u00a0\u202f,;:.!?–—-«(")
    return (f"{start}…" if start else ""), True


def excerpt(text: str, limit: int | None) -> tuple[str, bool]:
    """The first paragraphs of a long text (its first words when it has only one), and whether
    anything was left out."""
    if limit is None or len(text) <= limit:
        return text, False
    start = text[:limit]
    whole = start.rpartition("\n\n")[0].strip()
    return (whole, True) if whole else shortened(text, limit)


def _flat(text: str) -> str:
    """On one line; no-break spaces stay."""
    return re.sub(r"[ \t\r\n]+", " ", text).strip(" ")


def dates(block: Block, on: date) -> str:
    """When it takes place, for a reader of that day: « mardi 3 mars », « du 3 au 5 juin »."""
    first, last = block.starts_on, block.ends_on
    if block.kind is Kind.TRAINING:
        last = first
    if block.kind not in (Kind.EVENT, Kind.TRAINING):
        return ""
    if first is None:
        return f"jusqu’au {_day(last, on)}" if last else ""
    if last is None or last <= first:
        return f"{day(first, 'EEEE')} {_day(first, on)}"
    return f"du {_start(first, last, on)} au {_day(last, on)}"


def deadline(block: Block, on: date) -> str:
    """Until when one may answer: « avant le 3 avril »."""
    if block.ends_on is None or block.kind not in (Kind.FUNDING, Kind.JOB, Kind.TRAINING):
        return ""
    words = f"avant le {_day(block.ends_on, on)}"
    return f"inscription {words}" if block.kind is Kind.TRAINING else words


def _day(value: date, on: date) -> str:
    """« 3 avril », with its year when it is not that of the letter."""
    return day(value, "d MMMM" if value.year == on.year else "d MMMM y")


def _start(first: date, last: date, on: date) -> str:
    if first.year != last.year:
        return day(first, "d MMMM y")
    if first.month != last.month:
        return day(first, "d MMMM")
    return "1er" if first.day == 1 else str(first.day)


def sized(image: Image | None, layout: Layout) -> Image | None:
    """`image` as large as that layout shows it: same shape, never larger than it is."""
    return _fitted(image, _PICTURES[layout]) if layout in _PICTURES else None


def _fitted(image: Image | None, most: tuple[int, int]) -> Image | None:
    if image is None:
        return None
    width, height = max(image.width, 1), max(image.height, 1)
    widest, highest = most
    ratio = min(widest / width, highest / height, 1)
    return replace(image, width=max(round(width * ratio), 1), height=max(round(height * ratio), 1))


def first_titles(content: Content, length: int = 140) -> Iterator[str]:
    """The first titles, as many as that length takes, at least one: what an inbox shows."""
    items = (block for block in content.blocks if block.form is Form.ITEM)
    for index, block in enumerate(items):
        title = _flat(block.title)
        length -= len(title)
        if index and length < 0:
            return
        yield title
