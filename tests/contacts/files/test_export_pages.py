"""Exports from the page: a search or a segment as a file, its columns chosen."""

import io

import cards
import openpyxl
import pytest
from contact_files import base, rehearsed
from factories import benoit, luc

from crm.contacts.files.export import CHOICES
from crm.contacts.files.rehearse import Outcome
from crm.contacts.files.spreadsheets import read_table
from crm.contacts.kinds import ContactKind
from crm.contacts.search.criteria import Search
from crm.contacts.search.segments import Segment
from crm.db import db

URL = "/gestion/contacts/export/"


@pytest.fixture(autouse=True)
def _empty_search(app):
    cards.begin()


@pytest.fixture
def client(signed_in):
    """Benoît's browser; three structures and a person, some with odd names."""
    cards.organisation("=1+1", commune="Vif", department="38", phones=["+33 6 12 34 56 78"])
    cards.organisation("Les Semeurs\u00a0; «\u00a08\u00a0»", commune="Vif", department="38")
    lyon = cards.organisation("@Lyon", commune="Lyon", department="69")
    awa = cards.person("Awa", "Traoré", emails=["awa@example.org"], phones=["+221 77 000 00 00"])
    cards.works(awa, lyon, "Présidente")
    db.session.commit()
    return signed_in(benoit())


def file_of(client, query="", **choices):
    answer = client.post(
        f"{URL}?{query}", data={"fiche": "organisation", "format": "csv"} | choices
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    return answer.data


def test_the_columns_and_the_cards_are_those_chosen(client):
    page = client.get(f"{URL}?departement=38").text
    assert "(2)" in page
    assert "(0)" in page
    columns = ["organisation.commune", "organisation.name"]
    content = file_of(client, "departement=38", **{"colonne-organisation": columns})
    table = read_table(content)
    assert table.headings == ["Structure", "Commune"]
    assert sorted(row for _, row in table.rows) == [
        ["'=1+1", "Vif"],
        ["Les Semeurs\u00a0; «\u00a08\u00a0»", "Vif"],
    ]
    assert content.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("kind", list(ContactKind))
def test_importing_the_file_back_changes_nothing(client, kind, form):
    before = base()
    content = file_of(client, fiche=kind.value, format=form)
    rehearsal = rehearsed(content)
    assert rehearsal.fields.keys() == {column.label for column in CHOICES[kind]}
    expected = 3 if kind is ContactKind.ORGANISATION else 1
    assert {k: n for k, n in rehearsal.totals.items() if n} == {Outcome.UNCHANGED: expected}
    assert base() == before


def test_a_workbook_holds_texts_only(client):
    book = openpyxl.load_workbook(io.BytesIO(file_of(client, format="xlsx")))
    cells = [cell for row in book.active.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    texts = [cell.value for cell in cells if cell.data_type == "s"]
    assert [text for text in texts if text[0] in "=+-@"] == []


@pytest.mark.parametrize("make", [Segment.keep, Segment.fix])
def test_a_segment_is_exported(client, make):
    segment = make("Isère", Search.parse("departement=38"))
    db.session.commit()
    assert "Isère" in client.get(f"{URL}?segment={segment.id}").text
    content = file_of(client, f"segment={segment.id}")
    assert len(read_table(content).rows) == 2


def test_the_page_opens_on_the_cards_there_are(client):
    page = client.get(f"{URL}?fiche=person").text
    chosen = page.partition('value="person"')[2].partition(">")[0]
    assert "checked" in chosen


def test_what_makes_no_sense_is_refused(client):
    for columns in (["inconnue"], ["x" * 100_000], ["person.last_name"]):
        answer = client.post(URL, data={"fiche": "organisation", "colonne-organisation": columns})
        assert answer.status_code == 400
        assert "Colonne inconnue" in answer.text
        assert len(answer.text) < 20_000
    for number in ("999", "9" * 30):
        assert client.get(f"{URL}?segment={number}").status_code in (400, 404)
        assert client.post(f"{URL}?segment={number}").status_code in (400, 404)


def test_nobody_found_makes_a_file_of_headings(client):
    content = file_of(client, "q=zzzzzzzz")
    assert len(content.decode("utf-8-sig").splitlines()) == 1


def test_who_only_reads_takes_nothing_away(client, signed_in):
    reader = signed_in(luc())
    assert reader.get(URL).status_code == 403
    assert reader.post(URL).status_code == 403
