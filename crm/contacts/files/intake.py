"""Intake: a file of contacts from its arrival to its end, carried out by a worker.

The file and what was decided about it are in its row: whoever comes back finds it as they left it.
"""

import logging
from contextlib import nullcontext
from typing import Any

import sqlalchemy as sa

from crm.contacts.files import undo
from crm.contacts.files.apply import write
from crm.contacts.files.imports import Import, Stage
from crm.contacts.files.learn import learn
from crm.contacts.files.mappings import Fields, Mapping, MappingError, check, mapping_for
from crm.contacts.files.meanwhile import Moment, still_stands
from crm.contacts.files.rehearse import Progress, Rehearsal, rehearse
from crm.contacts.files.spreadsheets import TableError, read_table
from crm.contacts.kinds import ContactKind
from crm.db import change, db, reading
from crm.filters import number, plural
from crm.jobs import every, job, tell, told
from crm.text import one_line
from crm.users import User

log = logging.getLogger(__name__)


def receive(
    name: str, content: bytes, *, by: User | None = None, most: int | None = None
) -> Import:
    """Keep this file, and understand its columns as the last one like it.

    Raises TableError when it is no table, or one of more than `most` rows: nothing is kept.
    """
    return keep(name, content, look(content, most), by=by)


def look(content: bytes, most: int | None = None) -> list[str]:
    """The headings of this file, which takes a while when it is big. Raises as `receive`."""
    table = read_table(content)
    if most is not None and len(table.rows) > most:
        raise TableError(
            f"Ce fichier compte {plural(len(table.rows), 'ligne')}, c’est trop pour une page "
            f"({number(most)} au plus). Coupez-le, ou demandez à la personne qui administre le "
            "serveur de lancer\u00a0: crm contacts import."
        )
    return list(table.headings)


def keep(name: str, content: bytes, headings: list[str], *, by: User | None = None) -> Import:
    """Keep this file, whose headings are known."""
    record = Import(name=one_line(name)[:255] or "fichier", content=content, user=by)
    record.fields = dict(mapping_for(headings))
    db.session.add(record)
    return record


def understand(record: Import, fields: Fields) -> None:
    """Correct what the columns mean, now and for the next file like this. Raises MappingError."""
    correct(record, *checked(record, fields))


def checked(record: Import, fields: Fields) -> tuple[list[str], Fields]:
    """The headings of its file, and what they mean; it reads the file. Raises MappingError."""
    headings = look(record.content)
    return headings, dict(check(headings, fields))


def correct(record: Import, headings: list[str], fields: Fields) -> None:
    """The same, once checked."""
    record.fields = dict(fields)
    Mapping.keep(headings, fields=dict(fields))


def decide(record: Import, line: int, kind: ContactKind, choice: str) -> None:
    """Settle a doubtful line: « new », or the id of the card it is about; empty to leave it out."""
    decisions: dict[str, Any] = {key: dict(said) for key, said in record.decisions.items()}
    said = decisions.setdefault(str(line), {})
    said.pop(kind.value, None)
    if choice:
        said[kind.value] = choice
    record.decisions = decisions


def rehearsal_of(record: Import, progress: Progress | None = None) -> Rehearsal:
    """What applying it would do today. Raises TableError or MappingError."""
    return rehearse(
        read_table(record.content),
        record.fields,
        record.decisions,
        creates_terms=record.creates_terms,
        progress=progress,
    )


def ask(record: Import, *, by: User | None = None) -> None:
    """Have it applied: commit, then `enqueue(run, record.id)`. Safe to repeat."""
    if record.stage in (Stage.DRAFT, Stage.FAILED):
        record.stage, record.user = Stage.ASKED, by or record.user


def carry_out(import_id: int, progress: Progress | None = None) -> Rehearsal | None:
    """Apply what was asked, and return what it was. Commits as it goes.

    Others write while the file is rehearsed; then all of it is written, or nothing; then the search
    learns it. When others changed what the file is about, it is rehearsed again, the last time
    while nobody else writes. What goes wrong with the file is kept in the row.
    """
    told: Rehearsal | None = None
    for is_last in (False, False, True):
        told = _rehearse_and_write(import_id, progress, alone=is_last)
        db.session.commit()
        record = db.session.get(Import, import_id)
        if record is None or record.stage is not Stage.ASKED:
            break
    if record is not None and record.stage is Stage.WRITTEN:
        learn(record, _share(progress, 60, 100))
    return told


def _rehearse_and_write(
    import_id: int, progress: Progress | None, *, alone: bool
) -> Rehearsal | None:
    """Try once, `alone` while nobody else writes; None when it cannot be."""
    db.session.commit()
    if alone and _taken(import_id) is None:
        return None
    with nullcontext() if alone else reading():
        then, told = Moment.present(), _rehearsed(import_id, _share(progress, 0, 40))
        if not alone:
            db.session.rollback()
    record = _taken(import_id)
    if record is None or told is None:
        return None
    if isinstance(told, str):
        record.stage, record.messages = Stage.FAILED, [_message([told])]
        return None
    if alone or still_stands(then, told.drafts, told.directory):
        write(told, record, by=record.user, progress=_share(progress, 40, 60))
    return told


def _rehearsed(import_id: int, progress: Progress) -> Rehearsal | str | None:
    """What it would do, or what is wrong with it; None when nobody asks for it any more."""
    record = db.session.get(Import, import_id)
    if record is None or record.stage is not Stage.ASKED:
        return None
    try:
        return rehearsal_of(record, progress)
    except (TableError, MappingError) as error:
        return str(error)


def _taken(import_id: int) -> Import | None:
    """This import, for this worker alone until the transaction ends; None when it was done."""
    mine = Import.id == import_id, Import.stage == Stage.ASKED
    if not change(sa.update(Import).where(*mine).values(stage=Stage.ASKED)):
        return None
    return db.session.get(Import, import_id, populate_existing=True)


def _share(progress: Progress | None, first: int, last: int) -> Progress:
    """Tell how far a part of the work is, as hundredths of the whole."""

    def tell_it(done: int, total: int) -> None:
        if progress is not None and total:
            progress(first + done * (last - first) // total, 100)

    return tell_it


@job
def run(import_id: int) -> None:
    """Carry out one import, or put back what it did, as was asked, unless another worker has.
    Commits as it goes."""
    try:
        if undo.is_asked(import_id):
            undo.carry_out(import_id)
        else:
            carry_out(import_id, lambda done, total: tell(_name(import_id), done))
    except Exception as error:  # whatever it is would come back at each try: say so, and stop
        log.exception("import %s interrompu", import_id)
        db.session.rollback()
        _give_up(db.session.get_one(Import, import_id, with_for_update=True), error)


def _give_up(record: Import, error: Exception) -> None:
    """Say that an error stopped it, in the words of the page; another worker may have ended it."""
    if record.stage is Stage.WRITTEN:
        words = "Tout est écrit, mais la recherche n’en sait pas tout\u00a0: crm contacts reindex."
        record.stage, record.messages = Stage.APPLIED, [_message([words]), *record.messages]
    elif record.stage is Stage.UNDOING:
        # What was put back is, and what is left is said. A database that was busy, or away, is
        # asked again by the clock.
        if not isinstance(error, sa.exc.OperationalError):
            record.stage = Stage.HALTED
    elif record.stage is Stage.ASKED:
        words = "Une erreur imprévue a tout arrêté. Rien n’a été changé."
        record.stage, record.messages = Stage.FAILED, [_message([words])]


@every(minutes=1)
def resume() -> None:
    """Carry out what was asked for and never done: its worker died, or the queue was down."""
    theirs = Import.stage.in_((Stage.ASKED, Stage.WRITTEN))
    for import_id in db.session.scalars(sa.select(Import.id).where(theirs | undo.is_idle())).all():
        run(import_id)
        db.session.commit()


def progress_of(record: Import) -> int:
    """How far a running import, or its undoing, has come, in percent."""
    if record.stage is Stage.UNDOING:
        return 100 * record.undone["done"] // max(record.undone["total"], 1)
    if record.is_running:
        return int(told(_name(record.id)) or 0)
    return 100 if record.stage in (Stage.APPLIED, Stage.UNDONE) else 0


def _message(words: list[str]) -> dict[str, Any]:
    return {"line": 0, "title": "", "outcome": "failed", "words": words}


def _name(import_id: int) -> str:
    return f"import-{import_id}"
