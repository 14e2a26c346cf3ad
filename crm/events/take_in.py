"""Taking in: a past table that was rehearsed becomes events, whole or not at all, and once."""

import re
from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from crm.contacts.fold import fold
from crm.contacts.journal import EntryKind
from crm.contacts.matching import by_name
from crm.contacts.organisations import Organisation
from crm.contacts.terms import Term, Vocabulary
from crm.db import db, in_turn
from crm.events.events import Event
from crm.events.partners import Partnership
from crm.events.past_tables import PastEvent
from crm.events.rehearse_table import Line, Outcome, Rehearsal, missions_by_key, place_of
from crm.events.schedule import Day, new_uid, schedule
from crm.events.typed_cells import Place, kind_of, mission_key
from crm.events.typed_dates import say_dates
from crm.filters import plural
from crm.text import cut
from crm.users import User

_SLUG = 100  # characters


class NotWhole(ValueError):
    """Some rows have to be corrected first: a table goes in whole or not at all."""


def apply(rehearsal: Rehearsal, *, name: str, by: User | None = None) -> list[Event]:
    """Make and complete the events. Raises NotWhole; nothing is committed."""
    refused = rehearsal.totals[Outcome.REFUSED]
    if refused:
        count = plural(refused, "ligne est", "lignes sont")
        raise NotWhole(f"{count} à corriger\u00a0: rien n’a été changé.")
    in_turn("past tables")
    missions = missions_by_key() | _created(rehearsal.unknown_missions)
    slugs = set(db.session.scalars(sa.select(Event.slug)))
    names = {partner for line in rehearsal.lines for partner in line.row.partners}
    organisations = {partner: by_name(partner) for partner in names}
    done = []
    with db.session.no_autoflush:  # all of them are written at once
        for line in rehearsal.lines:
            event = _make(line, slugs) if line.outcome is Outcome.NEW else line.event
            if event is None or line.outcome is Outcome.KNOWN:
                continue
            _fill(event, line.row, missions, organisations)
            words = f"Repris du tableau «\u00a0{cut(name, 200)}\u00a0», ligne {line.row.line}"
            event.tell(words, by)
            done.append(event)
    db.session.flush()
    _log(done)
    return done


def _created(unknown: dict[str, str]) -> dict[str, Term]:
    known = list(db.session.scalars(Term.of(Vocabulary.MISSION)))
    made = {}
    for position, (key, label) in enumerate(unknown.items(), len(known) + 1):
        code = re.sub(r"\W+", "-", key)[:60].strip("-")
        made[key] = Term(vocabulary=Vocabulary.MISSION, code=code, label=label, position=position)
        db.session.add(made[key])
    return made


def _make(line: Line, slugs: set[str]) -> Event:
    row = line.row
    event = Event(
        title=row.title,
        kind=kind_of(row.title),
        slug=_slug(row.title, row.dates[0], slugs),
        uid=new_uid(),
        import_key=line.key,
        typed=dict(row.typed),
        takes_registrations=False,
        is_online=False,
        department="",
        venue="",
        commune="",
        came=0,
    )
    db.session.add(event)
    schedule(event, [Day(one) for one in row.dates])
    return event


def _slug(title: str, day: date, taken: set[str]) -> str:
    words = fold(title).encode("ascii", "ignore").decode().split()
    stem = "-".join(words)[:_SLUG].strip("-") or "evenement"
    wanted, number = f"{stem}-{day:%Y-%m-%d}", 1
    while wanted in taken:
        number += 1
        wanted = f"{stem}-{day:%Y-%m-%d}-{number}"
    taken.add(wanted)
    return wanted


def _fill(
    event: Event,
    row: PastEvent,
    missions: dict[str, Term],
    organisations: dict[str, Organisation | None],
) -> None:
    """Say what the row says, where the event says nothing yet."""
    if event.head_count is None and row.count is not None and not event.came:
        event.head_count, event.head_count_kind = row.count.number, row.count.kind
    event.mission = event.mission or missions.get(mission_key(row.mission))
    if place_of(event) == Place() and not event.commune:
        event.is_online = row.place.is_online
        event.department, event.venue = row.place.department, row.place.words
    if not event.partners:
        for position, name in enumerate(row.partners):
            event.partners.append(
                Partnership(name=name, name_key=fold(name)[:300],
                            organisation=organisations[name], position=position)
            )  # fmt: skip
    if event.import_key is not None:
        event.typed = {**event.typed, **row.typed}


def _log(events: Sequence[Event]) -> None:
    """The partners that have a card read it in their journal, on the day it was."""
    for event in events:
        days = say_dates(one.day for one in event.held)
        for partner in event.partners:
            if partner.organisation is not None:
                partner.organisation.log(
                    f"Partenaire de «\u00a0{event.title}\u00a0» ({days})",
                    EntryKind.EVENT,
                    at=event.held[0].begin,
                    link=f"/gestion/evenements/{event.id}",
                )
