"""Figures of events: each number has a rule and rows; what is missing is said beside it."""

import csv
import html
import io
import re
from datetime import date
from pathlib import Path
from urllib.parse import urljoin

import openpyxl
import pypdf
import pytest
from factories import awa, luc, save

from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.terms import Term, Vocabulary
from crm.db import db, now
from crm.events import attendees, figures, who_came
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


@pytest.fixture
def gathered(app):
    """Two events, people with and without a card, structures of all sorts, a group."""
    kind = Term.find(Vocabulary.ACTOR_TYPE, "association")
    firm = Term.find(Vocabulary.ACTOR_TYPE, "entreprise")
    inside = save(Organisation(name="Dedans", actor_type=kind))
    outside = save(Organisation(name="Dehors", actor_type=firm))
    untold = save(Organisation(name="Ailleurs"))
    chloe = save(Person(first_name="Chloé", last_name="Martin"))
    first, second = held(), held("Suite", date(2021, 4, 3))
    for event in (first, second):
        came(event, person=chloe, organisation=inside, email="chloe@example.org")
        came(event, email="karim@example.org", organisation=outside, last_name="Haddad")
        came(event, email="lea@example.org", organisation_name="Ville de Lyon")
    came(second, email="tom@example.org", organisation_name="VILLE DE LYON", seats=3)
    came(second, email="ali@example.org", organisation=untold)
    came(second, group_name="Lycée", seats=12)
    absent = came(second, email="absent@example.org", organisation_name="Nulle part")
    absent.attendance, second.came = Attendance.ABSENT, second.came - 1
    db.session.commit()
    return first, second


def test_people_and_structures_are_counted_once(gathered):
    told = who_came.people(YEAR)
    assert (told.people, told.nameless, told.structures, told.homeless) == (5, 14, 4, 1)
    assert (told.inside, told.outside, told.untyped) == (1, 1, 2)
    assert told.share_outside == 0.5
    assert [(one.label, one.number) for one in told.by_type] == [
        ("Association", 1), ("Entreprise", 1), ("type non précisé", 2),
    ]  # fmt: skip
    assert figures.total(figures.read(YEAR)).participants == sum(one.came for one in gathered) == 22


@pytest.mark.parametrize("few", [True, False])
def test_few_and_many_events_are_counted_alike(gathered, monkeypatch, few):
    monkeypatch.setattr(who_came, "_are_few", lambda period: few)
    told = who_came.people(YEAR)
    assert (told.people, told.nameless, told.structures, told.homeless) == (5, 14, 4, 1)


def test_attendees_are_listed_once_some_at_a_time(gathered):
    def names(page, **asked):
        return [one.name for number in range(4)
                for one in page(YEAR, offset=2 * number, limit=2, **asked)]  # fmt: skip

    everybody = ["Chloé Martin", "ali@example.org", "Haddad", "lea@example.org", "tom@example.org"]
    assert names(attendees.people) == everybody
    chloe = attendees.people(YEAR)[0]
    assert [one.title for one in chloe.comings] == ["Suite", "Rencontre"]
    assert names(attendees.structures) == ["Ailleurs", "Dedans", "Dehors", "VILLE DE LYON"]
    assert names(attendees.structures, code="") == ["Ailleurs", "VILLE DE LYON"]
    assert names(attendees.structures, code="entreprise") == ["Dehors"]
    assert names(attendees.structures, outside=True) == ["Dehors"]
    assert names(attendees.structures, outside=False) == ["Dedans", "Dehors"]
    town = attendees.structures(YEAR)[3]
    assert [one.title for one in town.comings] == ["Suite", "Rencontre"]


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


def numbers_of(page):
    """The links of a page whose words begin with a number: its address, the number, the words."""
    for address, inner in re.findall(r'<a href="([^"]+)"[^>]*>(.*?)</a>', page, re.DOTALL):
        plain = html.unescape(re.sub(r"<[^>]+>", " ", inner)).replace("\u202f", "")
        words = " ".join(plain.split())
        if found := re.match(r"(\d+)(\s*%)?\s*(.*)", words):
            yield html.unescape(address), int(found[1]), words, bool(found[2])


def rows_behind(client, address):
    """How many rows an address lists, over all its pages, and all that it says."""
    rows, said = 0, ""
    while address:
        answer = client.get(address)
        assert answer.status_code == 200, address
        said += html.unescape(answer.text)
        _, _, body = answer.text.partition("<tbody>")
        rows += body.partition("</tbody>")[0].count("<tr>")
        further = re.search(r'<a rel="next" href="([^"]+)"', answer.text)
        address = urljoin(address, html.unescape(further[1])) if further else ""
    return rows, said


def test_every_number_of_the_page_opens_on_its_rows(past, gathered, signed_in):
    held("Annulé", date(2021, 6, 6)).cancelled_at = now()
    make({"title": "À venir"}, [Day(date(2026, 12, 31))])
    db.session.commit()
    client = signed_in(luc())
    year, long = "annee=2021", "du=2015-01-01&au=2026-12-31"
    links = list(numbers_of(client.get(f"{ADDRESS}?{year}").text))
    of_years = numbers_of(client.get(f"{ADDRESS}?{long}").text)
    links += [one for one in of_years if re.search("par=annee|/structures|ecartes", one[0])]
    checked: dict[str, tuple[int, str]] = {}
    for address, number, words, is_share in links:
        if not address.startswith(f"{ADDRESS}/"):
            continue
        if address not in checked:
            checked[address] = rows_behind(client, address)
        rows, said = checked[address]
        if is_share:
            assert (number, rows) == (50, 1)
        elif number and re.search(r"participants?\b", words):
            assert f"{number}\u00a0participant" in said, (address, words)
        elif "sans-nom" in address:
            assert f"{number}\u00a0places, en 2\u00a0lignes" in said
        elif number or "participant" not in words:
            assert rows == number, (address, words)
    assert len(checked) > 60
    for kind in ("par=mission", "par=mois", "par=annee", "par=lieu",
                 "par=departement", "par=partenaire", "par=genre", "par=comptage", "manque=1",
                 "ecartes=annules", "structures?type=association", "structures?type=-",
                 "quoi=hors-secteur", "quoi=type-connu", "quoi=sans-nom", "quoi=sans-structure",
                 "/personnes", "annee=2020"):  # fmt: skip
        assert any(kind in one for one in checked), kind


def test_a_list_that_does_not_exist_says_so(past, signed_in):
    client = signed_in(luc())
    for asked in ("lignes?par=mois&valeur=x", "structures?quoi=x", "structures?type=x",
                  "presences?quoi=x"):  # fmt: skip
        assert client.get(f"{ADDRESS}/{asked}").status_code == 404


def test_a_long_period_is_shown_by_years(past):
    held("Avant", date(2015, 5, 5)).came = 7
    db.session.flush()
    long = Period(date(2015, 1, 1), date(2021, 12, 31))
    events = figures.read(long)
    found = {one.key: rows for one, rows in figures.tables(long, events)}
    assert "mois" not in found
    assert [(one.label, one.participants) for one in found["annee"]] == [
        ("2015", 7), ("2016", 0), ("2017", 0), ("2018", 0), ("2019", 0), ("2020", 0), ("2021", 807),
    ]  # fmt: skip


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


def test_names_leave_as_a_file_only_for_those_who_work(gathered, signed_in):
    reader, worker = signed_in(luc()), signed_in(awa())
    lines = {"personnes": 5, "structures": 4, "presences": 9}
    for name, number in lines.items():
        assert reader.get(f"{ADDRESS}/{name}.csv").status_code == 403
        content = worker.get(f"{ADDRESS}/{name}.csv?annee=2021").data.decode("utf-8-sig")
        assert len(list(csv.reader(io.StringIO(content), delimiter=";"))) == number + 1


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
