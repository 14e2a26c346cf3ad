"""Short ways to have issues that are ready to leave, and to see what became of them."""

from collections import Counter
from datetime import date, timedelta

import sqlalchemy as sa
from factories import resaclic, save, subscriber
from sqlalchemy.orm import joinedload

from crm.config import Settings
from crm.db import db, now
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.delivery import schedule
from crm.newsletter.delivery.deliver import deliver_due
from crm.newsletter.issues import Issue


def draft(**values) -> Issue:
    values = {
        "publication": resaclic(), "number": 1, "subject": "Objet", "editorial": "Bonjour.",
        "planned_on": date(2026, 3, 3),
    } | values  # fmt: skip
    return save(Issue(**values))


def ready(*emails: str, **values) -> int:
    """An issue that is due, to these addresses; its id."""
    for email in emails:
        subscriber(email)
    issue = draft(**values)
    schedule.schedule(issue, now() - timedelta(seconds=1))
    issue_id = issue.id
    db.session.commit()
    return issue_id


def begun(*emails: str) -> int:
    """The same, each recipient with a row already."""
    issue_id = ready(*emails)
    schedule.start(db.session.get_one(Issue, issue_id), now())
    db.session.commit()
    return issue_id


def gone(*emails: str) -> int:
    """The same, as a delivery leaves it once everybody's server took it."""
    issue_id, at = begun(*emails), now()
    values = {"state": State.SENT, "attempts": 1, "next_try_at": None, "settled_at": at,
              "response": "250 2.0.0 pris"}  # fmt: skip
    db.session.execute(sa.update(Delivery).values(**values))
    db.session.execute(sa.update(Issue).where(Issue.id == issue_id).values(sent_at=at))
    db.session.commit()
    return issue_id


def deliver(later: timedelta = timedelta(0)) -> str:
    """Deliver what is due, as if so much time had passed."""
    db.session.commit()
    try:
        return deliver_due(Settings.current(), clock=lambda: now() + later)
    finally:
        db.session.expire_all()


def ledger() -> dict[str, Delivery]:
    """The rows by address."""
    db.session.expire_all()
    rows = db.session.scalars(sa.select(Delivery).options(joinedload(Delivery.subscription)))
    return {row.subscription.email: row for row in rows}


def states() -> dict[str, str]:
    found = {email: row.state.value for email, row in ledger().items()}
    db.session.commit()
    return found


def sent_at(issue_id: int):
    moment = db.session.scalar(sa.select(Issue.sent_at).where(Issue.id == issue_id))
    db.session.commit()
    return moment


def counted(recipients: list[str]) -> dict[str, int]:
    return dict(Counter(recipients))
