"""Change: writes what was typed on a card, and tells the journal and the search.

It notices when someone else changed the same card meanwhile.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from crm.contacts.details import Detail
from crm.contacts.facts import Contact, facts_of
from crm.contacts.journal import Change, Entry, EntryKind
from crm.contacts.search.index import index
from crm.db import db, now
from crm.users import User

SIDES = ("before", "after")


@dataclass(frozen=True)
class Clash:
    """A fact that became something else while it was being edited here."""

    field: str
    label: str
    before: str
    after: str
    by: User | None = None
    at: datetime | None = None  # None when the journal does not say who or when


@dataclass(frozen=True)
class Outcome:
    """What to write, what to ask about first, and what others changed that stays."""

    values: dict[str, Any]
    clashes: list[Clash]
    kept: list[Clash]


def saved(*contacts: Contact) -> None:
    """Let the search know: every change of a card ends here."""
    for contact in contacts:
        index(contact)


def create(contact: Contact, values: Mapping[str, Any], *, by: User | None = None) -> None:
    """Make a new card, with these values, by name of fact."""
    facts = facts_of(contact)
    for name, value in values.items():
        facts[name].set(contact, value)
    db.session.add(contact)
    contact.log("Fiche créée", by=by)
    saved(contact)


def edit(contact: Contact, values: Mapping[str, Any], *, by: User | None = None) -> list[Change]:
    """Give the card these values, by name of fact, and return what changed."""
    facts = facts_of(contact)
    changes = []
    for name, value in values.items():
        fact = facts[name]
        if name == "forgotten":
            changes += _forget(contact, value)
            continue
        before = fact.text(contact)
        fact.set(contact, value)
        after = fact.text(contact)
        if before != after:
            changes.append(Change(name, fact.label, before, after, fact.said, fact.several))
    if changes:
        contact.updated_at = now()
        contact.log_changes(changes, by=by)
        saved(contact)
    return changes


def _forget(contact: Contact, details: Sequence[Detail]) -> list[Change]:
    """Forget these mails and numbers for good: in what the journal kept of them too."""
    for entry in db.session.scalars(Entry.of(contact, EntryKind.CARD)) if details else ():
        for detail in details:
            entry.changes = [
                change | {side: change[side].replace(detail.value, "…") for side in SIDES}
                for change in entry.changes
            ]
    fact = facts_of(contact)["forgotten"]
    fact.set(contact, details)
    return [Change(fact.name, fact.label, "", "", fact.said)] if details else []


def snapshot(contact: Contact, names: Iterable[str]) -> dict[str, str]:
    """What the card says of these facts: whoever edits it shows it again when they are done."""
    facts = facts_of(contact)
    return {name: facts[name].text(contact) for name in names}


def reconcile(contact: Contact, values: Mapping[str, Any], seen: Mapping[str, str]) -> Outcome:
    """`values` typed by someone who had seen this snapshot of the card, which may have changed.

    What they did not touch stays as it is today. What both sides changed, and differently, is a
    clash: only they can tell.
    """
    facts, outcome = facts_of(contact), Outcome(dict(values), [], [])
    for name in values:
        fact = facts[name]
        typed, today = fact.shown(values[name]), fact.text(contact)
        before = seen.get(name, today)
        if today in (before, typed):
            continue
        clash = _dated(contact, Clash(name, fact.label, before, today))
        if typed == before:
            outcome.values[name] = fact.get(contact)
            outcome.kept.append(clash)
        else:
            outcome.clashes.append(clash)
    return outcome


def _dated(contact: Contact, clash: Clash) -> Clash:
    """The same, with who did it and when, if the journal says so."""
    for entry in db.session.scalars(Entry.of(contact, EntryKind.CARD).limit(100)):
        if any(change["field"] == clash.field for change in entry.changes):
            return replace(clash, by=entry.user, at=entry.at)
    return clash


def archive(contact: Contact, *, by: User | None = None) -> None:
    """Put the card away: it is found last, and no longer offered. Safe to repeat."""
    if contact.archived_at is None:
        contact.archived_at = now()
        contact.log("Fiche archivée", by=by)
        saved(contact)


def restore(contact: Contact, *, by: User | None = None) -> None:
    """Take an archived card out again. Safe to repeat."""
    if contact.archived_at is not None:
        contact.archived_at = None
        contact.log("Fiche restaurée", by=by)
        saved(contact)
