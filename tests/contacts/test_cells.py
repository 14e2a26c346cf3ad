"""Cells: what a French spreadsheet writes, and what it means."""

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.contacts import cells
from crm.contacts.files.columns import COLUMNS
from crm.contacts.files.drafts import split_person
from crm.contacts.names import full_name, split_name
from crm.contacts.people import Channel


@pytest.mark.parametrize(
    ("read", "cell", "value"),
    [
        (cells.day, "03/02/2021", date(2021, 2, 3)),
        (cells.day, "3.2.21", date(2021, 2, 3)),
        (cells.day, "31-12-98", date(1998, 12, 31)),
        (cells.day, "2021-02-03", date(2021, 2, 3)),
        (cells.day, "03/02/2021 00:00:00", date(2021, 2, 3)),
        (cells.year, "1984", 1984),
        (cells.year, "01/07/1984", 1984),
        (cells.whole, "1\u202f200", 1200),
        (cells.siren, "732 829 320", "732829320"),
        (cells.siren, "5520101", "005520101"),
        (cells.siret, "73282932000074", "73282932000074"),
        (cells.postcode, "1000", "01000"),
        (cells.postcode, "69 003", "69003"),
        (cells.postcode, "SW1A 1AA", "SW1A 1AA"),
        (cells.department, "1", "01"),
        (cells.department, "69 - Rhône", "69"),
        (cells.department, "rhone", "69"),
        (cells.department, "Rhône (69)", "69"),
        (cells.department, "2a", "2A"),
        (cells.department, "971", "971"),
        (cells.department, "69003", "69"),
        (cells.department, "1000", "01"),
        (cells.phone, "612345678", "06 12 34 56 78"),
        (cells.phone, "04.78.00.00.00", "04 78 00 00 00"),
        (cells.phone, "+33 4 78 00 00 00", "+33 4 78 00 00 00"),
        (cells.email, " Awa@Example.ORG ", "awa@example.org"),
        (cells.email, "<awa@example.org>", "awa@example.org"),
        (cells.website, "www.gret.example", "https://www.gret.example"),
        (cells.website, "http://gret.example/a?b=c", "http://gret.example/a?b=c"),
        (cells.channel, "E-mail", Channel.EMAIL),
        (cells.language, "Wolof", "wo"),
        (cells.language, "FR", "fr"),
    ],
)
def test_a_cell_means_one_thing(read, cell, value):
    assert read(cell) == value


@pytest.mark.parametrize(
    ("read", "cell", "words"),
    [
        (cells.day, "31/02/2021", "n’est pas une date"),
        (cells.day, "12/25/2021", "n’est pas une date"),
        (cells.year, "0012", "n’est pas une année"),
        (cells.whole, "douze", "n’est pas un nombre entier"),
        (cells.siren, "123456789", "Ce SIREN n’existe pas"),
        (cells.department, "99", "n’est pas un département"),
        (cells.phone, "voir Luc", "n’est pas un numéro de téléphone"),
        (cells.email, "awa(at)example.org", "n’est pas un courriel complet"),
        (cells.website, "javascript:alert(1)", "n’est pas une adresse de site"),
        (cells.website, "pas de site", "n’est pas une adresse de site"),
        (cells.channel, "pigeon", "n’est ni courriel, téléphone, courrier"),
        (cells.language, "moldoslovaque", "n’est pas une langue connue"),
    ],
)
def test_a_cell_that_means_nothing_is_said(read, cell, words):
    with pytest.raises(ValueError, match=r".") as caught:
        read(cell)
    assert words in str(caught.value)


@pytest.mark.parametrize("between", [r"[;\n]", r"[;,/\n]|\bou\b", r"[;,\s]"])
@given(st.lists(st.text(min_size=1).map(str.strip).filter(bool), max_size=5))
def test_several_values_in_a_cell_are_found_again(between, values):
    assert cells.split(cells.join(values, between), between) == values


@pytest.mark.parametrize("column", COLUMNS.values(), ids=lambda column: column.key)
@given(cell=st.text(max_size=60))
def test_any_cell_is_read_or_refused(column, cell):
    with contextlib.suppress(ValueError):
        assert column.values(cell) is not None


@pytest.mark.parametrize(
    ("whole", "parts"),
    [
        ("Awa Traoré", ("Awa", "Traoré")),
        ("TRAORÉ Awa", ("Awa", "TRAORÉ")),
        ("Mme Awa TRAORÉ DIALLO", ("Awa", "TRAORÉ DIALLO")),
        ("Jean de La Fontaine", ("Jean", "de La Fontaine")),
        ("Traoré", ("", "Traoré")),
        ("AWA TRAORÉ", ("AWA", "TRAORÉ")),
        ("", ("", "")),
    ],
)
def test_a_whole_name_is_cut_in_two(whole, parts):
    assert split_person(whole) == parts


@pytest.mark.parametrize(
    ("typed", "name", "acronym"),
    [
        ("Cités unies France (CUF)", "Cités unies France", "CUF"),
        ("Programme solidarité-Eau (pS-Eau) *", "Programme solidarité-Eau", "pS-Eau"),
        ("Citoyens, initiatives, vie locale et territoires (Civilités)",
         "Citoyens, initiatives, vie locale et territoires", "Civilités"),
        ("Centre de loisirs (Lyon)", "Centre de loisirs (Lyon)", ""),
        ("* Batik International*", "Batik International", ""),
        ("(GRET)", "(GRET)", ""),
    ],
)  # fmt: skip
def test_an_acronym_is_taken_out_of_a_name(typed, name, acronym):
    assert split_name(typed) == (name, acronym)


@pytest.mark.parametrize(
    ("kind", "name", "whole"),
    [
        ("Conseil régional", "Aquitaine", "Conseil régional – Aquitaine"),
        ("Ville", "Grenoble", "Ville de Grenoble"),
        ("ville", "Athis-Mons", "Ville d’Athis-Mons"),
        ("Mairie", "Le Havre", "Mairie du Havre"),
        ("Commune", "Les Ulis", "Commune des Ulis"),
        ("Ville", "Commune rurale de Bitinkodji", "Commune rurale de Bitinkodji"),
        ("Ville", "Villeurbanne", "Ville de Villeurbanne"),
        ("Association", "Grenoble", "Grenoble"),
        ("Ville", "", ""),
    ],
)
def test_the_kind_of_an_authority_begins_its_name(kind, name, whole):
    assert full_name(kind, name) == whole
