"""Learn: let the search know what an import wrote, a few cards at a time."""

import sqlalchemy as sa

from crm.contacts.files.bulk import batches
from crm.contacts.files.imports import Import, ImportChange, Stage
from crm.contacts.files.rehearse import Progress
from crm.contacts.kinds import ContactKind
from crm.contacts.search.index import index_many
from crm.db import change, db, give_way, reading

_AT_ONCE = 100  # cards: a twentieth of a second


def learn(record: Import, progress: Progress) -> None:
    """Let the search know what `record` wrote; then it is over. Commits as it goes: others write
    in between. Safe to repeat."""
    db.session.commit()
    its = ImportChange
    rows = sa.select(its.kind, its.contact_id).where(its.import_id == record.id).order_by(its.id)
    with reading():
        cards = db.session.execute(rows).all()
        db.session.rollback()
    for done, some in enumerate(batches(cards, _AT_ONCE)):
        for kind in ContactKind:
            index_many(kind, [one for of, one in some if of is kind])
        give_way()
        progress(done * _AT_ONCE + len(some), len(cards))
    # Unless another worker was here first: it may be undone already.
    mine = Import.id == record.id, Import.stage == Stage.WRITTEN
    change(sa.update(Import).where(*mine).values(stage=Stage.APPLIED))
    db.session.commit()
