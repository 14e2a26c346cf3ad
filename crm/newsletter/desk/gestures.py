"""Gestures: what was done on an issue, one row each, so that it can be undone, then redone.

A gesture keeps what the issue said before it. Undoing keeps what it said until then, and puts the
other back. The history is that of the issue, not of a person: it reads as what happened to it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Json, Model, change, db, now
from crm.jobs import every
from crm.newsletter.arrange import NotADraft
from crm.newsletter.desk.snapshot import restore, snapshot
from crm.newsletter.issues import Issue
from crm.newsletter.items import Item
from crm.text import cut
from crm.users import User

KEPT = 60  # gestures of one issue that can be undone
# Typing goes on: what is saved within that time is one gesture.
ONE_BREATH = timedelta(minutes=1)


class DeskGesture(Model):
    """One thing done to a draft."""

    __tablename__ = "desk_gestures"
    __table_args__ = (sa.Index("ix_desk_gestures_issue_id_id", "issue_id", "id"),)

    issue_id: Mapped[int] = mapped_column(sa.ForeignKey("issues.id", ondelete="CASCADE"))
    words: Mapped[str] = mapped_column(sa.String(200))
    # What is being typed, when it is: « textes », « place-12 ». Empty: a gesture on its own.
    typing: Mapped[str] = mapped_column(sa.String(40), default="")
    at: Mapped[datetime] = mapped_column(default=now)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    by: Mapped[User | None] = relationship()
    before: Mapped[dict[str, Any]] = mapped_column(Json, deferred=True)
    # What it said when this was undone; None while it is done.
    after: Mapped[dict[str, Any] | None] = mapped_column(Json, deferred=True)
    undone_at: Mapped[datetime | None]

    @classmethod
    def done(cls, issue: Issue) -> sa.Select[Self]:
        """What may be undone, the last first."""
        return (
            sa.select(cls)
            .where(cls.issue_id == issue.id, cls.undone_at.is_(None))
            .order_by(cls.id.desc())
        )

    @classmethod
    def undone(cls, issue: Issue) -> sa.Select[Self]:
        """What may be redone, the last undone first."""
        return (
            sa.select(cls)
            .where(cls.issue_id == issue.id, cls.undone_at.is_not(None))
            .order_by(cls.id)
        )


@contextmanager
def gesture(
    issue: Issue,
    words: str,
    *,
    by: User | None = None,
    items: Sequence[Item] = (),
    led: Sequence[Item] = (),
    typing: str = "",
) -> Iterator[None]:
    """Do one thing to `issue`, which can then be undone. One at a time: the others wait.

    `words` say it, in French, after « Annuler\u00a0: ». `items` are those it may set aside,
    `led` those it may lead to another page. Nothing is written down when nothing changed.
    Raises NotADraft.
    """
    hold(issue)
    before = snapshot(issue, items, led)
    yield
    db.session.flush()
    db.session.expire_all()
    if snapshot(issue, items, led) == before:
        return
    issue.version += 1
    _forget_undone(issue)
    last = _breath(issue, typing, by)
    if last is not None:
        last.at = now()
        return
    db.session.add(
        DeskGesture(issue_id=issue.id, words=cut(words, 200), typing=typing, by=by, before=before)
    )
    db.session.flush()
    _forget_old(issue)


def hold(issue: Issue) -> None:
    """Read `issue` again and keep the others waiting until the commit. Raises NotADraft."""
    db.session.flush()
    db.session.expire_all()
    db.session.refresh(issue, with_for_update=True)
    if not issue.is_draft:
        raise NotADraft(issue.title)


def undo(issue: Issue) -> DeskGesture | None:
    """Put back what `issue` said before the last gesture; None when there is none left."""
    hold(issue)
    last = db.session.scalar(DeskGesture.done(issue).limit(1))
    if last is not None:
        last.after = restore(issue, last.before)
        last.undone_at = now()
        issue.version += 1
    return last


def redo(issue: Issue) -> DeskGesture | None:
    """Do again what was undone last; None when there is nothing."""
    hold(issue)
    last = db.session.scalar(DeskGesture.undone(issue).limit(1))
    if last is not None and last.after is not None:
        last.before = restore(issue, last.after)
        last.after = last.undone_at = None
        issue.version += 1
    return last


def _breath(issue: Issue, typing: str, by: User | None) -> DeskGesture | None:
    """The last gesture, when this one is the same person still typing in the same place."""
    last = db.session.scalar(DeskGesture.done(issue).limit(1)) if typing else None
    if last is None or (last.typing, last.by_id) != (typing, by.id if by else None):
        return None
    return last if now() - last.at < ONE_BREATH else None


def _forget_undone(issue: Issue) -> None:
    change(
        sa.delete(DeskGesture).where(
            DeskGesture.issue_id == issue.id, DeskGesture.undone_at.is_not(None)
        )
    )


def _forget_old(issue: Issue) -> None:
    """Keep the last ones; and none of the numbers that have left."""
    old = DeskGesture.done(issue).with_only_columns(DeskGesture.id).offset(KEPT).limit(1)
    limit = db.session.scalar(old)
    if limit is not None:
        change(
            sa.delete(DeskGesture).where(DeskGesture.issue_id == issue.id, DeskGesture.id <= limit)
        )


@every(hours=24)
def forget_what_left() -> None:
    """Forget what was done to the numbers that have left: nobody undoes it any more."""
    left = sa.select(Issue.id).where(Issue.started_at.is_not(None))
    change(sa.delete(DeskGesture).where(DeskGesture.issue_id.in_(left)))
