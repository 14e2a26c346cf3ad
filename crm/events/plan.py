"""Planning: an event is made, published, changed, copied or called off, and everyone is told."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from crm.contacts.fold import fold
from crm.contacts.matching import by_name
from crm.contacts.terms import Term
from crm.db import change, db, now
from crm.events.documents import Document
from crm.events.events import Event
from crm.events.kinds import SEATED, Owed, Part, State
from crm.events.offers import promote
from crm.events.partners import Partnership
from crm.events.registrations import Registration
from crm.events.schedule import Day, new_uid, schedule
from crm.events.wording import address, when, where
from crm.text import cut, one_line
from crm.users import User

_SLUG = 80  # characters
_ADDRESSES = {"widget"}  # of the programme itself
_FOLLOW = (*SEATED, State.WAITING)  # those who are told what becomes of an event

# What a copy has of its original: all but its days, its places taken, and what came of it.
_COPIED = (
    "title", "text", "kind", "mission_id", "project", "audience", "series_id", "officer_id",
    "is_online", "online_url", "venue", "street", "postcode", "commune", "department",
    "takes_registrations", "registration_url", "capacity", "most_together", "offer_hours",
    "questions",
)  # fmt: skip


def make(values: Mapping[str, Any], days: Iterable[Day] = (), by: User | None = None) -> Event:
    """A new event, that nobody outside the team sees yet. Raises BadDays."""
    event = Event(uid=new_uid(), slug=free_slug(str(values["title"])), **values)
    db.session.add(event)
    schedule(event, days)
    event.tell("Événement préparé", by)
    db.session.flush()
    return event


def free_slug(title: str) -> str:
    """An address that no event has: « forum-2027 », then « forum-2027-2 »."""
    plain = re.sub(r"[^a-z0-9]+", "-", fold(title)).strip("-")
    stem = plain[:_SLUG].strip("-") or "evenement"
    same = sa.select(Event.slug).where(Event.slug.startswith(stem, autoescape=True))
    used, number = {*_ADDRESSES, *db.session.scalars(same)}, 1
    slug = stem
    while slug in used:
        number += 1
        slug = f"{stem}-{number}"
    return slug


def publish(event: Event, by: User | None = None) -> None:
    """Show it to the public. Safe to repeat."""
    if event.published_at is None:
        event.published_at = event.updated_at = now()
        event.tell("Publié dans l’agenda", by)


def withdraw(event: Event, by: User | None = None) -> None:
    """Show it to the team only; registrations stay. Safe to repeat."""
    if event.published_at is not None:
        event.published_at = None
        event.updated_at = now()
        event.tell("Retiré de l’agenda", by)


def amend(
    event: Event, values: Mapping[str, Any], days: Iterable[Day], by: User | None = None
) -> list[str]:
    """Change an event; what changed that those registered have to know, in words: they are told.

    Calendars get a higher sequence, and freed or added places go to those who wait. Raises BadDays.
    """
    before, sequences = _told(event), {one.id: one.sequence for one in event.sessions}
    for name, value in values.items():
        setattr(event, name, value)
    schedule(event, days)
    db.session.flush()
    news = [words for words, old, new in _compared(before, _told(event)) if old != new]
    if news:
        for session in event.held:
            if sequences.get(session.id) == session.sequence:
                session.sequence += 1
                session.updated_at = now()
        _announce(event, news, by)
    promote(event)
    return news


def _told(event: Event) -> dict[str, str]:
    """What those registered know of an event, in words."""
    link = event.online_url if event.is_online else ""
    return {"title": event.title, "when": when(event), "where": address(event) or where(event),
            "online": "en ligne" if event.is_online else "", "link": link}  # fmt: skip


def _compared(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str, str]]:
    said = {
        "title": f"le titre\u00a0: {after['title']}",
        "when": f"la date\u00a0: {after['when']} (avant\u00a0: {before['when']})",
        "where": f"le lieu\u00a0: {after['where'] or 'à préciser'}",
        "online": "il se tient en ligne" if after["online"] else "il ne se tient plus en ligne",
        "link": "le lien pour se connecter",
    }
    return [(words, before[key], after[key]) for key, words in said.items()]


def _announce(event: Event, news: list[str], by: User | None) -> None:
    event.news = cut(" ; ".join(news), 1000)
    event.tell(f"Changé\u00a0: {event.news}", by)
    if not event.is_over and not event.is_cancelled:
        _owe_everyone(event, Owed.MOVED)


def cancel(event: Event, why: str = "", by: User | None = None) -> int:
    """Call it off: calendars and everyone registered are told. How many will be. Safe to repeat."""
    if event.is_cancelled:
        return 0
    event.cancelled_at = event.updated_at = now()
    event.cancelled_why = cut(one_line(why), 500)
    for session in event.held:
        session.sequence += 1
        session.updated_at = now()
    event.tell("Annulé", by)
    return 0 if event.is_over else _owe_everyone(event, Owed.OFF)


def restore(event: Event, by: User | None = None) -> int:
    """It takes place after all: everyone who had a place still has it, and is told."""
    if not event.is_cancelled:
        return 0
    event.cancelled_at, event.cancelled_why, event.updated_at = None, "", now()
    for session in event.held:
        session.sequence += 1
        session.updated_at = now()
    event.news = "il a bien lieu, contrairement à ce que nous vous avions écrit"
    event.tell("Rétabli", by)
    return 0 if event.is_over else _owe_everyone(event, Owed.MOVED)


def _owe_everyone(event: Event, what: Owed) -> int:
    """A mail for each address that follows this event; a worker writes them. Who has not been told
    yet of a place that is theirs is told of it first, with what the event has become."""
    db.session.flush()
    everyone = sa.update(Registration).where(
        Registration.event_id == event.id,
        Registration.state.in_(_FOLLOW),
        Registration.email != "",
    )
    if what is Owed.MOVED:
        everyone = everyone.where(Registration.owed.is_distinct_from(Owed.STATE))
    return change(everyone.values(owed=what).execution_options(synchronize_session=False))


def followers(event: Event) -> int:
    """How many people a change would be told to."""
    mine = sa.select(sa.func.count(Registration.id)).where(
        Registration.event_id == event.id,
        Registration.state.in_(_FOLLOW),
        Registration.email != "",
    )
    return db.session.scalar(mine) or 0


def duplicate(event: Event, days: Iterable[Day] = (), by: User | None = None) -> Event:
    """The same again, at other dates, for the team to complete. Raises BadDays."""
    copy = make({name: getattr(event, name) for name in _COPIED}, days, by)
    copy.themes = list(event.themes)
    for one in event.partners:
        copy.partners.append(
            Partnership(
                name=one.name, name_key=one.name_key, organisation_id=one.organisation_id,
                part=one.part, position=one.position,
            )
        )  # fmt: skip
    for file in event.documents:
        copy.documents.append(
            Document(name=file.name, title=file.title, size=file.size, content=file.content,
                     shown=file.shown)
        )  # fmt: skip
    db.session.flush()
    return copy


def set_partners(event: Event, partners: Iterable[tuple[str, Part]]) -> None:
    """Have these partners, in this order. A name that is surely an organisation's is tied to it;
    one that was tied by hand stays so."""
    known = {(one.name, one.part): one for one in event.partners}
    kept = []
    for position, (name, part) in enumerate(dict.fromkeys(partners)):
        one = known.get((name, part)) or Partnership(name=name, part=part)
        if one.organisation_id is None:
            one.organisation = by_name(name)
        one.name_key, one.position = fold(name)[:300], position
        kept.append(one)
    event.partners = kept


def set_themes(event: Event, themes: Iterable[Term]) -> None:
    event.themes = list(themes)
    event.updated_at = now()
