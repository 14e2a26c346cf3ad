"""Intake: a file of contacts from its arrival to its end, carried out by a worker.

The file and what was decided about it are in its row: whoever comes back finds it as they left it.
"""

import logging
from typing import Any

import sqlalchemy as sa

from crm.contacts.files.apply import apply
from crm.contacts.files.imports import Import, Stage
from crm.contacts.files.mappings import Fields, Mapping, MappingError, check, mapping_for
from crm.contacts.files.rehearse import Progress, Rehearsal, rehearse
from crm.contacts.files.spreadsheets import TableError, read_table
from crm.contacts.kinds import ContactKind
from crm.db import change, db
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
    table = read_table(content)
    if most is not None and len(table.rows) > most:
        raise TableError(
            f"Ce fichier compte {plural(len(table.rows), 'ligne')}, c’est trop pour une page "
            f"({number(most)} au plus). Coupez-le, ou demandez à la personne qui administre le "
            "serveur de lancer\u00a0: crm contacts import."
        )
    fields = mapping_for(table.headings)
    record = Import(name=one_line(name)[:255] or "fichier", content=content, user=by)
    record.fields = dict(fields)
    db.session.add(record)
    return record


def understand(record: Import, fields: Fields) -> None:
    """Correct what the columns mean, now and for the next file like this. Raises MappingError."""
    headings = list(read_table(record.content).headings)
    record.fields = dict(check(headings, fields))
    Mapping.keep(headings, fields=dict(record.fields))


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


def carry_out(record: Import, progress: Progress | None = None) -> None:
    """Apply what was asked. What goes wrong with the file is kept in the row."""
    try:
        rehearsal = rehearsal_of(record, lambda done, total: _half(progress, 0, done, total))
    except (TableError, MappingError) as error:
        record.stage = Stage.FAILED
        record.messages = [_message([str(error)])]
        return
    halfway: Progress = lambda done, total: _half(progress, 1, done, total)  # noqa: E731
    apply(rehearsal, record, by=record.user, progress=halfway)


def _half(progress: Progress | None, first: int, done: int, total: int) -> None:
    """Reading is the first half of the work, writing the second."""
    if progress is not None and total:
        progress(first * 50 + done * 50 // total, 100)


@job
def run(import_id: int) -> None:
    """Carry out one import, unless another worker has it: its row is taken until the end."""
    taken = change(
        sa.update(Import)
        .where(Import.id == import_id, Import.stage == Stage.ASKED)
        .values(stage=Stage.ASKED)
    )
    record = db.session.get(Import, import_id, populate_existing=True) if taken else None
    if record is None:
        return
    try:
        carry_out(record, lambda done, total: tell(_name(import_id), done))
    except Exception:  # whatever it is would come back at each try: say so, and stop
        log.exception("import %s interrompu", import_id)
        db.session.rollback()
        words = ["Une erreur imprévue a tout arrêté. Rien n’a été changé."]
        failed = db.session.get_one(Import, import_id)
        failed.stage, failed.messages = Stage.FAILED, [_message(words)]


@every(minutes=1)
def resume() -> None:
    """Carry out what was asked for and never done: its worker died, or the queue was down."""
    for import_id in db.session.scalars(sa.select(Import.id).where(Import.stage == Stage.ASKED)):
        run(import_id)
        db.session.commit()


def progress_of(record: Import) -> int:
    """How far a running import has come, in percent."""
    if record.stage is Stage.ASKED:
        return int(told(_name(record.id)) or 0)
    return 100 if record.stage is Stage.APPLIED else 0


def _message(words: list[str]) -> dict[str, Any]:
    return {"line": 0, "title": "", "outcome": "failed", "words": words}


def _name(import_id: int) -> str:
    return f"import-{import_id}"
