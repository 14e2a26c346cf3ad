"""Apply: write what a rehearsal would do, in one transaction, and remember it so as to undo it.

The search learns it at once (`apply`), or afterwards (`write`, then crm.contacts.files.learn).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import Enum
from typing import Any

import sqlalchemy as sa

from crm.contacts.curate import free_code
from crm.contacts.details import Detail
from crm.contacts.files.bulk import batches, insert
from crm.contacts.files.cards import MODELS, TERMS, Card, RoleCard
from crm.contacts.files.columns import COLUMNS
from crm.contacts.files.imports import Import, ImportChange, Stage
from crm.contacts.files.rehearse import Outcome, Progress, Rehearsal
from crm.contacts.files.thesaurus import TermRef, Thesaurus
from crm.contacts.journal import Change as Told
from crm.contacts.journal import Entry, EntryKind
from crm.contacts.kinds import ContactKind
from crm.contacts.organisations import OtherName
from crm.contacts.people import Role
from crm.contacts.search.index import index_many
from crm.contacts.terms import Term
from crm.db import db, now
from crm.users import User

KINDS = tuple(ContactKind)
MESSAGES = 1000  # lines whose problems are kept with the import

Added = defaultdict[Card, dict[str, Any]]


def apply(
    rehearsal: Rehearsal,
    record: Import,
    *,
    by: User | None = None,
    progress: Progress | None = None,
) -> Import:
    """Write what `rehearsal` would do, search included. Doubtful and refused rows are left out.

    The rehearsal must come from the same transaction: what it read must still be so.
    """
    touched = write(rehearsal, record, by=by, progress=progress)
    for kind in KINDS:
        index_many(kind, [card.id for card in touched if card.kind is kind and card.id])
    record.stage = Stage.APPLIED
    db.session.flush()
    db.session.expire_all()
    return record


def write(
    rehearsal: Rehearsal,
    record: Import,
    *,
    by: User | None = None,
    progress: Progress | None = None,
) -> list[Card]:
    """Write the cards themselves, which are returned; the search knows nothing of them yet.

    What the rehearsal read must still be so.
    """
    db.session.add(record)
    record.terms = [str(one) for one in _make_terms(rehearsal.thesaurus)]
    _sum_up(rehearsal, record, by)
    db.session.flush()
    touched = list(dict.fromkeys([*rehearsal.cards, *(role.person for role in rehearsal.roles)]))
    created = {card for card in touched if card.id is None}
    steps = _Steps(progress, len(touched) + len(rehearsal.cards))
    for kind in KINDS:
        for some in batches([card for card in rehearsal.cards if card.kind is kind]):
            _write_cards(kind, some)
            steps.take(len(some))
    added: Added = defaultdict(dict)
    _write_around(list(rehearsal.cards), added)
    _write_roles(list(rehearsal.roles), added)
    _write_journal(touched, created, record, added, by)
    for some in batches(touched):
        _remember(some, created, record, added)
        steps.take(len(some))
    db.session.expire_all()
    return touched


@dataclass
class _Steps:
    """Counts what is done for whoever wants to know."""

    progress: Progress | None
    total: int
    done: int = 0

    def take(self, count: int) -> None:
        self.done += count
        if self.progress is not None:
            self.progress(self.done, self.total)


def _sum_up(rehearsal: Rehearsal, record: Import, by: User | None) -> None:
    record.fields = dict(rehearsal.fields)
    record.totals = {outcome.value: count for outcome, count in rehearsal.totals.items()}
    record.messages = [
        {
            "line": line.number, "title": line.title, "outcome": line.outcome.value,
            "words": line.problems or line.remarks
            or [reason for doubt in line.doubts for one in doubt.candidates
                for reason in one.reasons],
        }
        for line in rehearsal.lines
        if line.remarks or line.outcome in (Outcome.DOUBTFUL, Outcome.REFUSED)
    ][:MESSAGES]  # fmt: skip
    record.stage, record.applied_at, record.content = Stage.WRITTEN, now(), b""
    record.user = by or record.user


def _make_terms(thesaurus: Thesaurus) -> list[int]:
    """Make the terms the file brings; their ids."""
    made = []
    for ref in thesaurus.made:
        term = Term(
            vocabulary=ref.vocabulary, label=ref.label[:200], position=1000,
            code=free_code(ref.vocabulary, ref.label),
        )  # fmt: skip
        db.session.add(term)
        db.session.flush()
        ref.id = term.id
        made.append(term.id)
    return made


def _table(model: Any) -> Any:
    return model.__table__


def _write_cards(kind: ContactKind, cards: Sequence[Card]) -> None:
    """Insert those that are new, update what changed in the others."""
    table, at = _table(MODELS[kind]), now()
    new = [card for card in cards if card.id is None]
    # One list of columns for all: a single prepared statement writes every row.
    blank = {
        name: _blank(table, name) for name in sorted({key for card in new for key in card.values})
    }
    rows = [plain(blank | card.values) | {"created_at": at, "updated_at": at} for card in new]
    for card, one in zip(new, insert(table, rows), strict=True):
        card.id = one
    changes: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for card in cards:
        if card.before:
            row = plain({name: card.values[name] for name in sorted(card.before)})
            row |= {"the_id": card.id, "updated_at": at}
            changes[tuple(row)].append(row)
    for some in changes.values():
        update = sa.update(table).where(table.c.id == sa.bindparam("the_id"))
        db.session.connection().execute(update, some)


def _blank(table: Any, name: str) -> Any:
    """What a new card has in this column when nothing is said."""
    column = table.c.get(name)
    if column is None or column.default is None:
        return None
    return column.default.arg if column.default.is_scalar else []


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """These values under the names of the table's columns."""
    row = {name: value for name, value in values.items() if name != "actor_type"}
    if "actor_type" in values:
        term = values["actor_type"]
        row["actor_type_id"] = term.id if isinstance(term, TermRef) else None
    return row


def jsonable(values: dict[str, Any]) -> dict[str, Any]:
    """These values as JSON keeps them."""
    return {
        name: value.isoformat() if isinstance(value, date)
        else value.value if isinstance(value, Enum) else value
        for name, value in values.items()
    }  # fmt: skip


def _write_around(cards: Sequence[Card], added: Added) -> None:
    """The other names, mails, phones and terms that were said of these cards."""
    names = [
        (
            card,
            {
                "organisation_id": card.id,
                "name": name,
                "is_former": name == card.before.get("name"),
            },
        )
        for card in cards
        for name in card.new_names
    ]
    details = [
        (card, {
            "organisation_id": card.id if card.kind is ContactKind.ORGANISATION else None,
            "person_id": card.id if card.kind is ContactKind.PERSON else None,
            "kind": kind, "value": card.details[kind, key], "key": key,
            # The one preferred so far stays so.
            "position": list(card.details).index((kind, key)),
        })
        for card in cards for kind, key in card.new_details
    ]  # fmt: skip
    _write(_table(OtherName), names, "other_names", "name", added)
    _write(_table(Detail), details, "details", "value", added)
    for kind in KINDS:
        rows = []
        for card in cards:
            if card.kind is kind and card.new_terms:
                ids = list(dict.fromkeys(term.id for term in card.new_terms))
                rows += [{f"{kind.value}_id": card.id, "term_id": one} for one in ids]
                added[card]["terms"] = ids
        if rows:
            db.session.execute(sa.insert(TERMS[kind]), rows)


def _write(
    table: Any, rows: Sequence[tuple[Card, dict[str, Any]]], name: str, text: str, added: Added
) -> None:
    """Insert the rows, and keep their ids with the text that tells whether someone edits them."""
    ids = insert(table, [row for _, row in rows])
    for (card, row), one in zip(rows, ids, strict=True):
        added[card].setdefault(name, {})[str(one)] = row[text]


def _write_roles(roles: Sequence[RoleCard], added: Added) -> None:
    new = [
        (role.person, {
            "person_id": role.person.id, "organisation_id": role.organisation.id,
            "title": role.title, "started_on": role.started_on,
        })
        for role in roles if role.id is None
    ]  # fmt: skip
    for role in roles:
        if role.id is not None:
            after = {"title": role.title, "started_on": role.started_on}
            db.session.execute(sa.update(Role).where(Role.id == role.id).values(after))
            kept = added[role.person].setdefault("changed_roles", [])
            kept.append({"id": role.id, "before": jsonable(role.before), "after": jsonable(after)})
    _write(_table(Role), new, "roles", "title", added)


def _write_journal(
    touched: Iterable[Card], created: set[Card], record: Import, added: Added, by: User | None
) -> None:
    at = now()
    rows = [
        (card, {
            "organisation_id": card.id if card.kind is ContactKind.ORGANISATION else None,
            "person_id": card.id if card.kind is ContactKind.PERSON else None,
            "kind": EntryKind.CARD, "at": at, "user_id": by.id if by else None, "link": "",
            "text": f"Fiche {'créée' if card in created else 'complétée'} par l’import "
                    f"«\u00a0{record.name}\u00a0»",
            "changes": [_told(card, name) for name in card.before],
        })
        for card in touched
    ]  # fmt: skip
    _write(_table(Entry), rows, "entries", "text", added)


def _told(card: Card, name: str) -> dict[str, Any]:
    """One change as the journal tells it, and as whoever is editing the card will read it."""
    column = COLUMNS[f"{card.kind.value}.{name}"]
    before, after = (
        column.cell(value.label if isinstance(value, TermRef) else value)
        for value in (card.before[name], card.values[name])
    )
    said = f"{column.label[:1].lower()}{column.label[1:]}\u00a0: {after}"
    return asdict(Told(name, column.label, before, after, said))


def _remember(cards: Sequence[Card], created: set[Card], record: Import, added: Added) -> None:
    rows = [
        {
            "import_id": record.id, "line": card.line, "kind": card.kind,
            "contact_id": card.id, "created": card in created,
            "before": jsonable(plain(card.before)),
            "after": jsonable(plain(
                card.values if card in created
                else {name: card.values[name] for name in card.before}
            )),
            "added": added.get(card, {}),
        }
        for card in cards
    ]  # fmt: skip
    db.session.execute(sa.insert(_table(ImportChange)), rows)
