"""The database layer, on both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from factories import item

from crm.db import db


def test_a_moment_comes_back_in_utc(app):
    paris = timezone(timedelta(hours=2))
    thing = item(published_at=datetime(2026, 7, 1, 14, 30, tzinfo=paris))
    db.session.commit()
    db.session.refresh(thing)
    assert thing.published_at == datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
    assert thing.published_at.utcoffset() == timedelta(0)


def test_a_moment_without_a_zone_is_refused(app):
    with pytest.raises(sa.exc.StatementError, match="time zone"):
        item(published_at=datetime(2026, 7, 1, 14, 30))  # noqa: DTZ001


def test_the_defaults_are_there(app):
    from crm.newsletter.issues import Publication

    slugs = db.session.scalars(sa.select(Publication.slug).order_by(Publication.id)).all()
    assert slugs == ["resaclic", "lettre"]
