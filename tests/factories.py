"""The people of the tests, and short ways to make the things they work on."""

import itertools
from datetime import date, datetime, timedelta
from functools import cache

from crm import users
from crm.db import db, now
from crm.newsletter.issues import Publication
from crm.newsletter.items import Feed, Item, Kind
from crm.newsletter.subscriptions import Basis, Subscription
from crm.users import User, UserRole

PASSWORD = "un mot de passe de test"
_numbers = itertools.count(1)


def _user(email: str, name: str, role: UserRole) -> User:
    user = User(email=email, name=name, role=role, password_hash=_hashed())
    user.password_changed_at = now()
    return save(user)


@cache
def _hashed() -> str:
    """The hash of everybody's password: making sure that it is a good one takes long."""
    return users.hasher.hash(PASSWORD)


def awa() -> User:
    """Awa is the communication officer: she composes the letter and sends it."""
    return _user("awa@example.org", "Awa Diallo", UserRole.COMMUNICATION)


def benoit() -> User:
    """Benoît is a project officer: he answers the telephone and finds who is calling."""
    return _user("benoit@example.org", "Benoît Faure", UserRole.OFFICER)


def nadia() -> User:
    """Nadia is the administrator: she alone changes accounts and the network's identity."""
    return _user("nadia@example.org", "Nadia Roche", UserRole.ADMIN)


def luc() -> User:
    """Luc only reads."""
    return _user("luc@example.org", "Luc Martin", UserRole.READER)


def save(thing):
    db.session.add(thing)
    db.session.flush()
    return thing


def resaclic() -> Publication:
    return Publication.find("resaclic")


def item(kind: Kind = Kind.NEWS, **values) -> Item:
    number = next(_numbers)
    values = {
        "title": f"Titre {number}",
        "summary": f"Résumé {number}.",
        "url": f"https://reseau.example.org/{kind.value}/{number}",
        "published_at": now() - timedelta(hours=number % 24),
    } | values
    values.setdefault("canonical_url", values["url"].removeprefix("https://"))
    return save(Item(kind=kind, **values))


def feed(url: str = "https://reseau.example.org/flux", kind: Kind = Kind.NEWS) -> Feed:
    return save(Feed(url=url, kind=kind))


def subscriber(email: str | None = None, publication: Publication | None = None, **values):
    """Someone who receives the letter: the consent is confirmed."""
    subscription = Subscription(
        publication=publication or resaclic(),
        email=email or f"abonne{next(_numbers)}@example.org",
        **values,
    )
    subscription.consent(Basis.FORM, "Je m’abonne.", "test", confirmed=True)
    return save(subscription)


def in_days(count: int, start: date | datetime | None = None) -> date:
    return (start or now().date()) + timedelta(days=count)
