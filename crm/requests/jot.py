"""Jotting down: a short answer kept once, whatever the network did on its way."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crm.contacts.departments import DEPARTMENTS
from crm.contacts.fold import fold
from crm.contacts.journal import EntryKind
from crm.contacts.kinds import ContactKind
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.search.suggest import suggest
from crm.contacts.terms import Term, Vocabulary
from crm.db import db, now
from crm.requests.answers import Answer
from crm.requests.kinds import Channel, Public, RequestKind
from crm.requests.requests import SupportRequest
from crm.requests.submit import submit
from crm.text import cut, one_line, row_number
from crm.users import User

KEY = 64  # characters
OLDEST = timedelta(days=90)  # what a device says of older hours is not believed
# The most frequent first, as buttons show them.
CHANNELS = (Channel.PHONE, Channel.STAND, Channel.MAIL, Channel.VISIT, Channel.VIDEO,
            Channel.SOCIAL)  # fmt: skip


def jot(said: Mapping[str, Any], by: User) -> Answer | None:
    """Keep a short answer. Sent twice with the same key, it is kept once; None without a key.

    Nothing of it is refused, since the device would keep it for ever: what means nothing is left
    out. Nothing is committed.
    """
    key = _line(said, "key", KEY)
    if not key:
        return None
    known = sa.select(Answer).where(Answer.key == key)
    try:
        with db.session.begin_nested():
            found = db.session.scalar(known)
            if found is not None:
                return found
            answer = Answer(key=key, user=by, **facts(said), at=_moment(said.get("at")))
            db.session.add(answer)
    except sa.exc.IntegrityError:  # the same one, sent at the same moment
        return db.session.scalar(known)
    _link(answer, _line(said, "contact", 200), by)
    return answer


def facts(said: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that figures count, as far as they mean something."""
    channel, public = _line(said, "channel", 30), _line(said, "public", 30)
    department = _line(said, "department", 3) or _line(said, "other_department", 3)
    return {
        "channel": Channel(channel) if channel in set(CHANNELS) else Channel.PHONE,
        "public": Public(public) if public in set(Public) else None,
        "theme": _theme(_line(said, "theme", 20)),
        "department": department if department in DEPARTMENTS else "",
        "note": _line(said, "note", 500),
        "place": _line(said, "place", 120),
        "people": min(max(row_number(said.get("people")), 1), 1000),
    }


def _line(said: Mapping[str, Any], name: str, length: int) -> str:
    value = said.get(name)
    return cut(one_line(str(value)), length) if isinstance(value, str | int) else ""


def _theme(typed: str) -> Term | None:
    term = db.session.get(Term, row_number(typed)) if row_number(typed) else None
    return term if term is not None and term.vocabulary is Vocabulary.THEME else None


def _moment(value: Any) -> datetime:
    """When the device says it was; now when its clock cannot be right."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return now()
    believed = at.tzinfo is not None and now() - OLDEST < at < now() + timedelta(minutes=5)
    return at if believed else now()


def _link(answer: Answer, contact: str, by: User) -> None:
    """Tie it to the card so named, if one is; what is not sure stays in the note."""
    if not contact:
        return
    found = _card(contact)
    if found is None:
        answer.note = cut(" – ".join(filter(None, (answer.note, f"Contact : {contact}"))), 500)
        return
    if isinstance(found, Person):
        answer.person = found
        roles = found.current_roles
        answer.organisation = roles[0].organisation if roles else None
    else:
        answer.organisation = found
    db.session.flush()
    told = ", ".join(filter(None, (answer.theme.label if answer.theme else "", answer.note)))
    found.log(f"Réponse brève ({answer.channel.label.lower()}){' : ' + told if told else ''}",
              EntryKind.REQUEST, by=by, link=f"/gestion/demandes/reponses/{answer.id}")  # fmt: skip


def _card(contact: str) -> Person | Organisation | None:
    """« person-12 », or a whole name that one card alone has."""
    kind, _, number = contact.partition("-")
    models: dict[str, Any] = {"person": Person, "organisation": Organisation}
    if kind in models and row_number(number):
        card: Person | Organisation | None = db.session.get(models[kind], row_number(number))
        return card
    named = [hit for hit in suggest(contact, 5) if fold(hit.name) == fold(contact)]
    if len(named) != 1:
        return None
    model: Any = Person if named[0].type is ContactKind.PERSON else Organisation
    alone: Person | Organisation | None = db.session.get(model, named[0].id)
    return alone


def become_request(answer: Answer, by: User) -> SupportRequest:
    """A short answer was not enough: it becomes a request. Safe to repeat."""
    if answer.request is not None:
        return answer.request
    person, organisation = answer.person, answer.organisation
    answer.request = submit(
        {
            "kind": RequestKind.INFORMATION, "theme_id": answer.theme_id, "public": answer.public,
            "need": answer.note or "Suite d’une réponse brève.", "department": answer.department,
            "first_name": person.first_name if person else "",
            "last_name": person.last_name if person else "",
            "organisation_name": organisation.name if organisation else "",
            "person_id": answer.person_id, "organisation_id": answer.organisation_id,
        },
        channel=answer.channel, by=by,
    )  # fmt: skip
    answer.request.assign(by, by=by)
    return answer.request


def usual_departments(most: int = 12) -> list[str]:
    """The departments one speaks with most, in their order; those of the cards at first."""
    recent = sa.select(Answer.department).where(
        Answer.at > now() - timedelta(days=400), Answer.department != ""
    )
    some = recent.order_by(Answer.at.desc()).limit(2000).subquery()
    found = _most_common(some, most)
    if len(found) < most:
        cards = sa.select(Organisation.department).where(Organisation.department != "")
        more = _most_common(cards.limit(2000).subquery(), most)
        found += [one for one in more if one not in found]
    return sorted(found[:most])


def _most_common(some: sa.Subquery, most: int) -> list[str]:
    column, count = some.c.department, sa.func.count()
    rows = sa.select(column).group_by(column).order_by(count.desc(), column).limit(most)
    return list(db.session.scalars(rows))
