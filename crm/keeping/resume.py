"""Resuming after a restoration: what waits, what may have left already, and saying go."""

from dataclasses import dataclass

import sqlalchemy as sa

from crm.db import change, db, now
from crm.holds import Hold, release
from crm.mail import Mail
from crm.newsletter.delivery.lateness import in_question
from crm.newsletter.issues import Issue
from crm.privacy.again import erase_again
from crm.users import User


@dataclass(frozen=True)
class Waiting:
    """What would leave at once: issues whose hour has passed, mails written before the backup."""

    issues: list[Issue]
    mails: int


def waiting() -> Waiting:
    """What the restored data believe to be due, and may have left since the backup was made."""
    mails = db.session.scalar(
        sa.select(sa.func.count(Mail.id)).where(Mail.next_try_at.is_not(None))
    )
    return Waiting(in_question(now()), mails or 0)


def resume(by: User | None, *, sends_mails: bool) -> Waiting:
    """Let things leave again, and return what was waiting.

    The issues stay back until someone answers on their page (see crm.newsletter.delivery.lateness).
    Mails written before the backup leave only when `sends_mails`; otherwise they are given up.
    """
    erase_again()  # what a restoration that was killed had no time to do
    hold, found = Hold.current(), waiting()
    if hold is not None and not sends_mails:
        change(
            sa.update(Mail)
            .where(Mail.next_try_at.is_not(None), Mail.created_at <= hold.data_from)
            .values(next_try_at=None, response="mis de côté après une restauration")
            .execution_options(synchronize_session=False)
        )
    release(by)
    return found
