"""What the clock does for contacts."""

from crm.contacts.search import bitmaps
from crm.db import db, reading
from crm.jobs import every


@every(minutes=5)
def count_again() -> None:
    """Count facets again in advance when many cards changed; nobody waits meanwhile."""
    with reading():
        counted = bitmaps.count() if bitmaps.is_worth_counting() else None
        db.session.rollback()
    if counted is not None:
        bitmaps.keep(counted)
