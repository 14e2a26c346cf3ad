"""Scheduling: the decision to send an issue, its cancelling, and the moment it begins to leave."""

from datetime import datetime

import sqlalchemy as sa

from crm.contacts.search.segments import Segment
from crm.db import change, db, now
from crm.newsletter import archive, audience, review, variants
from crm.newsletter.content import Content, freeze, thaw
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.delivery import rhythms
from crm.newsletter.issues import Issue
from crm.newsletter.subscriptions import Purpose, Subscription


class Refused(ValueError):
    """An issue that cannot be sent, or called back, as it is; the message says why, in French."""


def doubts(issue: Issue) -> list[str]:
    """What should make one think again before sending `issue`, in French sentences."""
    found = []
    if not issue.placements and not issue.editorial.strip():
        found.append("Ce numéro ne contient rien\u00a0: ni éditorial, ni contenu.")
    if count_recipients(issue, issue.audience) == 0:
        among = f" dans le segment «\u00a0{issue.audience_name}\u00a0»" if issue.audience else ""
        found.append(f"Personne{among} n’est abonné à {issue.publication.name} pour le moment.")
    return found


def schedule(issue: Issue, at: datetime, *, in_spite_of_doubts: bool = False) -> None:
    """Decide that `issue` leaves at that moment, as it reads now. Another moment may follow.

    Raises Refused when it has no subject or has begun to leave; when there are doubts, too, unless
    they were shown to someone who goes on.
    """
    _look_again(issue)
    if issue.started_at is not None:
        raise Refused(f"{issue.title} est déjà parti.")
    if not issue.subject.strip():
        raise Refused("L’objet est vide\u00a0: c’est la première chose que vos lecteurs verront.")
    if lacking := review.lacks(issue):
        raise Refused(lacking)
    if len(variants.conditions_of(Content.of(issue))) > variants.MOST_CONDITIONS:
        raise Refused(
            f"Plus de {variants.MOST_CONDITIONS} publics différents\u00a0: réunissez-en certains."
        )
    found = doubts(issue)
    if found and not in_spite_of_doubts:
        raise Refused(" ".join(found))
    freeze(issue, now())
    issue.scheduled_at, issue.insisted_at = at, None


def cancel(issue: Issue) -> None:
    """Make a scheduled issue a draft again. Safe to repeat. Raises Refused once it has begun."""
    _look_again(issue)
    if issue.started_at is not None:
        raise Refused(f"{issue.title} a commencé à partir\u00a0: l’envoi ne peut plus être annulé.")
    thaw(issue)
    audience.choose(issue, None)


def pause(issue: Issue) -> None:
    """Have nobody else receive `issue` until `resume`. Safe to repeat. Raises Refused."""
    _while_leaving(issue)
    issue.paused_at = issue.paused_at or now()


def resume(issue: Issue) -> None:
    """Let a paused issue go on leaving. Safe to repeat."""
    _look_again(issue)
    issue.paused_at = None


def stop(issue: Issue) -> None:
    """Have nobody else ever receive `issue`: what is not sent yet is set aside.

    Safe to repeat. Raises Refused when it does not leave at the moment.
    """
    if issue.cancelled_at is not None:
        return
    _while_leaving(issue)
    issue.cancelled_at, issue.paused_at = now(), None


def send_again(issue: Issue, *, given_up: bool) -> int:
    """Try again those who were given up, or else those who were refused. Returns how many."""
    _look_again(issue)
    if issue.cancelled_at is not None:
        raise Refused(f"L’envoi de {issue.title} a été arrêté.")
    kind = Delivery.given_up_at.is_not(None) if given_up else Delivery.given_up_at.is_(None)
    count = change(
        sa.update(Delivery)
        .where(Delivery.issue_id == issue.id, Delivery.state == State.FAILED, kind)
        .values(
            state=State.QUEUED, attempts=0, next_try_at=now(), settled_at=None, given_up_at=None
        )
        .execution_options(synchronize_session=False)
    )
    if count:
        issue.sent_at = None
    return count


def _while_leaving(issue: Issue) -> None:
    _look_again(issue)
    if issue.started_at is None or issue.sent_at is not None or issue.cancelled_at is not None:
        raise Refused(f"{issue.title} n’est pas en train de partir.")


def count_recipients(issue: Issue, segment: Segment | None = None) -> int:
    """How many people would receive `issue` if it left now, for all or for a segment."""
    at = max(issue.scheduled_at or now(), now())
    meant = rhythms.is_due(at), audience.is_meant(segment)
    recipients = Subscription.recipients(issue.publication).where(*meant).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(recipients)) or 0


def start(issue: Issue, at: datetime) -> bool:
    """Write down one row for each recipient, once; returns whether it was done now.

    Those who left before, or asked for fewer numbers, have no row. Those whose address no longer
    answers have one that says so: they should have received the issue, and someone may want to
    know why they did not.
    """
    begun = change(
        sa.update(Issue)
        .where(Issue.id == issue.id, Issue.started_at.is_(None), Issue.scheduled_at.is_not(None))
        .values(started_at=at)
        .execution_options(synchronize_session=False)
    )
    if begun:
        db.session.execute(_rows_of(issue, at))
        audience.forget(issue)
        archive.learn(issue)
        if db.engine.dialect.name == "postgresql":
            # Without it the planner believes the table small, and sorts it for each group.
            db.session.execute(sa.text("ANALYZE deliveries"))
    db.session.refresh(issue)
    return bool(begun)


def _rows_of(issue: Issue, at: datetime) -> sa.Insert:
    conditions = variants.conditions_of(Content.of(issue))
    writable = Subscription.suppressed == ""
    moment = sa.literal(at, Delivery.next_try_at.type)
    nothing = sa.cast(sa.null(), Delivery.next_try_at.type)
    chosen = {
        "issue_id": sa.literal(issue.id),
        "subscription_id": Subscription.id,
        "state": sa.case(
            (writable, sa.literal(State.QUEUED, Delivery.state.type)),
            else_=sa.literal(State.SUPPRESSED, Delivery.state.type),
        ),
        "attempts": sa.literal(0),
        "bits": variants.bits(conditions),
        "claimed_by": sa.literal(""),
        "next_try_at": sa.case((writable, moment), else_=nothing),
        "settled_at": sa.case((writable, nothing), else_=moment),
        "response": Subscription.suppressed,
    }
    subscribed = sa.select(*chosen.values()).where(
        Subscription.publication_id == issue.publication_id,
        Subscription.left_at.is_(None),
        Subscription.agrees(Purpose.RECEIVE),
        rhythms.is_due(at),
        audience.is_meant(issue.audience),
    )
    return sa.insert(Delivery).from_select(list(chosen), subscribed.order_by(Subscription.id))


def _look_again(issue: Issue) -> None:
    """Read `issue` again and keep it from changing until the commit: it may have begun to leave."""
    db.session.flush()  # what was changed and not yet written would be forgotten
    db.session.refresh(issue, with_for_update=True)
