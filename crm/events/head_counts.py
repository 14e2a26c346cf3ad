"""Head-counts: how many came, when nobody was marked by name; asked for until somebody says."""

from datetime import timedelta

import sqlalchemy as sa

from crm.config import Settings
from crm.db import db, now
from crm.events.afterwards import EventRules, FollowUp
from crm.events.events import Event
from crm.events.kinds import CountKind
from crm.filters import plural
from crm.jobs import every
from crm.mail import post, wake
from crm.users import User

MOST = 100_000


def give(event: Event, number: int | None, kind: CountKind | None, by: User | None = None) -> None:
    """Say how many came, and how that is known; None takes it back: it is missing again.

    Raises ValueError, in French, for what is no number of people.
    """
    if number is None:
        event.head_count = event.head_count_kind = None
        event.tell("Nombre de participants retiré", by)
        return
    if not 0 <= number <= MOST:
        raise ValueError("Écrivez un nombre de personnes, de 0 à 100 000.")
    kind = kind or CountKind.COUNTED
    event.head_count, event.head_count_kind = number, kind
    event.tell(f"{plural(number, 'participant')} ({kind.label})", by)
    FollowUp.of(event).given_up_at = None


def is_missing(event: Event) -> bool:
    """Whether nobody has said yet how many came to something that is over."""
    return (event.is_over and not event.is_cancelled and event.head_count is None
            and not event.came)  # fmt: skip


def missing() -> sa.Select[Event]:
    """The events whose number of participants is missing, the last one first; those that nobody
    will ever know are left alone."""
    given_up = sa.select(FollowUp.event_id).where(FollowUp.given_up_at.is_not(None))
    return (
        sa.select(Event)
        .where(
            Event.ends_at <= now(), Event.cancelled_at.is_(None),
            Event.head_count.is_(None), Event.came == 0, Event.id.not_in(given_up),
        )
        .order_by(Event.last_day.desc(), Event.id.desc())
    )  # fmt: skip


def count_missing(officer: User | None = None) -> int:
    """How many are missing: of all events, or of those somebody is in charge of."""
    found = missing().order_by(None)
    if officer is not None:
        found = found.where(Event.officer_id == officer.id)
    return db.session.scalar(sa.select(sa.func.count()).select_from(found.subquery())) or 0


def give_up(event: Event, by: User | None = None) -> None:
    """Nobody will ever know: it stays missing, and is asked for no more. Safe to repeat."""
    follow_up = FollowUp.of(event)
    if follow_up.given_up_at is None:
        follow_up.given_up_at = now()
        event.tell("Nombre de participants inconnu\u00a0: il n’est plus demandé", by)


@every(hours=1)
def ask_missing() -> None:
    """Ask those in charge, one mail each with all that they owe, every few days until they say."""
    rules = EventRules.current()
    since = now() - timedelta(days=rules.ask_after)
    asked_lately = sa.select(FollowUp.event_id).where(
        FollowUp.asked_at > now() - timedelta(days=rules.ask_every)
    )
    owed = missing().where(Event.ends_at <= since, Event.officer_id.is_not(None))
    by_officer: dict[int, list[Event]] = {}
    for event in db.session.scalars(owed.where(Event.id.not_in(asked_lately))):
        assert event.officer_id is not None
        by_officer.setdefault(event.officer_id, []).append(event)
    for events in by_officer.values():
        _ask(events)
    if by_officer:
        db.session.commit()
        wake()


def _ask(events: list[Event]) -> None:
    officer = events[0].officer
    if officer is None or not officer.is_active:
        return
    for event in events:
        FollowUp.of(event).asked_at = now()
    post(
        officer.email,
        "events/head_counts",
        subject=f"Combien de personnes\u00a0? {plural(len(events), 'événement')} à compléter",
        events=events,
        page=f"{Settings.current().base_url}/gestion/evenements/effectifs",
    )
