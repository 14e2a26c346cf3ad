"""Personal: how events find someone, tell what they keep about them, and forget them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from crm.contacts.personal import speaks_of
from crm.db import change, db, now
from crm.events import holdings
from crm.events.erase import erase as erase_registration
from crm.events.erase import kept_about
from crm.events.event_files import EventFile
from crm.events.kinds import State
from crm.events.registrations import Registration
from crm.filters import plural
from crm.personal import Kept, Trace, Who

PROCESSINGS, HOLDINGS = holdings.PROCESSINGS, holdings.HOLDINGS
ABOUT_NOBODY = holdings.ABOUT_NOBODY

KIND = "inscription"
MONTH = timedelta(days=30)  # how long what a robot sent waits to be looked at
_MOST = 30


def find(words: str) -> Iterator[Trace]:
    """Registrations by the address or the name, the last one first."""
    query = sa.select(Registration).where(Registration.erased_at.is_(None))
    columns = (Registration.email, Registration.first_name, Registration.last_name)
    for word in words.split()[:5]:
        query = query.where(sa.or_(*(one.icontains(word, autoescape=True) for one in columns)))
    found = query.options(joinedload(Registration.event)).order_by(Registration.id.desc())
    for one in db.session.scalars(found.limit(_MOST)):
        yield Trace(f"{KIND}-{one.id}", one.name, one.email, f"inscription à {one.event.title}")


def resolve(kind: str, row_id: int) -> Who | None:
    found = db.session.get(Registration, row_id) if kind == KIND else None
    if found is None or found.erased_at is not None:
        return None
    return Who(
        emails=frozenset({found.email} - {""}),
        people=frozenset({found.person_id} - {None}),  # type: ignore[arg-type]
        names=((found.first_name, found.last_name),) if found.last_name else (),
        phones=frozenset({found.phone} - {""}),
        rows=frozenset({(KIND, found.id)}),
    )


def addresses(people: Iterable[int]) -> set[str]:
    mine = Registration.person_id.in_(sorted(people)), Registration.email != ""
    return set(db.session.scalars(sa.select(Registration.email).where(*mine)))


def disclose(who: Who) -> Iterator[Kept]:
    facts = [kept_about(one) for one in _of(who)]
    if facts:
        yield Kept("Inscriptions aux événements", facts)


def foresee(who: Who) -> Iterator[str]:
    found = _of(who)
    coming = [one.event.title for one in found if one.is_seated and not one.event.is_over]
    if found:
        yield (
            f"{plural(len(found), 'inscription')}\u00a0: nom, coordonnées et réponses "
            "disparaissent\u00a0; la place prise, et si elle a servi, reste comptée."
        )
    if coming:
        yield f"Sa place est rendue pour\u00a0: {', '.join(coming)}."


def erase(who: Who, keys: Sequence[str], *, objects: bool) -> None:
    for registration in _of(who):
        erase_registration(registration)
    for file in _waiting(who):
        db.session.delete(file)
    db.session.flush()
    db.session.expire_all()


def reread(table: str, ids: Iterable[int]) -> None:
    """Nothing here is found by texts that name others."""


def row_at(email: str) -> str | None:
    mine = Registration.email == email, Registration.erased_at.is_(None)
    found = db.session.scalar(sa.select(sa.func.max(Registration.id)).where(*mine))
    return f"{KIND}-{found}" if found else None


def signs() -> Iterator[Any]:
    """Registrations, and events they came to."""
    known = Registration.erased_at.is_(None), Registration.state != State.SUSPECT
    who = Registration.person_id, Registration.email
    for moment in (Registration.created_at, Registration.arrived_at, Registration.cancelled_at):
        said = sa.select(*who, moment, sa.literal("inscription"))
        yield said.where(*known, moment.is_not(None))


def consents() -> Iterator[Any]:
    """What was agreed to when registering: being told of the next ones."""
    its = Registration
    yield sa.select(
        sa.literal(KIND), its.id, its.email, its.news_at, its.news_at,
        sa.cast(sa.null(), its.news_at.type), sa.literal("être prévenu·e des événements"),
        sa.literal("inscription – ") + its.consent_version, its.news_text,
    ).where(its.news_at.is_not(None), its.erased_at.is_(None))  # fmt: skip


def tidy() -> None:
    """Throw away what a robot sent, and the files of lists, that nobody looked at in a month."""
    old = Registration.created_at < now() - MONTH
    change(sa.delete(Registration).where(Registration.state == State.SUSPECT, old))
    idle = EventFile.applied_at.is_(None), EventFile.created_at < now() - MONTH
    change(sa.delete(EventFile).where(*idle))


def _waiting(who: Who) -> list[EventFile]:
    """The lists whose file still waits, and speaks of them."""
    kept = sa.select(EventFile).where(sa.func.length(EventFile.content) > 0)
    return [file for file in db.session.scalars(kept) if speaks_of(file.content, who)]


def _of(who: Who) -> list[Registration]:
    """Their registrations; those brought along without an address are somebody else’s."""
    own = Registration.id.in_(sorted(number for kind, number in who.rows if kind == KIND))
    mine = sa.or_(who.among(Registration.email, Registration.person_id), own)
    query = sa.select(Registration).where(mine, Registration.erased_at.is_(None))
    return list(
        db.session.scalars(query.options(joinedload(Registration.event)).order_by(Registration.id))
    )
