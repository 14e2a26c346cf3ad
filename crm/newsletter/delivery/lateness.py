"""Lateness: what has to be asked before an issue leaves later than was said, or perhaps again.

A server that was down at the hour, or a backup that was restored, knows nothing of what happened
meanwhile: someone who knows says whether the issue still makes sense, and whether it already left.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from crm.db import db, now
from crm.filters import moment
from crm.holds import Hold
from crm.newsletter import variants
from crm.newsletter.content import Content
from crm.newsletter.delivery.courtesy import Courtesy
from crm.newsletter.issues import Issue

LATE = timedelta(hours=1)


@dataclass(frozen=True)
class Question:
    """What keeps an issue back until someone answers; whether « all the same » is an answer."""

    words: str
    may_leave: bool = True


def question(issue: Issue, at: datetime) -> Question | None:
    """What to ask before `issue` goes on; None when nothing stands in its way."""
    if issue.scheduled_at is None or issue.sent_at is not None or issue.cancelled_at is not None:
        return None
    hold = Hold.last()
    if hold is not None and _is_doubtful(issue, hold):
        return Question(
            f"Une sauvegarde du {moment(hold.data_from)} a été restaurée\u00a0: ce numéro est "
            "peut-être déjà parti depuis. L’envoyer pourrait l’envoyer deux fois."
        )
    if issue.started_at is not None:
        return None
    if _is_late(issue, at):
        return Question(
            f"Ce numéro devait partir {moment(issue.scheduled_at)}. Le serveur ne l’a pas envoyé à "
            "l’heure\u00a0: a-t-il encore un sens aujourd’hui\u00a0?"
        )
    if lost := variants.lost(Content.of(issue)):
        return Question(
            f"Une partie de ce numéro est réservée à un segment qui n’existe plus ({lost[0].label})"
            "\u00a0: personne ne la recevrait.",
            may_leave=False,
        )
    return None


def insist(issue: Issue) -> None:
    """« L’envoyer maintenant »: it leaves from this moment on. Safe to repeat."""
    issue.insisted_at, issue.trouble = now(), ""
    if issue.started_at is None and issue.scheduled_at is not None:
        issue.scheduled_at = max(issue.scheduled_at, issue.insisted_at)


def in_question(at: datetime) -> list[Issue]:
    """The issues that wait for an answer."""
    due = sa.select(Issue).where(Issue.scheduled_at <= at, Issue.sent_at.is_(None))
    return [issue for issue in db.session.scalars(due.order_by(Issue.id)) if question(issue, at)]


def _is_late(issue: Issue, at: datetime) -> bool:
    """More than an hour after it should have left; quiet hours are no lateness."""
    assert issue.scheduled_at is not None
    if issue.insisted_at is not None and issue.insisted_at >= issue.scheduled_at:
        return False
    quiet = Courtesy.current().quiet_until_when(issue.scheduled_at)
    return at > (quiet or issue.scheduled_at) + LATE


def _is_doubtful(issue: Issue, hold: Hold) -> bool:
    """Whether it was due, or leaving, before letters were let go again after a restoration."""
    assert issue.scheduled_at is not None
    answered = issue.insisted_at is not None and issue.insisted_at >= hold.began_at
    if answered or issue.frozen_at is None or issue.frozen_at > hold.began_at:
        return False
    return issue.scheduled_at <= (hold.ended_at or now())
