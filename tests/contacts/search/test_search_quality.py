"""The right card first: a fixed list of searches, and the one expected for each."""

from collections import Counter

import network
import pytest

from crm.contacts.search.index import reindex_all
from crm.contacts.search.suggest import suggest


@pytest.fixture
def searches(app):
    network.install()
    reindex_all()
    return network.rows("search_queries.csv")


def test_the_list_covers_every_way_of_searching(searches):
    kinds = Counter(row["kind"] for row in searches)
    assert sum(kinds.values()) >= 200
    assert set(kinds) == {
        "exact", "unaccented", "misspelt", "acronym", "inverted", "former", "partial", "mail",
        "phone",
    }  # fmt: skip


def test_nearly_every_search_finds_its_card_first(searches):
    late, missing = [], []
    for row in searches:
        found = [hit.name for hit in suggest(row["query"], 5)]
        names = [name.rpartition(" (")[0] or name for name in found]
        if row["expected"] not in names:
            missing.append((row["kind"], row["query"], found))
        if names[:1] != [row["expected"]]:
            late.append((row["kind"], row["query"], found[:2]))
    assert len(late) <= 0.03 * len(searches), late
    assert len(missing) <= 0.005 * len(searches), missing
