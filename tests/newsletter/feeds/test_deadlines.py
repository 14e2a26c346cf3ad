"""Dates in French words: the one that ends an item, the days of an event."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.filters import day, weekday
from crm.newsletter.feeds.deadlines import closing_day, event_days, field_day, field_days, when
from crm.newsletter.items import Kind

NEAR = date(2026, 3, 1)
days = st.dates(date(2026, 3, 1), date(2027, 12, 31))
soon = st.dates(date(2026, 3, 1), date(2026, 12, 15))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Date limite : 15 mars 2026", date(2026, 3, 15)),
        ("À rendre avant le 31/01/2027.", date(2027, 1, 31)),
        ("Candidatures jusqu’au 1er avril", date(2026, 4, 1)),
        ("Clôture des candidatures le vendredi 3 avril 2026 à minuit", date(2026, 4, 3)),
        ("Dépôt des dossiers du 3 au 5 juin 2026", date(2026, 6, 5)),
        ("15 mars 2026 : date limite de dépôt", date(2026, 3, 15)),
        ("Candidatures ouvertes du 3 mars au 5 mai 2026.", date(2026, 5, 5)),
        ("Dates limites : 15 mars et 15 septembre 2026", date(2026, 3, 15)),
        ("Réponse d’ici le 12 avr. 2026", date(2026, 4, 12)),
        ("DEADLINE : 15/03/26", date(2026, 3, 15)),
        ("Date limite : 15 février. Résultats le 2 avril.", date(2026, 2, 15)),
        ("Au plus tard le 15 janvier", date(2027, 1, 15)),
        ("Dossier à envoyer avant le 4 mai ; réunion le 2 avril 2026", date(2026, 5, 4)),
        ("CDD jusqu’au 31 décembre 2027", None),
        ("Poste à pourvoir avant le 1er septembre 2026", None),
        ("Réunion d’information le 3 mars 2026", None),
        ("Date limite : 31 février 2026", None),
        ("Aucune date", None),
        ("", None),
    ],
)
def test_the_closing_day_is_found(text, found):
    assert closing_day(text, NEAR) == found


def test_a_strict_reading_wants_words_about_closing():
    assert closing_day("Retour avant le 3 mai 2026", NEAR, strict=True) is None
    assert closing_day("Inscriptions avant le 3 mai 2026", NEAR, strict=True) == date(2026, 5, 3)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("du 3 au 5 juin 2026", date(2026, 6, 3), date(2026, 6, 5)),
        ("du 30 mai au 2 juin 2026", date(2026, 5, 30), date(2026, 6, 2)),
        ("du 28 décembre 2026 au 3 janvier 2027", date(2026, 12, 28), date(2027, 1, 3)),
        ("du 28 décembre au 3 janvier 2027", date(2026, 12, 28), date(2027, 1, 3)),
        ("du 03/06/2026 au 05/06/2026", date(2026, 6, 3), date(2026, 6, 5)),
        ("du 03/06 au 05/06/2026", date(2026, 6, 3), date(2026, 6, 5)),
        ("les 3, 4 et 5 juin", date(2026, 6, 3), date(2026, 6, 5)),
        ("3-5 juin 2026", date(2026, 6, 3), date(2026, 6, 5)),
        ("30 mai – 2 juin 2026", date(2026, 5, 30), date(2026, 6, 2)),
        ("Du lundi 1er au mercredi 3 juin", date(2026, 6, 1), date(2026, 6, 3)),
        ("du 3 juin 2026 à 9h au 5 juin 2026 à 17h", date(2026, 6, 3), date(2026, 6, 5)),
        ("Atelier 2 - 14 mars 2026", date(2026, 3, 14), date(2026, 3, 14)),
        ("le 12 mars à 14 h 30", date(2026, 3, 12), date(2026, 3, 12)),
        ("Publié le 2 mars 2026. Rencontre le 12 mars. Inscription avant le 10 mars.",
         date(2026, 3, 12), date(2026, 3, 12)),
    ],
)  # fmt: skip
def test_the_days_of_an_event_are_found(text, first, last):
    assert event_days(text, NEAR) == (first, last)


@given(days, st.sampled_from(["Date limite : {}", "À déposer avant le {}.", "jusqu’au {} inclus",
                              "Clôture des inscriptions le {} à midi", "au plus tard le {}"]),
       st.sampled_from([day, weekday, lambda d: f"{d:%d/%m/%Y}", lambda d: f"{d:%d.%m.%Y}",
                        date.isoformat, lambda d: day(d).upper()]))  # fmt: skip
def test_a_day_written_in_french_is_found_again(chosen, sentence, form):
    assert closing_day(sentence.format(form(chosen)), NEAR) == chosen


@given(soon, st.sampled_from(["d MMMM", "EEEE d MMMM"]))
def test_a_day_without_its_year_is_found_again(chosen, form):
    assert closing_day(f"Date limite : {day(chosen, form)}", NEAR) == chosen


@given(days)
def test_the_name_of_the_day_tells_the_year(chosen):
    near = chosen - timedelta(days=200)
    assert closing_day(f"Date limite : {day(chosen, 'EEEE d MMMM')}", near) == chosen


@given(days, st.integers(0, 40))
def test_a_period_is_found_again(first, length):
    last = first + timedelta(days=length)
    assert event_days(f"Du {day(first)} au {day(last)}, à Lyon", first) == (first, last)


@given(st.text(max_size=300), st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_any_text_is_read(text, near):
    closing_day(f"date limite {text}", near)
    event_days(f"du {text}", near)
    field_day(text)


@given(st.text(alphabet="0123456789/-. aujinmrsvl1er,àé ", max_size=200))
def test_any_text_that_looks_like_dates_is_read(text):
    closing_day(text, NEAR)
    event_days(text, NEAR)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("20260315", date(2026, 3, 15)),
        ("2026-03-15T23:30:00Z", date(2026, 3, 16)),
        ("2026-03-15 10:00:00", date(2026, 3, 15)),
        (1773529200, date(2026, 3, 15)),
        ("15/03/2026", date(2026, 3, 15)),
        ("dimanche 15 mars 2026", date(2026, 3, 15)),
        ("20261399", None),
        ("bientôt", None),
        (None, None),
        (True, None),
        ([], None),
    ],
)
def test_a_date_field_of_any_make_is_read(value, found):
    assert field_day(value) == found


@pytest.mark.parametrize(
    ("fields", "first", "last"),
    [
        ({"ev_startdate": "2026-06-03", "ev_enddate": "2026-06-05"},
         date(2026, 6, 3), date(2026, 6, 5)),
        ({"date_debut": "20260603", "date_fin": "20260605"}, date(2026, 6, 3), date(2026, 6, 5)),
        ({"date_limite": "20260603"}, None, date(2026, 6, 3)),
        ({"_event_start_date": "2026-06-03"}, date(2026, 6, 3), None),
        ({"date_evenement": "2026-06-03"}, date(2026, 6, 3), None),
        ({"couleur": "2026-06-03", "debutant": "oui"}, None, None),
        ({"date_debut": "2026-06-05", "date_fin": "2026-06-03"}, date(2026, 6, 5), None),
    ],
)  # fmt: skip
def test_fields_named_like_dates_are_read(fields, first, last):
    assert field_days(fields.items()) == (first, last)


def test_each_kind_takes_the_dates_that_end_it():
    text = "Inscription avant le 2 mai 2026. Rencontre du 10 au 12 mai 2026."
    assert when(Kind.EVENT, "Forum", text, NEAR) == (date(2026, 5, 10), date(2026, 5, 12))
    assert when(Kind.FUNDING, "Appel", text, NEAR) == (None, date(2026, 5, 2))
    assert when(Kind.TRAINING, "Stage", text, NEAR) == (date(2026, 5, 10), date(2026, 5, 2))
    assert when(Kind.NEWS, "Retour", "Réouverture avant le 2 mai 2026", NEAR) == (None, None)


def test_a_training_can_be_joined_until_it_begins():
    found = when(Kind.TRAINING, "Stage", "Les 10 et 11 mai 2026", NEAR)
    assert found == (date(2026, 5, 10), date(2026, 5, 10))


def test_the_title_speaks_before_the_text():
    found = when(Kind.EVENT, "Forum du 10 mai 2026", "Salle ouverte le 9 mai 2026", NEAR)
    assert found == (date(2026, 5, 10), date(2026, 5, 10))


def test_what_a_field_says_is_trusted_first():
    known = (None, date(2026, 7, 1))
    assert when(Kind.JOB, "Poste", "Date limite : 2 mai 2026", NEAR, known) == known
