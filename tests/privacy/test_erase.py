"""Erased, somebody is nowhere: in no table, file, queue or log."""

import logging

import planted
import pytest
import sqlalchemy as sa
from factories import benoit, nadia

from crm.config import Settings
from crm.db import db
from crm.privacy import scrub
from crm.privacy.erasures import Erasure, Reason
from crm.privacy.features import holdings

PAGES = "/gestion/vie-privee"


@pytest.fixture
def person(app, signed_in, visitor, caplog):
    caplog.set_level(logging.DEBUG)
    officer = benoit()
    return planted.plant(signed_in(officer), visitor, officer)


@pytest.fixture
def admin(signed_in):
    return signed_in(nadia())


def erased(admin, key, reason=Reason.ASKED):
    page = f"{PAGES}/personnes/{key}/effacement"
    assert admin.get(page).status_code == 200
    answer = admin.post(page, data={"reason": reason.value, "is_sure": "y"})
    assert answer.status_code == 302, answer.text
    scrub.scrub_due()


def test_nothing_is_left_anywhere(app, admin, person, caplog):
    assert len(planted.leaks(planted.in_database())) > 60, "the marks were planted"
    erased(admin, f"fiche-{person.id}")
    assert planted.leaks(planted.in_database()) == []
    assert planted.leaks(planted.in_files(Settings.current().instance)) == []
    assert planted.leaks({"logs": caplog.text}) == []
    [done] = db.session.scalars(sa.select(Erasure))
    assert done.settled_at is not None


# Chosen in a list, not typed; or of an account, which has a test of its own.
CHOSEN = {"department", "language", "channel"}
ACCOUNTS = {"users", "user_sessions"}


def test_every_column_about_people_was_looked_into(app, person):
    """A column nobody marked would be one whose erasure nobody checked."""
    marked = planted.marked_columns()
    declared = {
        (holding.table, name) for holding in holdings() if holding.table not in ACCOUNTS
        for name in (*holding.own, *holding.free) if name not in CHOSEN
    }  # fmt: skip
    assert declared - marked == set()
