"""What an issue says, as plain data: drawn from its rows while it is a draft, frozen afterwards.

Everything that shows an issue (mail, text, web, archive, preview) starts from this, so all agree.
"""

from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, Self

from crm.newsletter.conditions import Condition
from crm.newsletter.issues import Issue, Layout, Section
from crm.newsletter.items import Kind
from crm.newsletter.placements import Form, Placement


@dataclass(frozen=True)
class Image:
    """A picture of ours: its file name under /lettres/images/, its size in pixels."""

    filename: str
    width: int
    height: int
    alt: str = ""


@dataclass(frozen=True)
class Block:
    """One item as this issue tells it, or a free block of it (then it has no kind).

    Texts are plain texts; the summary of an editorial or of a text is Markdown.
    """

    number: int  # its rank in the issue, from 1: « /lettres/resaclic/12#contenu-3 »
    kind: Kind | None
    title: str
    summary: str = ""
    url: str = ""
    image: Image | None = None
    organisation: str = ""
    place: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    form: Form = Form.ITEM
    source: str = ""  # who signs, who is quoted, where a figure comes from
    only: Condition | None = None  # None: for everybody


@dataclass(frozen=True)
class Part:
    """A section that has something to say."""

    title: str
    layout: Layout
    blocks: tuple[Block, ...]
    only: Condition | None = None  # None: for everybody

    @property
    def says_something(self) -> bool:
        return any(block.form is not Form.SEPARATOR for block in self.blocks)


@dataclass(frozen=True)
class Content:
    """An issue, whole. `editorial` is Markdown; `sent_on` the day it is dated."""

    publication: str
    slug: str
    number: int
    subject: str
    preheader: str
    editorial: str
    sent_on: date
    parts: tuple[Part, ...] = field(default_factory=tuple)

    @property
    def title(self) -> str:
        return f"{self.publication} n°\u00a0{self.number}"

    @property
    def blocks(self) -> list[Block]:
        return [block for part in self.parts for block in part.blocks]

    @classmethod
    def of(cls, issue: Issue) -> Self:
        """What `issue` says: its frozen content once it is decided, its rows until then."""
        return cls.load(issue.content) if issue.content is not None else cls.draw(issue)

    @classmethod
    def draw(cls, issue: Issue) -> Self:
        """What the rows of `issue` say today. A section that says nothing does not appear."""
        numbers = iter(range(1, len(issue.placements) + 1))
        parts = (_part(section, numbers) for section in issue.sections)
        return cls(
            publication=issue.publication.name,
            slug=issue.publication.slug,
            number=issue.number,
            subject=issue.subject or issue.title,
            preheader=issue.preheader,
            editorial=issue.editorial,
            sent_on=issue.planned_on,
            parts=tuple(part for part in parts if part.says_something),
        )

    def dump(self) -> dict[str, Any]:
        """As JSON can keep it."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain

    @classmethod
    def load(cls, data: dict[str, Any]) -> Self:
        """What `dump` kept."""
        parts = tuple(
            Part(
                part["title"],
                Layout(part["layout"]),
                tuple(map(_block, part["blocks"])),
                Condition.load(part.get("only")),
            )
            for part in data["parts"]
        )
        return cls(**{**data, "sent_on": date.fromisoformat(data["sent_on"]), "parts": parts})


def freeze(issue: Issue, at: datetime) -> None:
    """Decide the content of `issue`: from now on it says this, whatever happens to its items.

    Safe to repeat: what was frozen first stays.
    """
    if issue.frozen_at is None:
        issue.content = Content.draw(issue).dump()
        issue.frozen_at = at


def thaw(issue: Issue) -> None:
    """Make a scheduled issue a draft again. Raises ValueError once it has begun to leave."""
    if issue.started_at is not None:
        raise ValueError("an issue that has begun to leave cannot change")
    issue.content, issue.frozen_at, issue.scheduled_at = None, None, None


def _part(section: Section, numbers: Any) -> Part:
    told = (one for one in section.placements if not one.is_blank)
    blocks = tuple(_placed(placement, next(numbers)) for placement in told)
    return Part(section.title, section.layout, blocks, Condition.draw(section.only))


def _placed(placement: Placement, number: int) -> Block:
    item = placement.item
    return Block(
        number=number,
        kind=item.kind if item else None,
        title=placement.title,
        summary=placement.summary,
        url=placement.url,
        image=_image(placement),
        organisation=item.organisation if item else "",
        place=item.place if item else "",
        starts_on=item.starts_on if item else None,
        ends_on=item.ends_on if item else None,
        form=placement.form,
        source=placement.own_source,
        only=Condition.draw(placement.only),
    )


def _image(placement: Placement) -> Image | None:
    picture = placement.picture
    if picture is None:
        return None
    return Image(picture.filename, picture.width, picture.height, placement.alt)


def _block(data: dict[str, Any]) -> Block:
    return Block(
        **{
            **data,
            "kind": Kind(data["kind"]) if data["kind"] else None,
            "form": Form(data.get("form") or Form.ITEM),
            "image": Image(**data["image"]) if data["image"] else None,
            "starts_on": _date(data["starts_on"]),
            "ends_on": _date(data["ends_on"]),
            "only": Condition.load(data.get("only")),
        }
    )


def _date(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, (Form, Kind, Layout)) else value
