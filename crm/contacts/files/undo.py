"""Undo: put back what an import did, a few cards at a time, while others work.

What remains to be put back is what remains in `import_changes`: each row goes with its card, in
one transaction with what the search knows of it and what is said of it. Whoever comes after a
worker that died goes on from there.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial

import sqlalchemy as sa

from crm.contacts.files.apply import MESSAGES
from crm.contacts.files.bulk import among, batches
from crm.contacts.files.imports import Import, ImportChange, Stage
from crm.contacts.files.put_back import Left, Undone, put_back
from crm.contacts.files.rehearse import Progress
from crm.contacts.kinds import ContactKind
from crm.contacts.references import columns_to
from crm.contacts.search.index import index_many
from crm.contacts.terms import Term
from crm.db import change, database_time, db, give_way, reading

Step = Callable[[Import], Undone]

_AT_ONCE = 100  # cards
_SILENCE = timedelta(seconds=30)  # longer than any step, and than the wait for one's turn


class UndoRefused(ValueError):
    """Why an import cannot be undone, in one French sentence."""


def foreseen(record: Import) -> tuple[int, int]:
    """How many cards `record` made, and how many it changed, that are still to be put back."""
    its = ImportChange
    query = sa.select(its.created, sa.func.count()).where(its.import_id == record.id)
    counts: dict[bool, int] = dict(db.session.execute(query.group_by(its.created)).all())
    return counts.get(True, 0), counts.get(False, 0)


def ask(record: Import) -> None:
    """Have it undone: commit, then `enqueue(intake.run, record.id)`. Safe to repeat, and goes on
    with what an error stopped. Raises UndoRefused."""
    db.session.refresh(record, with_for_update=True)
    if record.stage is Stage.UNDOING:
        return
    if not record.can_be_undone:
        raise UndoRefused("Cet import n’est pas appliqué, ou il est déjà annulé.")
    if record.stage is Stage.APPLIED:
        record.count_undone(total=sum(foreseen(record)))
        record.messages = []
    record.stage, record.undone_at = Stage.UNDOING, None


def is_asked(import_id: int) -> bool:
    """Whether this import is to be put back, or is being."""
    stage = sa.select(Import.stage).where(Import.id == import_id)
    return db.session.scalar(stage) is Stage.UNDOING


def is_idle() -> sa.ColumnElement[bool]:
    """Whether an import is to be put back and no worker seems to be at it: they would take turns
    without harm, but other jobs would wait for a free one."""
    its, since = Import, database_time() - _SILENCE
    is_silent = sa.or_(its.undone_at.is_(None), its.undone_at < since)
    return sa.and_(its.stage == Stage.UNDOING, is_silent)


def carry_out(import_id: int, progress: Progress | None = None) -> Undone:
    """Put back what was asked for, and return what has been since it was asked. Commits as it goes:
    others write in between. Safe to repeat, and for several workers at once.

    What someone edited, merged, or tied to something else meanwhile stays as it is today, and is
    in the result.
    """
    db.session.commit()
    with reading():
        left, steps = _begun(import_id)
        db.session.rollback()
    for step in steps:
        record = _taken(import_id)
        if record is None:
            break
        some = step(record)
        _keep(record, some)
        left += some.left
        counts = record.undone
        give_way()
        if progress is not None:  # told what is known: to read it now would take the lock
            progress(counts["done"], counts["total"])
    with reading():  # nobody waits for whoever tells the result
        counts = db.session.get_one(Import, import_id).undone
        db.session.rollback()
    return Undone(counts.get("removed", 0), counts.get("restored", 0), left)


def _begun(import_id: int) -> tuple[list[Left], list[Step]]:
    """What was said to be left so far, and what remains to be done."""
    record = db.session.get_one(Import, import_id)
    said = [Left(one["line"], one["title"], one["words"][0]) for one in record.messages]
    return said, list(_steps(record))


def _steps(record: Import) -> Iterator[Step]:
    """What remains to be done, a little at a time: people, organisations, terms, and the end."""
    its = ImportChange
    rows = sa.select(its.kind, its.id).where(its.import_id == record.id).order_by(its.id)
    changes = db.session.execute(rows).all()
    # People first: the roles they leave hold the organisations that stay.
    for kind in (ContactKind.PERSON, ContactKind.ORGANISATION):
        for some in batches([one for of, one in changes if of is kind], _AT_ONCE):
            yield partial(_put_back, kind, some)
    for few in batches(record.terms, _AT_ONCE):
        yield partial(_remove_terms, few)
    yield _end


def _taken(import_id: int) -> Import | None:
    """This import, for this worker alone until the transaction ends; None when nobody wants it
    undone any more, or it is."""
    mine = Import.id == import_id, Import.stage == Stage.UNDOING
    if not change(sa.update(Import).where(*mine).values(undone_at=database_time())):
        return None
    return db.session.get(Import, import_id, populate_existing=True)


def _put_back(kind: ContactKind, ids: Sequence[int], _record: Import) -> Undone:
    """The cards of these changes, those that another worker has not done."""
    mine = among(ImportChange.id, ids)
    changes = db.session.scalars(sa.select(ImportChange).where(mine).order_by(ImportChange.id))
    undone = put_back(kind, found := changes.all())
    index_many(kind, [one.contact_id for one in found])
    change(sa.delete(ImportChange).where(mine).execution_options(synchronize_session=False))
    return undone


def _remove_terms(ids: Sequence[str], record: Import) -> Undone:
    """Remove these terms the import made, unless something uses them now."""
    undone, mine = Undone(), [int(one) for one in ids if one in record.terms]
    for term in db.session.scalars(sa.select(Term).where(Term.id.in_(mine)).with_for_update()):
        uses = (sa.exists().where(column == term.id) for column in columns_to(Term.__table__))
        if db.session.scalar(sa.select(sa.or_(*uses))):
            undone.left.append(Left(0, term.label, "ce terme sert maintenant ailleurs"))
        else:
            db.session.delete(term)
    record.terms = [one for one in record.terms if one not in ids]
    return undone


def _end(record: Import) -> Undone:
    record.stage = Stage.UNDONE
    return Undone()


def _keep(record: Import, some: Undone) -> None:
    """Write down what a step did, in its transaction."""
    terms = sum(left.is_term for left in some.left)
    record.count_undone(
        removed=some.removed, restored=some.restored, left=len(some.left) - terms, terms=terms,
        done=some.done,
    )  # fmt: skip
    if some.left:
        said = [
            {"line": left.line, "title": left.title, "outcome": "left", "words": [left.why]}
            for left in some.left
        ]
        record.messages = [*record.messages, *said][:MESSAGES]
