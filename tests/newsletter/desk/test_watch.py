"""The pages of new items are visited before anybody takes them."""

from datetime import timedelta

import pytest
from factories import in_days, item, save

from crm.db import db, now
from crm.filters import today
from crm.newsletter.desk import watch
from crm.newsletter.probes import Probe, digest


def asked():
    return {probe.url for probe in db.session.query(Probe) if probe.asked_at is not None}


def seen(days_ago, **values):
    one = item(**values)
    one.seen_at = now() - timedelta(days=days_ago)
    db.session.flush()
    return one


@pytest.mark.parametrize(
    ("days_ago", "values", "is_asked"),
    [
        (0, {}, True),
        (59, {}, True),
        (61, {}, False),  # nobody takes it any more
        (0, {"ends_on": today}, True),
        (0, {"ends_on": lambda: in_days(-1, today())}, False),
        (0, {"link_checked_at": now() - timedelta(days=2)}, False),
        (0, {"link_checked_at": now() - timedelta(days=4)}, True),
        (0, {"url": ""}, False),
    ],
)
def test_new_pages_are_asked_for(app, days_ago, values, is_asked):
    # Today is asked for when the test runs: it may be later than when tests are gathered.
    values = {name: value() if callable(value) else value for name, value in values.items()}
    one = seen(days_ago, **values)
    watch.ask_for_new_pages()
    assert asked() == ({one.url} if is_asked else set())


def test_what_is_no_address_is_not_asked_for_again_and_again(app):
    one = seen(0, url="javascript:alert(1)")
    watch.ask_for_new_pages()
    assert asked() == set()
    assert one.link_checked_at is not None


def test_one_that_waits_already_keeps_its_turn(app):
    one = seen(0)
    since = now() - timedelta(minutes=9)
    save(Probe(url=one.url, digest=digest(one.url), asked_at=since))
    watch.ask_for_new_pages()
    [probe] = db.session.query(Probe)
    assert probe.asked_at == since


def test_a_few_at_a_time_the_newest_first(app, monkeypatch):
    monkeypatch.setattr(watch, "AT_MOST", 2)
    old, new, newest, known = (seen(days) for days in (9, 2, 1, 0))
    known.link_checked_at = now() - timedelta(days=5)
    watch.ask_for_new_pages()
    assert asked() == {new.url, newest.url}
    for one in (new, newest):
        one.link_checked_at = now()
    watch.ask_for_new_pages()
    assert asked() == {new.url, newest.url, old.url, known.url}
