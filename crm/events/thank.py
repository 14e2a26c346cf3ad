"""Thanking: a mail to those who came, with documents, opinion and certificate; once each."""

import logging

import sqlalchemy as sa

from crm.db import db, now
from crm.events import emails, opine
from crm.events.afterwards import FollowUp, Thanks
from crm.events.events import Event
from crm.events.kinds import CAME, State
from crm.events.registrations import Registration
from crm.jobs import enqueue, every
from crm.mail import wake
from crm.text import clean, cut, one_line
from crm.users import User

log = logging.getLogger(__name__)

SUBJECT, TEXT = 200, 5000  # characters
_AT_ONCE = 200


class NotYet(ValueError):
    """Why nobody can be thanked now, in French."""


def recipients(event: Event) -> sa.Select[Registration]:
    """Those to thank who were not yet: who came, or who had a place when nobody was marked."""
    done = sa.select(Thanks.registration_id)
    mine = Registration.of(event).where(
        Registration.email != "", Registration.erased_at.is_(None), Registration.id.not_in(done)
    )
    if event.came:
        return mine.where(Registration.attendance.in_(CAME))
    return mine.where(Registration.state == State.CONFIRMED)


def count(event: Event) -> int:
    """How many mails would leave."""
    found = recipients(event).order_by(None).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(found)) or 0


def usual_subject(event: Event) -> str:
    return cut(f"Merci d’être venu·e\u00a0: {event.title}", SUBJECT)


USUAL_TEXT = (
    "Merci d’avoir participé. Les documents, et tout ce qui suit, sont sur votre page personnelle."
)


def write(event: Event, subject: str, text: str, *, asks_opinion: bool) -> FollowUp:
    """Keep the words of thanks. Nothing leaves."""
    follow_up = FollowUp.of(event)
    follow_up.subject = cut(one_line(subject), SUBJECT)
    follow_up.text, follow_up.asks_opinion = cut(clean(text), TEXT), asks_opinion
    return follow_up


def start(event: Event, by: User | None = None) -> int:
    """Have the mails leave; how many. Those who are marked later get theirs when it is done again,
    and nobody gets two. Raises NotYet.
    """
    if event.is_cancelled or not event.is_over:
        raise NotYet("On remercie après l’événement.")
    number = count(event)
    if not number:
        raise NotYet("Personne n’est à remercier\u00a0: tous l’ont été, ou personne n’a d’adresse.")
    follow_up = FollowUp.of(event)
    follow_up.subject = follow_up.subject or usual_subject(event)
    follow_up.thanked_at, follow_up.thanked_by, follow_up.sent_at = now(), by, None
    event.tell(f"Remerciements envoyés ({number})", by)
    return number


@every(minutes=1)
def send_thanks() -> None:
    """Write the mails that were decided. Commits as it goes: who was thanked is not thanked again.

    Who is marked after the decision waits for the next one.
    """
    lately = sa.select(FollowUp).where(FollowUp.thanked_at.is_not(None), FollowUp.sent_at.is_(None))
    for follow_up in db.session.scalars(lately.limit(20)).all():
        _send(follow_up)
    db.session.commit()


def _send(follow_up: FollowUp) -> None:
    query = recipients(follow_up.event).order_by(None).order_by(Registration.id)
    some = db.session.scalars(query.limit(_AT_ONCE)).all()
    for one in some:
        try:
            with db.session.begin_nested():
                db.session.add(Thanks(registration_id=one.id))
                db.session.flush()
                emails.thanks(one, follow_up, asks_opinion=opine.may_answer(one))
        except sa.exc.IntegrityError:
            log.info("déjà remercié (inscription %s)", one.id)
    if len(some) < _AT_ONCE:
        follow_up.sent_at = now()
    db.session.commit()
    if some:
        wake()
    if len(some) == _AT_ONCE:
        enqueue(send_thanks)
