"""The days of an event: in order, possible, and known to calendars by the same name for ever."""

from datetime import date, time

import gatherings
import pytest

from crm.db import db
from crm.events.schedule import BadDays, Day, schedule

MARCH, OCTOBER = date(2027, 3, 28), date(2027, 10, 31)


def test_an_event_knows_its_first_and_last_day(app):
    days = [Day(date(2027, 4, 7)), Day(date(2027, 3, 23)), Day(date(2027, 3, 26))]
    made = gatherings.event(*days)
    assert (made.first_day, made.last_day) == (date(2027, 3, 23), date(2027, 4, 7))
    assert made.ends_at.isoformat() == "2027-04-07T22:00:00+00:00"


def test_a_day_that_moves_keeps_its_name_in_calendars(app):
    made = gatherings.event(Day(date(2027, 5, 3), time(9), time(12)))
    uid = made.held[0].uid
    assert schedule(made, [Day(date(2027, 5, 4), time(9), time(12))])
    assert [(one.uid, one.sequence, one.day) for one in made.sessions] == [
        (uid, 1, date(2027, 5, 4))
    ]
    assert not schedule(made, [Day(date(2027, 5, 4), time(9), time(12))])


def test_a_day_taken_away_stays_as_cancelled(app):
    first, second = Day(date(2027, 5, 3)), Day(date(2027, 5, 10))
    made = gatherings.event(first, second)
    schedule(made, [first])
    db.session.flush()
    assert [(one.day.day, one.cancelled_at is None) for one in made.sessions] == [
        (3, True), (10, False)
    ]  # fmt: skip
    assert made.last_day == date(2027, 5, 3)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ([Day(MARCH, time(2, 30), time(5))], "n’existe pas"),
        ([Day(date(2027, 5, 3), time(12), time(9))], "la fin est avant le début"),
        ([Day(date(2027, 5, 3), time(9), time(9))], "la fin est avant le début"),
        ([Day(date(2027, 5, 3), time(9))], "l’heure de début et celle de fin"),
        (
            [Day(date(2027, 5, 3), time(9), time(12)), Day(date(2027, 5, 3), time(11), time(13))],
            "se chevauchent",
        ),
        ([Day(date.fromordinal(740000 + one)) for one in range(101)], "100 dates au plus"),
    ],
)
def test_impossible_days_are_refused_in_words(app, days, said):
    with pytest.raises(BadDays, match=said):
        schedule(gatherings.event(), days)


def test_the_night_of_october_has_an_hour_more(app):
    made = gatherings.event(Day(OCTOBER, time(1), time(4)), Day(date(2028, 2, 29)))
    night = made.held[0]
    assert (night.ends_at - night.starts_at).total_seconds() == 4 * 3600
    assert night.local_hours == (time(1), time(4))
