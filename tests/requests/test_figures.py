"""Figures: each number is that of the rows it opens, on both databases."""

import csv
import io
from datetime import date, datetime, timedelta

import booked
import openpyxl
import pytest
from factories import benoit

from crm.contacts.terms import Term, Vocabulary
from crm.db import db, now
from crm.filters import PARIS
from crm.periods import Period
from crm.requests import book, figures
from crm.requests.figures import BY_KEY, DIMENSIONS, FIGURE_BY_KEY, FIGURES
from crm.requests.jot import jot
from crm.requests.kinds import Outcome, Public, RequestKind
from crm.requests.lines import every_line, lines
from crm.users import User

YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))


def at(month, day, hour=12, minute=0):
    return datetime(2026, month, day, hour, minute, tzinfo=PARIS)


def asked(kind, moment, days=None, **values):
    made = booked.request(kind=kind, created_at=moment, **values)
    made.answered_at = None if days is None else moment + timedelta(days=days)
    return made


def answered(user, moment, **values):
    answer = jot({"key": str(moment), "theme": "", **values}, by=user)
    answer.at = moment
    return answer


@pytest.fixture
def year(app):
    """A year with one of each, at the limits of its months too."""
    user, theme = benoit(), Term.find(Vocabulary.THEME, "financement")
    # Half past midnight in Paris on the first of January is still the year before in UTC.
    answered(user, at(1, 1, 0, 30), department="38", channel="stand", theme=str(theme.id))
    answered(user, at(12, 31, 23, 30), public="young")
    answered(user, datetime(2027, 1, 1, 0, 30, tzinfo=PARIS))
    asked(RequestKind.INFORMATION, at(3, 2), 0.5, theme_id=theme.id, department="38")
    asked(RequestKind.INFORMATION, at(3, 31, 23, 59))
    asked(RequestKind.PROJECT, at(6, 1), 5, public=Public.ASSOCIATION).close(Outcome.ACCOMPANIED)
    asked(RequestKind.FUNDING, at(6, 1), 40)
    asked(RequestKind.PROJECT, at(6, 2), 5).close(Outcome.OUT_OF_SCOPE)
    met = asked(RequestKind.PARTNER, at(7, 1))
    held = book.arrange(met, user, now() + timedelta(hours=3), 30, by=user)
    held.starts_at, held.ends_at = now() - timedelta(hours=3), now() - timedelta(hours=2)
    met.answered_at = None
    asked(RequestKind.YOUTH, at(8, 1), 2)
    asked(RequestKind.PROJECT, at(8, 2), 1).suspected_at = now()
    db.session.commit()


def table(key, period=YEAR):
    return {one.label: one.number for one in dict(figures.tables(period))[BY_KEY[key]]}


def test_the_figures_of_the_report_follow_their_rule(year):
    numbers = {one.key: figures.total(YEAR, *one.where()) for one in FIGURES}
    assert numbers == {"informations": 3, "accompagnements": 3, "ecsi": 1}
    rows = lines(YEAR, FIGURE_BY_KEY["accompagnements"].where())
    assert [row.kind for row in rows] == [
        "Recherche de partenaire", "Financement", "Projet international",
    ]  # fmt: skip


def test_months_are_those_of_a_calendar_in_france(year):
    found = {label: number for label, number in table("mois").items() if number}
    assert found == {
        "janvier 2026": 1, "mars 2026": 2, "juin 2026": 3, "juillet 2026": 1, "août 2026": 1,
        "décembre 2026": 1,
    }  # fmt: skip
    assert len(table("mois")) == 12
    assert table("mois", Period(date(2026, 6, 2), date(2026, 6, 2))) == {"juin 2026": 1}


def test_delays_are_counted_in_days(year):
    assert table("delai") == {
        "moins d’un jour": 1, "1 à 3 jours": 1, "3 à 8 jours": 2, "plus de 15 jours": 1,
        "pas encore": 2,
    }  # fmt: skip
    assert figures.median_delay(YEAR) == pytest.approx(5)
    assert figures.median_delay(Period(date(2020, 1, 1), date(2020, 1, 2))) is None


def test_other_tables(year):
    assert table("theme") == {"Financements": 2, "non précisé": 7}
    assert table("departement") == {"38 – Isère": 2, "non précisé": 7}
    assert table("public") == {"Association": 1, "Jeune, étudiant·e": 1, "non précisé": 7}
    assert table("moyen") == {"Formulaire": 7, "Stand ou salon": 1, "Téléphone": 1}
    assert table("suite")["pas encore close"] == 5


@pytest.mark.parametrize("dimension", DIMENSIONS, ids=lambda one: one.key)
def test_each_number_opens_as_many_rows(year, dimension):
    found = dict(figures.tables(YEAR))[dimension]
    opened = [len(list(every_line(YEAR, figures.having(dimension, one.value, YEAR))))
              for one in found]  # fmt: skip
    assert opened == [one.number for one in found]
    everything = [figures.C.source == figures.REQUEST] if dimension.of_requests else []
    assert sum(opened) == figures.total(YEAR, *everything)


def test_a_period_is_read_from_an_address():
    assert Period.read({"annee": "2021"}) == Period(date(2021, 1, 1), date(2021, 12, 31))
    assert Period.read({"du": "2026-03-02", "au": "2026-01-01"}) == Period(
        date(2026, 1, 1), date(2026, 3, 2)
    )
    for wrong in ("x", "99999", "0000", "²²²²", "-200"):
        assert Period.read({"annee": wrong, "du": wrong, "au": "9999-99-99"}).starts.month == 1


def test_the_pages_and_files_say_the_same(year, signed_in):
    client = signed_in(User.find("benoit@example.org"))
    page = client.get("/gestion/demandes/chiffres/?annee=2026").get_data(as_text=True)
    assert "<strong>3</strong> demandes d’information traitées" in page
    rows = client.get("/gestion/demandes/chiffres/lignes.csv?annee=2026&chiffre=informations")
    read = list(csv.reader(io.StringIO(rows.get_data(as_text=True).removeprefix("\ufeff")),
                           delimiter=";"))  # fmt: skip
    assert len(read) == 4
    book_ = openpyxl.load_workbook(
        io.BytesIO(client.get("/gestion/demandes/chiffres/tableau.xlsx?annee=2026").data)
    )
    cells = list(book_.active.iter_rows(values_only=True))
    assert ("Rapport", "Accompagnements personnalisés", 3) in cells
    assert client.get("/gestion/demandes/chiffres/lignes?par=theme&valeur=x").status_code == 404
    assert client.get("/gestion/demandes/chiffres/tableau.exe").status_code == 404
