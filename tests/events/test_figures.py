"""Figures of events: each number has a rule and rows; what is missing is said beside it."""

import csv
import io
from datetime import date
from pathlib import Path

import openpyxl
import pypdf
import pytest
from factories import awa, luc, save

from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.terms import Term, Vocabulary
from crm.db import db, now
from crm.events import figures, who_came
from crm.events.events import Event
from crm.events.figures import BY_KEY
from crm.events.kinds import Attendance, CountKind, State
from crm.events.plan import make
from crm.events.registrations import Registration
from crm.events.rehearse_table import rehearse
from crm.events.report import as_pdf, totals
from crm.events.schedule import Day
from crm.events.take_in import apply
from crm.periods import Period

PAST = Path(__file__).parents[1] / "data" / "events-2021.csv"
YEAR = Period(date(2021, 1, 1), date(2021, 12, 31))
ADDRESS = "/gestion/evenements/bilan"


@pytest.fixture
def past(app):
    apply(rehearse(PAST.read_bytes()), name="2021.csv")
    db.session.commit()


def by(key):
    events = figures.read(YEAR)
    found = figures.counts(BY_KEY[key], YEAR, events)
    return {one.label: (one.events, one.participants, one.missing) for one in found if one.events}


def test_the_totals_of_2021(past):
    whole = figures.total(figures.read(YEAR))
    assert (whole.events, whole.participants, whole.missing) == (49, 807, 10)
    for key in ("mission", "mois", "lieu", "departement", "genre", "comptage"):
        assert sum(one[0] for one in by(key).values()) == 49, key
        assert sum(one[1] for one in by(key).values()) == 807, key
        assert sum(one[2] for one in by(key).values()) == 10, key


def test_each_dimension_shares_the_events_out(past):
    assert by("lieu") == {"En ligne": (29, 364, 7), "Sur place": (20, 443, 3)}
    assert by("comptage") == {"Nombre déclaré": (39, 807, 0), "Effectif manquant": (10, 0, 10)}
    assert by("departement")["69 – Rhône"] == (12, 267, 0)
    assert by("mission")["SI – Formations"] == (4, 40, 0)
    assert by("mois")["décembre 2021"] == (5, 57, 0)
    assert by("partenaire")["Mindchangers"] == (9, 113, 0)
    assert by("partenaire")["CSI"] == (4, 145, 1)


def came(event, number=1, **values):
    row = Registration(event=event, event_id=event.id, state=State.CONFIRMED,
                       attendance=Attendance.CAME, **values)  # fmt: skip
    event.came += row.seats or 1
    return save(row)


def held(title="Rencontre", day=date(2021, 3, 3), **values):
    return make({"title": title} | values, [Day(day)])


def test_people_and_structures_are_counted_once(app):
    kind = Term.find(Vocabulary.ACTOR_TYPE, "association")
    firm = Term.find(Vocabulary.ACTOR_TYPE, "entreprise")
    inside = save(Organisation(name="Dedans", actor_type=kind))
    outside = save(Organisation(name="Dehors", actor_type=firm))
    chloe = save(Person(first_name="Chloé", last_name="Martin"))
    first, second = held(), held("Suite", date(2021, 4, 3))
    for event in (first, second):
        came(event, person=chloe, organisation=inside, email="chloe@example.org")
        came(event, email="karim@example.org", organisation=outside)
        came(event, email="lea@example.org", organisation_name="Ville de Lyon")
    came(second, email="tom@example.org", organisation_name="VILLE DE LYON")
    came(second, group_name="Lycée", seats=12)
    absent = came(second, email="absent@example.org")
    absent.attendance, second.came = Attendance.ABSENT, second.came - 1
    db.session.commit()
    told = who_came.people(YEAR)
    assert (told.people, told.nameless, told.structures) == (4, 12, 3)
    assert (told.inside, told.outside, told.untyped) == (1, 1, 1)
    assert told.share_outside == 0.5
    assert figures.total(figures.read(YEAR)).participants == first.came + second.came == 19
    assert len(db.session.scalars(who_came.rows(YEAR)).all()) == 8
    beyond = db.session.scalars(who_came.rows(YEAR, "hors-secteur"))
    assert [one.organisation for one in beyond] == [outside, outside]


def test_a_number_that_was_given_counts_before_those_who_were_marked(app):
    event = held()
    came(event, email="chloe@example.org")
    assert figures.total(figures.read(YEAR)).participants == 1
    event.head_count, event.head_count_kind = 30, CountKind.ESTIMATED
    db.session.flush()
    assert figures.total(figures.read(YEAR)).participants == 30


def test_what_was_called_off_or_is_to_come_is_left_out_and_said(app):
    held().cancelled_at = now()
    year = now().year
    make({"title": "Demain"}, [Day(date(year, 12, 31))])
    db.session.flush()
    assert figures.read(YEAR) == []
    assert figures.apart(YEAR) == figures.Apart(cancelled=1, coming=0)
    coming = figures.apart(Period(date(year, 1, 1), date(year, 12, 31)))
    assert coming == figures.Apart(cancelled=0, coming=1)


def test_an_empty_year_has_a_page_that_says_so(app, signed_in):
    page = signed_in(luc()).get(f"{ADDRESS}?annee=2019")
    assert page.status_code == 200
    assert "Aucun événement n’a eu lieu en 2019." in page.text


def test_every_number_of_the_page_opens_on_its_rows(past, signed_in):
    client = signed_in(luc())
    page = client.get(f"{ADDRESS}?annee=2021")
    assert "807\u00a0participants" in page.text
    assert "10\u00a0effectifs manquent" in page.text
    for dimension, found in figures.tables(YEAR, figures.read(YEAR)):
        for one in found[:3]:
            query = {"annee": 2021, "par": dimension.key, "valeur": one.value}
            rows = client.get(f"{ADDRESS}/lignes", query_string=query)
            said = f"{one.events}\u00a0événement{'s' if one.events > 1 else ''}, "
            assert (rows.status_code, said in rows.text) == (200, one.events > 0)
    assert client.get(f"{ADDRESS}/lignes?par=mois&valeur=x").status_code == 404


def test_the_table_leaves_as_files(past, signed_in):
    client = signed_in(luc())
    content = client.get(f"{ADDRESS}/tableau.csv?annee=2021").data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content, newline=""), delimiter=";"))
    with PAST.open(newline="") as typed:
        assert rows == list(csv.reader(typed, delimiter=";"))
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{ADDRESS}/tableau.xlsx?annee=2021").data))
    assert sum(row[5] or 0 for row in book.active.iter_rows(min_row=2, values_only=True)) == 807
    assert client.get(f"{ADDRESS}/tableau.pdf?annee=2021").status_code == 404
    assert b"Total;en 2021;49;807;10" in client.get(f"{ADDRESS}/totaux.csv?annee=2021").data


def test_names_leave_as_a_file_only_for_those_who_work(past, signed_in):
    assert signed_in(luc()).get(f"{ADDRESS}/personnes.csv").status_code == 403
    assert signed_in(awa()).get(f"{ADDRESS}/personnes.csv").status_code == 200


def test_the_report_is_a_tagged_pdf(past):
    file = pypdf.PdfReader(io.BytesIO(as_pdf(YEAR)))
    assert file.metadata.title == "Événements en 2021"
    assert "/StructTreeRoot" in file.trailer["/Root"]
    assert file.trailer["/Root"]["/Lang"] == "fr"
    assert b"pdfuaid" in file.xmp_metadata.stream.get_data()
    text = "\n".join(page.extract_text() for page in file.pages)
    assert "49\u00a0événements ont réuni 807\u00a0participants" in text
    assert "10\u00a0événements sont sans nombre de participants" in text
    assert "Appui collectif lauréats communication" in text


def test_hostile_words_stay_text_in_the_report(app):
    held("#panic() $x$ <b> \\ *gras* [lien]", project="@x")
    text = "".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(as_pdf(YEAR))).pages)
    assert "#panic() $x$ <b> \\ *gras* [lien]" in text


def test_what_counts_as_the_sector_is_chosen(app, signed_in):
    firm = Term.find(Vocabulary.ACTOR_TYPE, "entreprise")
    came(held(), organisation=save(Organisation(name="Dehors", actor_type=firm)))
    assert who_came.people(YEAR).share_outside == 1
    assert signed_in(luc()).get(f"{ADDRESS}/secteur").status_code == 403
    client = signed_in(awa())
    assert client.post(f"{ADDRESS}/secteur", data={"inside": ["entreprise"]}).status_code == 302
    assert who_came.people(YEAR).share_outside == 0
    assert client.post(f"{ADDRESS}/secteur", data={"inside": ["rien"]}).status_code == 422


def test_years_are_compared(past):
    held("Avant", date(2020, 5, 5)).came = 7
    db.session.flush()
    assert [(one.label, one.participants) for one in figures.years(YEAR, 2)] == [
        ("2021", 807), ("2020", 7),
    ]  # fmt: skip
    assert next(iter(totals(YEAR))) == ("Total", "en 2021", 49, 807, 10)


def test_a_table_is_put_in_looked_at_then_applied(app, signed_in):
    client = signed_in(awa())
    address = "/gestion/evenements/tableaux/"
    sent = {"file": (io.BytesIO(PAST.read_bytes()), "2021.csv")}
    rehearsed = client.post(address, data=sent)
    assert rehearsed.status_code == 303
    page = client.get(rehearsed.location)
    assert "49\u00a0lignes\u00a0: 49 à créer" in page.text
    assert db.session.query(Event).count() == 0
    applied = client.post(f"{rehearsed.location}/application")
    assert applied.location == f"{ADDRESS}?annee=2021"
    assert db.session.query(Event).count() == 49
    assert client.get(rehearsed.location).status_code == 410
    assert "2021.csv" in client.get(address).text


def test_a_table_that_cannot_be_read_or_go_in_changes_nothing(app, signed_in):
    client = signed_in(awa())
    address = "/gestion/evenements/tableaux/"
    wrong = client.post(address, data={"file": (io.BytesIO(b"%PDF-1.7"), "x.csv")})
    assert (wrong.status_code, "c’est un PDF" in wrong.text) == (422, True)
    content = PAST.read_text().replace("8 janvier 2021", "32 janvier 2021", 1).encode()
    kept = client.post(address, data={"file": (io.BytesIO(content), "x.csv")})
    assert "ce jour n’existe pas" in client.get(kept.location).text
    assert client.post(f"{kept.location}/application").location == kept.location
    assert db.session.query(Event).count() == 0
    assert client.post(f"{kept.location}/abandon").status_code == 303
    assert client.get(kept.location).status_code == 404
    assert signed_in(luc()).post(address, data={}).status_code == 403
