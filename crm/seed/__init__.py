"""The demonstration network: fictional, believable, the same every time."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click
import sqlalchemy as sa

from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.search.index import reindex_all
from crm.contacts.terms import Term
from crm.db import db, now
from crm.events.events import Event
from crm.identity import Identity
from crm.newsletter.issues import Issue
from crm.newsletter.items import Feed, Item
from crm.newsletter.subscriptions import Subscription
from crm.requests.requests import SupportRequest
from crm.seed import (
    answers,
    events,
    items,
    journal,
    ledger,
    letters,
    organisations,
    people,
    requests,
    subscribers,
    team,
    ties,
)
from crm.seed.network import SIZES, Network
from crm.seed.team import logins
from crm.users import User

__all__ = ["fill", "is_empty", "is_untouched", "logins"]


def _index(_network: Network) -> None:
    reindex_all()


# What each part is called while it is made; each one builds on those before it.
PARTS: tuple[tuple[str, Callable[[Network], None]], ...] = (
    ("l’équipe", team.fill),
    ("les organisations", organisations.fill),
    ("leurs liens", ties.fill),
    ("les personnes", people.fill),
    ("la recherche", _index),
    ("le journal", journal.fill),
    ("les contenus", items.fill),
    ("les lettres", letters.fill),
    ("les abonnés", subscribers.fill),
    ("les envois", ledger.fill),
    ("les demandes", requests.fill),
    ("les réponses brèves", answers.fill),
    ("les événements", events.fill),
)
_CONTENTS: tuple[type[Any], ...] = (
    Organisation, Person, Item, Feed, Subscription, Issue, SupportRequest, Event, Identity,
)  # fmt: skip


def is_empty() -> bool:
    """Whether nobody has put anything in the database yet, accounts aside."""
    return not any(_has(model) for model in _CONTENTS)


def is_untouched() -> bool:
    """Whether there is not even an account: nobody has begun to make this network their own."""
    return is_empty() and not _has(User)


def fill(size: str, *, progress: bool = False, at: datetime | None = None) -> None:
    """Put a whole network in an empty database: « mini » for tests, « reseau » at its true size.

    The caller commits. `progress` shows a bar, for a person at a terminal. Dates are told from
    `at` (now), so that the last number always left four weeks ago.
    """
    network = Network(SIZES[size], at or now())
    network.terms = {
        (vocabulary, code): number
        for number, vocabulary, code in db.session.execute(
            sa.select(Term.id, Term.vocabulary, Term.code)
        )
    }
    if not progress:
        for _, part in PARTS:
            part(network)
        return
    with click.progressbar(PARTS, label="Réseau de démonstration", item_show_func=_name) as bar:
        for _, part in bar:
            part(network)


def _has(model: type[Any]) -> bool:
    return bool(db.session.scalar(sa.select(sa.exists(sa.select(model.id)))))


def _name(step: tuple[str, Callable[[Network], None]] | None) -> str:
    return step[0] if step else ""
