"""Personal: how the directory finds someone, tells what it keeps about them, and forgets them.

Source of the rules: RGPD art. 15 (access), 17 (erasure), 20 (portability).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from crm.contacts import holdings
from crm.contacts.details import Detail, DetailKind
from crm.contacts.duplicates.merges import Merge
from crm.contacts.files.imports import Import, ImportChange, Stage
from crm.contacts.files.spreadsheets import TableError, read_table
from crm.contacts.fold import fold
from crm.contacts.journal import BY_HAND, Attachment, Entry, EntryKind
from crm.contacts.kinds import ContactKind
from crm.contacts.people import Person, Role
from crm.contacts.search.forget import forget_people
from crm.contacts.search.index import index_many
from crm.contacts.search.segments import SegmentCard
from crm.contacts.search.suggest import suggest
from crm.contacts.spelled import like
from crm.db import change, db, now
from crm.filters import plural
from crm.personal import GONE, Enclosed, Kept, Trace, Who

PROCESSINGS, HOLDINGS = holdings.PROCESSINGS, holdings.HOLDINGS
ABOUT_NOBODY = holdings.ABOUT_NOBODY

KIND = "fiche"
MONTH = timedelta(days=30)  # how long the file of an import may wait
_MOST = 30
# What someone did or said themselves: a telephone call, a request, an event. The team’s own
# notes, and changes of the card, are no contact that came from them.
_FROM_THEM = (EntryKind.CALL, EntryKind.REQUEST, EntryKind.EVENT)


def find(words: str) -> Iterator[Trace]:
    """The cards that these words most likely mean, by name, mail or number."""
    hits = [hit for hit in suggest(words, _MOST * 2) if hit.type is ContactKind.PERSON]
    found = {person.id: person for person in _cards(hit.id for hit in hits)}
    for hit in hits[:_MOST]:
        if person := found.get(hit.id):
            yield Trace(f"{KIND}-{person.id}", person.name, person.email, hit.detail or "fiche")


def resolve(kind: str, row_id: int) -> Who | None:
    """Whom a card is about, the cards that were merged into it included."""
    person = db.session.get(Person, row_id) if kind == KIND else None
    if person is None:
        return None
    cards = list(_cards(_merged(person.survivor.id)))
    return Who(
        emails=frozenset(_values(cards, DetailKind.EMAIL)),
        people=frozenset(card.id for card in cards),
        names=tuple(dict.fromkeys((card.first_name, card.last_name) for card in cards)),
        phones=frozenset(_values(cards, DetailKind.PHONE)),
    )


def at(email: str) -> list[int]:
    """The cards in use that have this address, past or present."""
    found = sa.select(Person.id).join(Person.details).where(
        Detail.kind == DetailKind.EMAIL, Detail.key == email, Person.merged_into_id.is_(None)
    )  # fmt: skip
    return list(db.session.scalars(found.distinct()))


def namesakes(first_name: str, last_name: str, apart_from: Iterable[int]) -> int:
    """How many other cards have this very name, accents and capitals apart."""
    alike = (
        sa.func.lower(Person.first_name).like(like(first_name)),
        sa.func.lower(Person.last_name).like(like(last_name)),
    )
    others = Person.id.not_in(sorted(apart_from))
    found = db.session.execute(sa.select(Person.first_name, Person.last_name).where(*alike, others))
    named = fold(first_name), fold(last_name)
    return sum(named == (fold(first), fold(last)) for first, last in found)


def is_elsewhere(kind: DetailKind, key: str, people: Iterable[int]) -> bool:
    """Whether another card, in use, has this mail or number too."""
    theirs = Detail.person_id.in_(sorted(people))
    others = sa.or_(Detail.organisation_id.is_not(None), ~theirs)
    found = sa.select(Detail.id).where(Detail.kind == kind, Detail.key == key, others)
    return db.session.scalar(found.limit(1)) is not None


def addresses(people: Iterable[int]) -> set[str]:
    """None but those of the cards themselves, which `resolve` gives."""
    return set()


def disclose(who: Who) -> Iterator[Kept]:
    for card in _cards(who.people):
        lines = list(db.session.scalars(Entry.of(card)))
        yield Kept("Annuaire", {**_facts(card), "journal": list(map(_line, lines))}, _files(lines))


def _facts(card: Person) -> dict[str, Any]:
    return {
        "nom": card.name,
        "courriels": [_detail(one) for one in card.details if one.kind is DetailKind.EMAIL],
        "téléphones": [_detail(one) for one in card.details if one.kind is DetailKind.PHONE],
        "commune": card.commune,
        "département": card.department,
        "langue": card.language,
        "à joindre par": card.channel.label if card.channel else "",
        "étiquettes": [term.label for term in card.terms],
        "fonctions": [
            {"fonction": role.place, "depuis le": role.started_on, "jusqu’au": role.ended_on}
            for role in card.roles
        ],
        "listes": list(_lists(card)),
        "fiche créée": card.created_at,
        "fiche modifiée": card.updated_at,
        "fiche archivée": card.archived_at,
        "fusionnée dans une autre": "oui" if card.merged_into_id else "",
    }


def _detail(detail: Detail) -> str:
    return detail.value + (" (n’est plus utilisé)" if detail.closed_at else "")


def _lists(card: Person) -> Iterable[str]:
    mine = sa.select(SegmentCard).where(SegmentCard.person_id == card.id)
    return (one.segment.name for one in db.session.scalars(mine))


def _line(entry: Entry) -> dict[str, Any]:
    return {
        "le": entry.at,
        "genre": entry.kind.label,
        "texte": entry.text,
        "changements": [
            {"sur": one.label, "avant": one.before, "après": one.after} for one in entry.told
        ],
        "par": entry.user.display_name if entry.user else "",
        "document": entry.attachment.name if entry.attachment else "",
    }


def _files(lines: Sequence[Entry]) -> list[Enclosed]:
    joined = [entry.attachment for entry in lines if entry.attachment]
    return [Enclosed(f"journal/{one.id}-{one.name}", one.content) for one in joined]


def foresee(who: Who) -> Iterator[str]:
    cards = list(_cards(who.people))
    if not cards:
        return
    yield f"{_said(cards)} et tout ce qu’elle dit\u00a0: coordonnées, fonctions, étiquettes."
    lines = _count(Entry, Entry.person_id.in_(who.people))
    files = _count(Attachment, Attachment.entry.has(Entry.person_id.in_(who.people)))
    if lines:
        yield (
            f"Son journal\u00a0: {plural(lines, 'ligne')} et {plural(files, 'document')}. Ce qui "
            "est aussi au journal d’une organisation y garde sa date, sans texte ni document."
        )
    drafts = [draft.name for draft in _drafts(who)]
    if drafts:
        yield f"Les imports en préparation dont le fichier en parle\u00a0: {', '.join(drafts)}."


def _said(cards: Sequence[Person]) -> str:
    named = " et ".join(f"«\u00a0{card.name}\u00a0»" for card in cards)
    return f"Sa fiche {named}" if len(cards) == 1 else f"Ses fiches fusionnées {named}"


def erase(who: Who, keys: Sequence[str], *, objects: bool) -> None:
    """Take the cards away, with what the search, imports and merges remember of them."""
    for draft in _drafts(who):
        db.session.delete(draft)
    if not who.people:
        return
    forget_people(sorted(who.people))
    of_person = ImportChange.kind == ContactKind.PERSON
    change(sa.delete(ImportChange).where(of_person, ImportChange.contact_id.in_(who.people)))
    kept_or_not = sa.or_(Merge.kept_id.in_(who.people), Merge.absorbed_id.in_(who.people))
    change(sa.delete(Merge).where(Merge.kind == ContactKind.PERSON, kept_or_not))
    _let_go_of_shared_lines(who)
    _let_go_of_functions(who)
    change(sa.update(Person).where(Person.id.in_(who.people)).values(merged_into_id=None))
    change(sa.delete(Person).where(Person.id.in_(who.people)))
    db.session.expire_all()


def _let_go_of_shared_lines(who: Who) -> None:
    """A line that is also an organisation's stays in its journal, without the person."""
    theirs = sa.and_(Entry.person_id.in_(who.people), Entry.organisation_id.is_not(None))
    shared = sa.select(Entry.id).where(theirs)
    change(sa.delete(Attachment).where(Attachment.entry_id.in_(shared)))
    by_hand = sa.update(Entry).where(theirs, Entry.kind.in_(BY_HAND))
    change(by_hand.values(text="Ligne effacée avec la personne qu’elle concernait"))
    change(sa.update(Entry).where(theirs).values(person_id=None))


def reread(table: str, ids: Iterable[int]) -> None:
    if table == "organisations":
        index_many(ContactKind.ORGANISATION, ids)


def row_at(email: str) -> str | None:
    found = at(email)
    return f"{KIND}-{found[0]}" if len(found) == 1 else None


def _let_go_of_functions(who: Who) -> None:
    """« Personne effacée arrive : présidente » says who it was to whoever remembers."""
    places = sa.select(Role.organisation_id).where(Role.person_id.in_(who.people))
    theirs = Entry.organisation_id.in_(places), Entry.kind == EntryKind.CARD
    said = sa.update(Entry).where(*theirs, Entry.text.contains(GONE))
    change(said.values(text=f"Fonction d’une {GONE}", changes=[]))


def signs() -> Iterator[Any]:
    """Calls, requests and events of the journal; a card itself, when it was made."""
    made, told = sa.literal("fiche créée"), sa.literal("journal")
    yield sa.select(Person.id, sa.literal(""), Person.created_at, made)
    came = Entry.person_id.is_not(None), Entry.kind.in_(_FROM_THEM)
    yield sa.select(Entry.person_id, sa.literal(""), Entry.at, told).where(*came)


def consents() -> Iterator[Any]:
    """The directory rests on no consent (see its holdings)."""
    yield from ()


def tidy() -> None:
    """Throw away the files of imports that nobody finished within a month, and what is left of
    those that were undone in one go, before each card’s share went with it."""
    old = Import.created_at < now() - MONTH
    change(sa.delete(Import).where(old, Import.stage.in_((Stage.DRAFT, Stage.FAILED))))
    undone = sa.select(Import.id).where(Import.stage == Stage.UNDONE)
    change(sa.delete(ImportChange).where(ImportChange.import_id.in_(undone)))


def _drafts(who: Who) -> list[Import]:
    """The imports whose file still waits, and speaks of them."""
    waiting = sa.select(Import).where(sa.func.length(Import.content) > 0)
    return [draft for draft in db.session.scalars(waiting) if speaks_of(draft.content, who)]


def speaks_of(table: bytes, who: Who) -> bool:
    """Whether one row of this file has an address of theirs, or both their names."""
    try:
        rows = [cells for _, cells in read_table(table).rows]
    except TableError:
        return True  # a file nobody can read is of no use to anybody
    named = [(first.lower(), last.lower()) for first, last in who.names if first and last]
    return any(_says(" ".join(map(str, cells)).lower(), who, named) for cells in rows)


def _says(row: str, who: Who, named: Sequence[tuple[str, str]]) -> bool:
    by_name = any(first in row and last in row for first, last in named)
    return by_name or any(email in row for email in who.emails)


def _merged(person_id: int) -> list[int]:
    """This card and all those that were merged into it, through every merge."""
    ids, level = [person_id], [person_id]
    while level:
        into = sa.select(Person.id).where(Person.merged_into_id.in_(level))
        level = [one for one in db.session.scalars(into) if one not in ids]
        ids += level
    return ids


def _cards(ids: Iterable[int]) -> Iterable[Person]:
    shown = (Person.details, Person.terms)
    query = sa.select(Person).where(Person.id.in_(sorted(ids))).order_by(Person.id)
    query = query.options(*(selectinload(one) for one in shown))
    return db.session.scalars(
        query.options(selectinload(Person.roles).selectinload(Role.organisation))
    )


def _values(cards: Iterable[Person], kind: DetailKind) -> set[str]:
    return {
        detail.key if kind is DetailKind.EMAIL else detail.value
        for card in cards for detail in card.details if detail.kind is kind
    }  # fmt: skip


def _count(model: Any, which: sa.ColumnElement[bool]) -> int:
    return db.session.scalar(sa.select(sa.func.count(model.id)).where(which)) or 0
