"""What every table holds about people is declared beside it: none is added unseen."""

import pytest
import sqlalchemy as sa

from crm.db import Base, Json
from crm.privacy.features import FEATURES, about_nobody, holdings, processings

KINDS = ("own", "free", "published", "other")


def says_something(column):
    """Texts, data and bytes; what only chooses in a list, or points to a row, says nothing new."""
    kind = column.type
    is_text = isinstance(kind, sa.String | sa.LargeBinary | Json) and not isinstance(kind, sa.Enum)
    return is_text and not column.foreign_keys


def test_every_table_says_what_it_holds(app):
    declared = [holding.table for holding in holdings()]
    assert len(declared) == len(set(declared))
    assert set(declared) | about_nobody() == set(Base.metadata.tables)
    assert not set(declared) & about_nobody()


def test_every_column_that_may_name_somebody_is_declared(app):
    for holding in holdings():
        columns = Base.metadata.tables[holding.table].columns
        said = {name for kind in KINDS for name in getattr(holding, kind)}
        assert said == {one.name for one in columns if says_something(one)}, holding.table


def test_nothing_is_both_somebodys_and_nobodys(app):
    for holding in holdings():
        assert not {*holding.own, *holding.free} & {*holding.other, *holding.published}


def test_every_holding_has_its_line_in_the_register(app):
    keys = [one.key for one in processings()]
    assert len(keys) == len(set(keys))
    assert {holding.processing for holding in holdings()} == set(keys)


@pytest.mark.parametrize("name", ["people", "subscriptions", "requests", "registrations", "users"])
def test_those_who_are_named_by_themselves_are_known(app, name):
    own = {holding.table: holding.own for holding in holdings()}
    assert {"email", "last_name", "name"} & set(own[name])


def test_every_feature_answers_all_that_is_asked(app):
    asked = ("find", "resolve", "addresses", "disclose", "foresee", "erase", "reread", "row_at",
             "signs", "consents", "tidy")  # fmt: skip
    for feature in FEATURES:
        assert [name for name in asked if not hasattr(feature, name)] == []
