"""The archive: everything that was sent to everybody, found by its words, for ever.

The words of each issue are kept beside it, folded; there are a dozen a year, so that they are all
looked at. What is for some readers only is not in it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, defer, joinedload, mapped_column, relationship

from crm.contacts.fold import fold
from crm.db import Model, db
from crm.filters import markdown_text
from crm.jobs import every
from crm.newsletter.content import Block, Content
from crm.newsletter.issues import Issue, Publication, Section
from crm.newsletter.items import Item
from crm.newsletter.placements import Placement
from crm.newsletter.variants import public

MOST = 30  # issues that a search shows
MOST_WORDS = 8


class IssueWords(Model):
    """What an issue says to everybody, as it is searched."""

    __tablename__ = "issue_words"

    issue_id: Mapped[int] = mapped_column(
        sa.ForeignKey("issues.id", ondelete="CASCADE"), unique=True
    )
    issue: Mapped[Issue] = relationship()
    words: Mapped[str] = mapped_column(sa.Text)


@dataclass(frozen=True)
class Found:
    """An issue that has the words, and what in it has them all by itself."""

    issue: Issue
    blocks: list[Block]


def learn(issue: Issue) -> None:
    """Keep the words of an issue that has begun to leave. Safe to repeat."""
    known = db.session.scalar(sa.select(IssueWords).where(IssueWords.issue_id == issue.id))
    if known is None:
        db.session.add(IssueWords(issue_id=issue.id, words=_words(public(Content.of(issue)))))


@every(minutes=5)
def learn_new() -> None:
    """Keep the words of those that left since the last time."""
    known = sa.select(IssueWords.issue_id)
    new = sa.select(Issue).where(Issue.started_at.is_not(None), Issue.id.not_in(known))
    for issue in db.session.scalars(new):
        learn(issue)


def search(words: str, publication: Publication | None = None) -> list[Found]:
    """The issues that have all these words, the newest first."""
    asked = fold(words).split()[:MOST_WORDS]
    if not asked:
        return []
    query = (
        sa.select(Issue)
        .join(IssueWords, IssueWords.issue_id == Issue.id)
        .where(*(IssueWords.words.contains(word, autoescape=True) for word in asked))
        .order_by(Issue.started_at.desc(), Issue.id.desc())
        .options(joinedload(Issue.publication))
        .limit(MOST)
    )
    if publication is not None:
        query = query.where(Issue.publication_id == publication.id)
    return [Found(issue, list(_having(issue, asked))) for issue in db.session.scalars(query)]


def carrying(item: Item) -> list[Issue]:
    """The numbers that carried this item, or are about to, the newest first."""
    query = (
        sa.select(Issue)
        .join(Section, Section.issue_id == Issue.id)
        .join(Placement, Placement.section_id == Section.id)
        .where(Placement.item_id == item.id)
        .order_by(Issue.id.desc())
        .options(joinedload(Issue.publication), defer(Issue.content))
    )
    return list(db.session.scalars(query).unique())


def _having(issue: Issue, asked: list[str]) -> Iterator[Block]:
    for block in public(Content.of(issue)).blocks:
        said = _said(block)
        if block.title and all(word in said for word in asked):
            yield block


def _words(content: Content) -> str:
    texts = [fold(content.subject), fold(markdown_text(content.editorial))]
    texts += [fold(part.title) for part in content.parts]
    return "\n".join([*texts, *(_said(block) for block in content.blocks)])


def _said(block: Block) -> str:
    return fold(f"{block.title} {block.summary} {block.organisation} {block.place}")
