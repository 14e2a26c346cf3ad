"""Index: keeps what the search knows of a contact up to date, in the same transaction.

Whoever changes a card calls `index(contact)` after the change; nothing happens by itself.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import sqlalchemy as sa

from crm.contacts.kinds import ContactKind
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person, Role
from crm.contacts.search import bitmaps, refill, store
from crm.contacts.search.documents import Document, Within, documents, key_of
from crm.db import db

Contact = Organisation | Person
Progress = Callable[[int, int], None]  # done, in all

_STEP = 2000  # contacts read at once when everything is indexed again


def index(contact: Contact) -> None:
    """Let the search know what this card says now; its people follow when it is an organisation."""
    db.session.flush()
    index_many(_kind(contact), [contact.id])


def forget(contact: Contact) -> None:
    """Let the search know that this card is going away: call it before the card is deleted."""
    store.remove([key_of(_kind(contact), contact.id)])


def index_many(kind: ContactKind, ids: Iterable[int]) -> None:
    """The same as `index` for many contacts of one kind; those that are gone are forgotten."""
    db.session.flush()
    wanted = sorted(set(ids))
    for some in store.batches(wanted):
        index_only(kind, some)
        if kind is ContactKind.ORGANISATION:
            index_many(ContactKind.PERSON, _people_of(some))


def index_only(kind: ContactKind, ids: Sequence[int]) -> None:
    """The same for a few contacts (sorted), without the people of organisations."""
    keys = [key_of(kind, one) for one in ids]
    store.hold(keys)
    found = documents(kind, _among(ids))
    store.put(sorted(found, key=lambda document: document.key))
    gone = set(keys) - {document.key for document in found}
    if gone:
        store.remove(sorted(gone))


def reindex_all(progress: Progress | None = None) -> int:
    """Make the whole search again from the cards; returns how many there are.

    Nobody can search while it lasts on PostgreSQL, nobody can write on SQLite: it is for a seed, a
    restored copy, a search that is damaged. See crm.contacts.search.correct for a living site.
    """
    db.session.flush()
    total = sum(_count(kind) for kind in ContactKind)
    store.clear()
    refill.fill(_all(total, progress or (lambda done, total: None)))
    bitmaps.keep(bitmaps.count())
    return total


def _all(total: int, progress: Progress) -> Iterator[list[Document]]:
    done = 0
    for kind in ContactKind:
        for first, last in _ranges(kind):
            found = documents(kind, _between(first, last))
            yield found
            done += len(found)
            progress(done, total)


def _ranges(kind: ContactKind) -> Iterator[tuple[int, int]]:
    """The identifiers there are, a few thousand at a time, however sparse they are."""
    ids = db.session.scalars(sa.select(_model(kind).id).order_by(_model(kind).id)).all()
    for some in store.batches(ids, _STEP):
        yield some[0], some[-1]


def _among(ids: Sequence[int]) -> Within:
    return lambda column: column.in_(ids)


def _between(first: int, last: int) -> Within:
    return lambda column: column.between(first, last)


def _count(kind: ContactKind) -> int:
    return db.session.scalar(sa.select(sa.func.count(_model(kind).id))) or 0


def _model(kind: ContactKind) -> type[Organisation] | type[Person]:
    return Organisation if kind is ContactKind.ORGANISATION else Person


def _kind(contact: Contact) -> ContactKind:
    is_person = isinstance(contact, Person)
    return ContactKind.PERSON if is_person else ContactKind.ORGANISATION


def _people_of(organisations: Sequence[int]) -> Sequence[int]:
    at_work = Role.organisation_id.in_(organisations), Role.ended_on.is_(None)
    return db.session.scalars(sa.select(Role.person_id).where(*at_work).distinct()).all()
