"""Erasing: who registered goes away, that a place was taken stays (RGPD art. 17)."""

from typing import Any

import sqlalchemy as sa

from crm import mail
from crm.contacts.journal import Entry, EntryKind
from crm.db import change, db, now
from crm.events.afterwards import Certificate
from crm.events.links import card_url
from crm.events.register import discard, give_up
from crm.events.registrations import Registration
from crm.forgotten import remember
from crm.mail import Mail

KIND = "inscription"
_PERSONAL = ("first_name", "last_name", "email", "phone", "organisation_name", "function",
             "department", "access_needs", "group_name", "suspicion")  # fmt: skip


def erase(registration: Registration) -> None:
    """Take away everything that says who it was. Of an event to come, the place is given up. What
    a robot sent goes whole. It cannot be undone.
    """
    remember(KIND, registration.id, registration.created_at)
    if not registration.event.is_over:
        give_up(registration)
    discard(registration)
    db.session.flush()
    if registration not in db.session:
        return
    _forget_journal(registration)
    change(sa.delete(Certificate).where(Certificate.registration_id == registration.id))
    mail.forget(Mail.recipient == registration.email, Mail.recipient != "")
    for name in _PERSONAL:
        setattr(registration, name, "")
    registration.answers, registration.news_at = {}, None
    registration.person = registration.organisation = None
    registration.link_version = (registration.link_version + 1) % 256
    registration.erased_at = now()
    db.session.flush()


def _forget_journal(registration: Registration) -> None:
    """What the journal of their organisation says of this event no longer names anybody."""
    if registration.person_id is None:
        return
    line = Entry.person_id == registration.person_id, Entry.link == card_url(registration.event)
    said = sa.update(Entry).where(Entry.kind == EntryKind.EVENT, *line)
    change(said.values(text="Inscription (effacée à la demande de la personne)"))


def kept_about(registration: Registration) -> dict[str, Any]:
    """All that is kept about a registration, for who made it, in French."""
    asked = {one["key"]: one.get("label", one["key"]) for one in registration.event.questions}
    return {
        "événement": registration.event.title,
        "le": registration.event.first_day,
        "où en est l’inscription": registration.state.label,
        "prénom": registration.first_name,
        "nom": registration.last_name,
        "courriel": registration.email,
        "téléphone": registration.phone,
        "organisation": registration.organisation_name,
        "fonction": registration.function,
        "département": registration.department,
        "groupe": registration.group_name,
        "places": registration.seats,
        "réponses": {asked.get(key, key): said for key, said in registration.answers.items()},
        "besoins d’accessibilité": registration.access_needs,
        "information donnée": registration.consent_text,
        "version": registration.consent_version,
        "accord pour être prévenu·e des suivants": registration.news_text,
        "donné": registration.news_at,
        "inscription faite": registration.created_at,
        "confirmée": registration.confirmed_at,
        "annulée": registration.cancelled_at,
        "présence": registration.attendance.label if registration.attendance else "",
        "arrivée": registration.arrived_at,
    }
