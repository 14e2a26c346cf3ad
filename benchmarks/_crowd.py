"""A crowd: 100,000 people or more, with what each left in every room of the house.

Half of them are cards with an address, half are addresses alone; all of them read the letter, a
third registered for something, a tenth asked for something, all of them got a mail.
"""

from datetime import datetime, timedelta

from benchmarks._pages import settle
from benchmarks._rows import insert
from crm.contacts.details import Detail, DetailKind
from crm.contacts.people import Person
from crm.db import db, now
from crm.events.events import Event
from crm.events.registrations import Registration
from crm.filters import today
from crm.mail import Mail
from crm.newsletter.issues import Publication
from crm.newsletter.subscriptions import Basis, Consent, Purpose, Subscription
from crm.requests.kinds import RequestKind
from crm.requests.requests import SupportRequest

_YEARS = 6  # what they did is spread over so many: about half of them are silent since three


def gather(size: int) -> None:
    """Write these people, and all they did."""
    moment, half = now(), size // 2
    insert(Person, (
        {"first_name": "Awa", "last_name": f"Nom {n}", "created_at": _at(n, moment)}
        for n in range(1, half + 1)
    ))  # fmt: skip
    insert(Detail, (
        {"person_id": n, "kind": DetailKind.EMAIL, "value": email(n), "key": email(n)}
        for n in range(1, half + 1)
    ))  # fmt: skip
    db.session.add(letter := Publication(slug="mesure", name="Mesure"))
    db.session.flush()
    insert(Subscription, (
        {"id": n, "publication_id": letter.id, "email": email(n), "created_at": _at(n, moment)}
        for n in range(1, size + 1)
    ))  # fmt: skip
    insert(Consent, (
        {"subscription_id": n, "purpose": Purpose.RECEIVE, "basis": Basis.FORM,
         "wording": "", "source": "", "given_at": _at(n, moment), "confirmed_at": _at(n, moment)}
        for n in range(1, size + 1)
    ))  # fmt: skip
    _came(size, moment)
    insert(Mail, (
        {"recipient": email(n), "subject": "Votre inscription", "message": b"",
         "created_at": _at(n, moment), "next_try_at": None, "sent_at": _at(n, moment)}
        for n in range(1, size + 1)
    ))  # fmt: skip
    db.session.commit()
    settle()


def _came(size: int, moment: datetime) -> None:
    """A third of them registered for something, a tenth asked for something."""
    db.session.add(event := Event(
        slug="e", uid="u", title="Titre", first_day=today(), last_day=today(), ends_at=moment,
    ))  # fmt: skip
    db.session.flush()
    insert(Registration, (
        {"event_id": event.id, "state": "confirmed", "email": email(n),
         "created_at": _at(n, moment)}
        for n in range(1, size + 1, 3)
    ))  # fmt: skip
    insert(SupportRequest, (
        {"reference": f"D-{n}", "kind": RequestKind.OTHER, "email": email(n),
         "created_at": _at(n, moment)}
        for n in range(1, size + 1, 10)
    ))  # fmt: skip


def _at(number: int, moment: datetime) -> datetime:
    return moment - timedelta(days=number * 7919 % (_YEARS * 365))


def email(number: int) -> str:
    """The address of one of them, from 1 on; those of the first half are on cards."""
    return f"personne{number}@example.org"
