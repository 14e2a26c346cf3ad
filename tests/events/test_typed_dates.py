"""Dates as a table types them: read, refused with a reason, and written so that they read back."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.events.typed_dates import UnreadDate, read_dates, say_dates


def d(text):
    return [date.fromisoformat(one) for one in text.split()]


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("8 janvier 2021", "2021-01-08"),
        ("1er février 2021", "2021-02-01"),
        ("1 & 2 avril 2021", "2021-04-01 2021-04-02"),
        ("23& 26 mars, 7 avril 2021", "2021-03-23 2021-03-26 2021-04-07"),
        ("23 & 26 mars, 7 avril 2021", "2021-03-23 2021-03-26 2021-04-07"),
        ("du 3 au 5 mai 2021", "2021-05-03 2021-05-04 2021-05-05"),
        ("3-5 mai 2021", "2021-05-03 2021-05-04 2021-05-05"),
        ("30 décembre 2020 au 2 janvier 2021", "2020-12-30 2020-12-31 2021-01-01 2021-01-02"),
        ("le 31 déc. 2020 et le 1er janv. 2021", "2020-12-31 2021-01-01"),
        ("Vendredi 8 janvier 2021", "2021-01-08"),
        ("08/01/2021", "2021-01-08"),
        ("8.1.21", "2021-01-08"),
        ("08/01/2021 et 09/01/2021", "2021-01-08 2021-01-09"),
        ("2021-01-08", "2021-01-08"),
        ("2021-01-08 00:00:00", "2021-01-08"),
        ("  8\u00a0JANVIER\u202f2021 ", "2021-01-08"),
        ("29 février 2024", "2024-02-29"),
        ("7 avril, 23 mars 2021", "2021-03-23 2021-04-07"),
        ("5 & 5 mai 2021", "2021-05-05"),
        ("8 juil. 2021", "2021-07-08"),
        ("8 aout 2021", "2021-08-08"),
    ],
)
def test_what_people_type_is_read(typed, days):
    assert read_dates(typed) == d(days)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "Il manque la date."),
        ("  ", "Il manque la date."),
        ("8 janvier", "il manque l’année"),
        ("8", "il manque le mois"),
        ("29 février 2021", "ce jour n’existe pas"),
        ("31 avril 2021", "ce jour n’existe pas"),
        ("0 mai 2021", "ce jour n’existe pas"),
        ("lundi 8 janvier 2021", "est un vendredi, pas un lundi"),
        ("du 5 au 3 mai 2021", "finit avant de commencer"),
        ("1 janvier 2020 au 31 décembre 2021", "plus de 100 jours"),
        ("printemps 2021", "n’est pas une date que nous lisons"),
        ("8 ju 2021", "n’est pas une date que nous lisons"),
        ("05/21/2021", "n’est pas une date que nous lisons"),
        ("=HYPERLINK(8)", "n’est pas une date que nous lisons"),
        ("8 janvier 0021", "l’année 21 n’est pas possible"),
        ("8 janvier 20211", "n’est pas une date que nous lisons"),
    ],
)
def test_what_is_no_date_says_why(typed, why):
    with pytest.raises(UnreadDate) as error:
        read_dates(typed)
    assert why in str(error.value)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ("2021-01-08", "8 janvier 2021"),
        ("2021-02-01", "1er février 2021"),
        ("2021-04-01 2021-04-02", "1er & 2 avril 2021"),
        ("2021-03-23 2021-03-26 2021-04-07", "23 & 26 mars, 7 avril 2021"),
        ("2020-12-31 2021-01-01", "31 décembre 2020, 1er janvier 2021"),
        ("2021-05-03 2021-05-04 2021-05-06", "3, 4 & 6 mai 2021"),
    ],
)
def test_days_are_said_as_the_table_says_them(days, said):
    assert say_dates(d(days)) == said


@given(st.sets(st.dates(date(1990, 1, 1), date(2099, 12, 31)), min_size=1, max_size=12))
def test_what_is_said_is_read_back(days):
    assert read_dates(say_dates(days)) == sorted(days)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    with suppress(UnreadDate):
        assert all(isinstance(one, date) for one in read_dates(text))
