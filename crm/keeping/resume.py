"""Resuming after a restoration: what waits, what may have left already, and saying go."""

from dataclasses import dataclass

import sqlalchemy as sa

from crm.db import change, db, now
from crm.holds import Hold, release
from crm.mail import Mail
from crm.newsletter.delivery import schedule
from crm.newsletter.issues import Issue
from crm.users import User


@dataclass(frozen=True)
class Waiting:
    """What would leave at once: issues whose hour has passed, mails written before the backup."""

    issues: list[Issue]
    mails: int


def waiting() -> Waiting:
    """What the restored data believe to be due, and may have left since the backup was made."""
    issues = db.session.scalars(Issue.due(now())).all()
    mails = db.session.scalar(
        sa.select(sa.func.count(Mail.id)).where(Mail.next_try_at.is_not(None))
    )
    return Waiting(list(issues), mails or 0)


def resume(by: User | None, *, sends_mails: bool) -> Waiting:
    """Let things leave again, and return what was waiting.

    An issue that was leaving is paused: whoever knows what readers received decides on its page.
    One whose hour passed and that had not begun is called back to a draft. Mails leave only when
    `sends_mails`; otherwise they are given up, and say why.
    """
    hold, found = Hold.current(), waiting()
    for issue in found.issues:
        _keep_back(issue)
    if hold is not None and not sends_mails:
        change(
            sa.update(Mail)
            .where(Mail.next_try_at.is_not(None), Mail.created_at <= hold.data_from)
            .values(next_try_at=None, response="mis de côté après une restauration")
            .execution_options(synchronize_session=False)
        )
    release(by)
    return found


def _keep_back(issue: Issue) -> None:
    if issue.started_at is None:
        schedule.cancel(issue)
    elif issue.cancelled_at is None:
        schedule.pause(issue)
