"""Moving to another database and back: the same rows, the same sums, or nothing at all."""

import random
import time

import pytest
import sqlalchemy as sa
from kept import apart, empty_database, forked, killed, network, sums

from crm.config import Settings
from crm.db import db
from crm.keeping import places
from crm.keeping.move import NotMoved, move
from crm.keeping.tables import Uncopied
from crm.newsletter.items import Item


@pytest.fixture
def elsewhere(tmp_path):
    """An empty database of the other kind."""
    kind = "postgresql" if db.engine.dialect.name == "sqlite" else "sqlite"
    return empty_database(kind, tmp_path)


def read(url):
    with apart(url).connect() as connection:
        return sums(connection)


@pytest.mark.parametrize("application", ["sqlite"], indirect=True)
def test_there_and_back_is_the_same(app, elsewhere, tmp_path):
    network()
    before, here = sums(), Settings.current().database_url
    back = f"sqlite:///{tmp_path / 'retour.db'}"
    there = {one.name: (one.rows, one.sha256) for one in move(here, elsewhere)}
    again = {one.name: (one.rows, one.sha256) for one in move(elsewhere, back)}
    assert there == again
    assert {name: there[name] for name in before} == before
    assert read(elsewhere) == read(back) == before


def test_a_database_that_holds_something_is_left_alone(app):
    here = Settings.current().database_url
    with pytest.raises(NotMoved, match="n’est pas vide"):
        move(here, here)


def test_there_must_be_something_to_copy(app, tmp_path, elsewhere):
    with pytest.raises(NotMoved, match="pas de base"):
        move(f"sqlite:///{tmp_path / 'absente.db'}", elsewhere)


@pytest.mark.parametrize("application", ["sqlite"], indirect=True)
def test_a_text_that_postgresql_refuses_is_named_and_nothing_is_kept(app, elsewhere):
    network()
    db.session.execute(sa.update(Item).values(title="a\0b"))
    db.session.commit()
    with pytest.raises(Uncopied, match=r"la table items est refusée") as refused:
        move(Settings.current().database_url, elsewhere)
    assert "a\0b" not in str(refused.value)
    assert read(elsewhere) == {}


@pytest.mark.parametrize("application", ["postgresql"], indirect=True)
def test_a_copy_killed_halfway_leaves_nothing(app, elsewhere):
    network()
    here = Settings.current().database_url
    process = forked(lambda: move(here, elsewhere))
    time.sleep(random.Random(3).uniform(0.3, 0.8))
    killed(process)
    with apart(elsewhere).connect() as connection:
        assert places.revision_of(connection) in (None, places.head())
    if read(elsewhere) == {}:
        move(here, elsewhere)
    assert read(elsewhere) == sums()
