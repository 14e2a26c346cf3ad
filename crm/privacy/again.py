"""Again: what was erased since a backup is erased again after its return, before anything leaves.

What a mark was made of is looked for in the restored tables: each row that could have been erased
says what it is, and is erased when its mark is known. See crm.forgotten.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from crm.config import Settings
from crm.contacts.people import Person
from crm.db import change, db
from crm.events import erase as events
from crm.events.registrations import Registration
from crm.forgotten import Forgotten, marks
from crm.jobs import every
from crm.newsletter import propose
from crm.newsletter.propositions import Proposition
from crm.newsletter.readers import erase as readers
from crm.newsletter.subscriptions import LEFT, Subscription
from crm.personal import Who
from crm.privacy import scrub
from crm.privacy.erase import CARD, PERSON, erase
from crm.privacy.erasures import Reason
from crm.privacy.identify import identify
from crm.privacy.retain import key_of
from crm.privacy.silence import every_address
from crm.requests import erase as requests
from crm.requests.requests import SupportRequest

_STEP = 1000  # rows read at once

# Rows that people erase by themselves, on their own pages.
_ROWS: tuple[tuple[str, Any, Callable[[Any], None]], ...] = (
    (requests.KIND, SupportRequest, requests.erase),
    (events.KIND, Registration, events.erase),
    (propose.KIND, Proposition, propose.erase),
)


@every(minutes=5)
def erase_what_is_due() -> None:
    """What a restoration that was killed left to do."""
    erase_again()


def erase_again(old_keys: Sequence[str] = ()) -> int:
    """Erase what a restored backup brought back; how many there were. Commits.

    `old_keys`: keys of before, besides those of the settings. Safe to repeat, and to be killed in:
    what is left is done the next time, and nothing leaves meanwhile (see crm.keeping.resume).
    """
    due = {one.mark: one.kind for one in db.session.scalars(Forgotten.due())}
    if not due:
        db.session.commit()  # nobody waits for us to write
        return 0
    known = _Known(due, (*Settings.current().keys, *old_keys))
    # People first: what is theirs goes with them, and is counted once.
    count = _people(known) + _rows(known) + _letters(known) + _leave(known)
    change(sa.update(Forgotten).where(Forgotten.due_since.is_not(None)).values(due_since=None))
    db.session.commit()
    scrub.wake()
    return count


class _Known:
    """The marks that are looked for."""

    def __init__(self, due: dict[str, str], keys: Sequence[str]) -> None:
        self.due, self.keys = due, keys
        self.kinds = set(due.values())

    def has(self, kind: str, *what: object) -> bool:
        return kind in self.kinds and any(one in self.due for one in marks(kind, what, self.keys))


def _leave(known: _Known) -> int:
    """Letters that were left since."""
    query = sa.select(Subscription.id, Subscription.created_at)
    query = query.where(Subscription.left_at.is_(None), Subscription.erased_at.is_(None))
    found = [row.id for row in _read(LEFT, known, query) if known.has(LEFT, row.id, row.created_at)]
    for one in found:
        db.session.get_one(Subscription, one).unsubscribe()
    return len(found)


def _rows(known: _Known) -> int:
    count = 0
    for kind, model, again in _ROWS:
        query = sa.select(model.id, model.created_at).where(model.erased_at.is_(None))
        found = [
            row.id for row in _read(kind, known, query) if known.has(kind, row.id, row.created_at)
        ]
        for one in found:
            again(db.session.get_one(model, one))
        count += len(found)
    return count


def _letters(known: _Known) -> int:
    """Addresses that their readers had us forget."""
    kind, query = readers.KIND, sa.select(Subscription.email).distinct()
    found = [row.email for row in _read(kind, known, query) if known.has(kind, row.email)]
    for email in found:
        readers.erase(email, known.keys)
    return len(found)


def _people(known: _Known) -> int:
    """People, by their cards, then by the addresses that are on none."""
    count = 0
    for reason in Reason:
        kind = PERSON + reason
        cards = _cards(kind, known)
        emails = {
            row.email for row in _read(kind, known, every_address()) if known.has(kind, row.email)
        }
        for key in [*(key_of(one, "") for one in cards), *(key_of(None, one) for one in emails)]:
            who = _only(key, cards, emails)
            if who is not None:
                erase(who, reason)
                count += 1
    return count


def _cards(kind: str, known: _Known) -> set[int]:
    return {
        row.id
        for row in _read(kind, known, sa.select(Person.id, Person.created_at))
        if known.has(kind, CARD, row.id, row.created_at)
    }


def _only(key: str | None, cards: set[int], emails: set[str]) -> Who | None:
    """Who this is, without what was not erased with them."""
    found = identify(key) if key else None
    if found is None:
        return None
    who = found.who
    return replace(who, emails=who.emails & emails, people=who.people & cards, user_id=None)


def _read(kind: str, known: _Known, query: sa.Executable) -> Iterator[Any]:
    """Rows, unless nothing of this kind is looked for."""
    if kind in known.kinds:
        yield from db.session.execute(query, execution_options={"yield_per": _STEP})
