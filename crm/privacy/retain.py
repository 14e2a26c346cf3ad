"""Retaining: who has been silent too long is asked once whether they stay, then forgotten.

It commits as it goes, person by person. Source of the rule: CNIL, référentiel relatif à la gestion
commerciale (2022), §6; RGPD art. 5 §1 e.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from crm import mail
from crm.config import Settings
from crm.contacts import personal as contacts
from crm.contacts.people import Person
from crm.db import db, now, reading
from crm.filters import local
from crm.jobs import every
from crm.newsletter.readers.personal import has_left
from crm.personal import Who
from crm.privacy import emails, scrub
from crm.privacy.erase import erase
from crm.privacy.erasures import Reason
from crm.privacy.features import FEATURES
from crm.privacy.identify import identify
from crm.privacy.lapses import Lapse, Retention
from crm.privacy.silence import Silent, last_sign, silent

log = logging.getLogger(__name__)

ASKED_AT_ONCE = 200  # questions in one night: those who have to answer the telephone are few
ERASED_AT_ONCE = 500
_HOUR = 3  # of the night, in Paris
_SPARED = timedelta(days=365)


@dataclass(frozen=True)
class Fate:
    """What the rule makes of someone silent, and when."""

    person: Person | None
    email: str  # where the question goes; empty when nobody can be written to
    name: str
    key: str | None
    last_at: datetime
    said: str  # what the last sign was
    erased_on: datetime


def cutoff(rule: Retention, at: datetime) -> datetime:
    """Whose last sign is before that is silent."""
    try:
        return at.replace(year=at.year - rule.years)
    except ValueError:  # 29 February
        return at.replace(year=at.year - rule.years, day=28)


def fates(rule: Retention, found: list[Silent], at: datetime) -> Iterator[Fate]:
    """What would become of these, were it done at this moment; nothing is changed."""
    for one in found:
        person = db.session.get(Person, one.person_id) if one.person_id else None
        said = last_sign(one.person_id, one.email)[1]
        yield Fate(
            person, address(one.person_id, one.email), person.name if person else one.email,
            key_of(one.person_id, one.email), one.last_at, said, at + timedelta(days=rule.days),
        )  # fmt: skip


def key_of(person_id: int | None, email: str) -> str | None:
    """The key of a row that speaks of someone, as `Trace.key`."""
    if person_id:
        return f"{contacts.KIND}-{person_id}"
    return next(filter(None, (feature.row_at(email) for feature in FEATURES)), None)


def address(person_id: int | None, email: str) -> str:
    """Where someone may be asked: never an address that left, or that answers no more."""
    person = db.session.get(Person, person_id) if person_id else None
    known = person.email.lower() if person is not None else email
    return "" if known and has_left(known, Settings.current().keys) else known


@every(hours=1)
def retain_tonight() -> None:
    """Once a night: throw away what has no use any more, ask, forget. Commits as it goes."""
    rule, at = Retention.current(), now()
    ran_on = local(rule.ran_at).date() if rule.ran_at else None
    if ran_on == local(at).date() or local(at).hour < _HOUR:
        return
    rule.ran_at = at
    db.session.add(rule)
    db.session.commit()
    for feature in FEATURES:
        feature.tidy()
    db.session.commit()
    if rule.is_started:
        run(rule, at)
    # What people erased by themselves, on their own pages, leaves the files tonight.
    if not scrub.must_wait(Settings.current()):
        scrub.scrub(Settings.current())


def run(rule: Retention, at: datetime) -> tuple[int, int]:
    """Ask those who are silent, forget those who did not answer; how many of each."""
    since = cutoff(rule, at)
    db.session.commit()
    with reading():  # long among many people: nobody waits for it
        found = silent(since, ASKED_AT_ONCE)
        db.session.commit()
    asked = sum(ask(one) for one in found)
    forgotten = sum(_forget(one, rule, at) for one in _due(rule, at))
    mail.wake()
    if forgotten:
        scrub.wake()
    log.info("conservation\u00a0: %s questions, %s effacements", asked, forgotten)
    return asked, forgotten


def ask(one: Silent) -> bool:
    """Write down that someone is silent, and write to them if that is possible. Commits."""
    lapse = Lapse(person_id=one.person_id, email=one.email, last_at=one.last_at)
    db.session.add(lapse)
    db.session.flush()
    to = address(one.person_id, one.email)
    if to:
        emails.ask(lapse, to, Retention.current())
        lapse.asked_at = now()
    db.session.commit()
    return bool(to)


def spare(person_id: int | None, email: str, why: str, at: datetime) -> None:
    """Keep someone a year more, though silent; `why` is told to whoever asks."""
    mine = Lapse.person_id == person_id if person_id else Lapse.email == email
    known = db.session.scalars(Lapse.waiting().where(mine)).first()
    last = last_sign(person_id, email)[0] or at
    lapse = known or Lapse(person_id=person_id, email=email, last_at=last)
    lapse.kept_until, lapse.kept_why = at + _SPARED, why
    db.session.add(lapse)


def whom(lapse: Lapse) -> Who | None:
    """Whom a lapse is about, if anything is left of them."""
    key = key_of(lapse.person_id, lapse.email)
    found = identify(key) if key else None
    return found.who if found else None


def _due(rule: Retention, at: datetime) -> list[Lapse]:
    late = Lapse.found_at <= at - timedelta(days=rule.days)
    return list(db.session.scalars(Lapse.waiting().where(late).limit(ERASED_AT_ONCE)))


def _forget(lapse: Lapse, rule: Retention, at: datetime) -> bool:
    """Forget someone who did not answer, unless they gave a sign meanwhile. Commits."""
    last, _ = last_sign(lapse.person_id, lapse.email)
    if last is not None and last >= cutoff(rule, at):
        db.session.delete(lapse)
        db.session.commit()
        return False
    who = whom(lapse)
    if who is not None:
        erase(who, Reason.SILENCE)
    lapse.person_id, lapse.email, lapse.erased_at = None, "", now()
    db.session.commit()
    return who is not None


def count_waiting() -> int:
    """How many people were found silent and have not answered yet."""
    return (
        db.session.scalar(sa.select(sa.func.count()).select_from(Lapse.waiting().subquery())) or 0
    )
