"""Review: a second pair of eyes reads a number before it leaves, where its publication asks so.

What was read is kept as a digest: a number that changed since has to be read again.
"""

import hashlib
import json

import sqlalchemy as sa

from crm.db import now
from crm.newsletter.content import Content
from crm.newsletter.issues import Issue, Publication
from crm.users import User


class NotYours(ValueError):
    """Authors do not review their own number; the message says so, in French."""


def ask(issue: Issue, by: User) -> None:
    """« À relire »: have somebody else read it. Safe to repeat."""
    issue.review_asked_at, issue.review_asked_by = now(), by
    issue.reviewed_at, issue.reviewed_by, issue.reviewed_digest = None, None, ""
    issue.review_note = ""


def approve(issue: Issue, by: User) -> None:
    """« Relu par »: it may leave as it reads now. Raises NotYours."""
    _check(issue, by)
    issue.reviewed_at, issue.reviewed_by = now(), by
    issue.reviewed_digest, issue.review_note = digest(issue), ""


def send_back(issue: Issue, by: User, note: str) -> None:
    """« À reprendre », with a word for its author. Raises NotYours."""
    _check(issue, by)
    issue.reviewed_at, issue.reviewed_by = now(), by
    issue.reviewed_digest, issue.review_note = "", note
    issue.review_asked_at = None


def is_author(issue: Issue, user: User) -> bool:
    """Whether this user made the number, or asked for its review."""
    return user.id in (issue.composed_by_id, issue.review_asked_by_id)


def is_reviewed(issue: Issue) -> bool:
    """Whether it was read, and reads today as it did then."""
    return bool(issue.reviewed_digest) and issue.reviewed_digest == digest(issue)


def lacks(issue: Issue) -> str:
    """What its review still wants before it may leave, in French; empty when it may."""
    if not issue.publication.needs_review or is_reviewed(issue):
        return ""
    if issue.reviewed_digest:
        return "Le numéro a changé depuis sa relecture\u00a0: il est à relire."
    if issue.review_asked_at is not None:
        return "Le numéro attend d’être relu par quelqu’un d’autre que son auteur."
    return f"{issue.publication.name} demande une relecture\u00a0: proposez ce numéro à relire."


def waiting() -> sa.Select[Issue]:
    """The drafts that wait for their review, the first asked for first."""
    return (
        sa.select(Issue)
        .join(Issue.publication)
        .where(
            Publication.needs_review,
            Issue.frozen_at.is_(None),
            Issue.review_asked_at.is_not(None),
            Issue.reviewed_at.is_(None),
        )
        .order_by(Issue.review_asked_at)
    )


def digest(issue: Issue) -> str:
    """What the number says today, as one number."""
    plain = json.dumps(Content.of(issue).dump(), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()


def _check(issue: Issue, by: User) -> None:
    if is_author(issue, by):
        raise NotYours("Vous l’avez composé ou proposé\u00a0: quelqu’un d’autre le relit.")
