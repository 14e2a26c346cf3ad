"""Cells of past tables: partners, places and numbers, as people type them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.contacts.departments import DEPARTMENTS
from crm.events.kinds import CountKind, EventKind
from crm.events.typed_cells import (
    Count,
    Place,
    UnreadCell,
    kind_of,
    mission_key,
    read_count,
    read_partners,
    read_place,
)


@pytest.mark.parametrize(
    ("cell", "partners"),
    [
        ("", []), (" / ", []), ("?", []),
        ("La Guilde", ["La Guilde"]),
        ("ICOM - Lyon 2", ["ICOM - Lyon 2"]),
        ("Comité 21, Ville de Grenoble, Métropole de Grenoble",
         ["Comité 21", "Ville de Grenoble", "Métropole de Grenoble"]),
        ("CSI et CIEDEL", ["CSI", "CIEDEL"]),
        ("CSI et La Guilde", ["CSI", "La Guilde"]),
        ("Fonds AMP / CD 03", ["Fonds AMP", "CD 03"]),
        ("Ville/Métropole de Lyon", ["Ville/Métropole de Lyon"]),
        ("Culture et Solidarité", ["Culture et Solidarité"]),
        ("Eau et Vie", ["Eau et Vie"]),
        ("SCD, les Francas Isère, lauréats RECITAL", ["SCD", "les Francas Isère",
                                                      "lauréats RECITAL"]),
        ("SCD, scd ,SCD;", ["SCD"]),
        ("A\nB", ["A", "B"]),
    ],
)  # fmt: skip
def test_partners_are_told_apart(cell, partners):
    assert read_partners(cell, lambda name: name in ("La Guilde", "Eau et Vie")) == partners


@pytest.mark.parametrize(
    ("cell", "place"),
    [
        ("", Place()), ("/", Place()),
        ("en ligne", Place(True)), ("En Ligne ", Place(True)), ("Visio", Place(True)),
        ("69", Place(False, "69")), ("07", Place(False, "07")), ("7", Place(False, "07")),
        ("2a", Place(False, "2A")), ("974", Place(False, "974")),
        ("69 et en ligne", Place(True, "69")), ("en ligne / 38", Place(True, "38")),
        ("Lyon (69)", Place(False, "69", "Lyon (69)")),
        ("Isère", Place(False, "38", "Isère")),
        ("Salle des fêtes", Place(False, "", "Salle des fêtes")),
        ("999", Place(False, "", "999")),
    ],
)  # fmt: skip
def test_a_place_is_a_department_or_online_or_words(cell, place):
    assert read_place(cell) == place


@pytest.mark.parametrize(
    ("cell", "count"),
    [
        ("", None),
        ("?", None),
        ("nc", None),
        (" / ", None),
        ("0", Count(0, CountKind.DECLARED)),
        ("120", Count(120, CountKind.DECLARED)),
        ("1 200", Count(1200, CountKind.DECLARED)),
        ("12 participants", Count(12, CountKind.DECLARED)),
        ("environ 30", Count(30, CountKind.ESTIMATED)),
        ("~30", Count(30, CountKind.ESTIMATED)),
        ("+ de 500", Count(500, CountKind.ESTIMATED)),
        ("30 (estimé)", Count(30, CountKind.ESTIMATED)),
        ("17 (émargement)", Count(17, CountKind.COUNTED)),
        ("17 comptés", Count(17, CountKind.COUNTED)),
    ],
)
def test_a_number_says_how_it_is_known(cell, count):
    assert read_count(cell) == count


@pytest.mark.parametrize("cell", ["beaucoup", "10 à 15", "-3", "12,5", "=1+1", "9999999", "50 %"])
def test_what_is_no_number_is_refused(cell):
    with pytest.raises(UnreadCell):
        read_count(cell)


def test_two_writings_of_a_mission_are_one():
    writings = ("SI Formations", "SI - Formations", "SI – Formations", "si  formations")
    assert len({mission_key(one) for one in writings}) == 1


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Webinaire d’information sur le TD ICOM", EventKind.WEBINAR),
        ("COPIL Régional Recital", EventKind.COMMITTEE),
        ("Formation présentiel Diagnostic", EventKind.TRAINING),
        ("Atelier présentiel d’accompagnement", EventKind.WORKSHOP),
        ("Réunion d’information AAP1", EventKind.BRIEFING),
        ("Regards croisés", EventKind.MEETING),
        ("Information", EventKind.MEETING),
    ],
)
def test_a_title_says_what_sort_it_is(title, kind):
    assert kind_of(title) == kind


@given(st.text(max_size=80))
def test_any_cell_is_read_or_refused(text):
    assert all(read_partners(text))
    assert read_place(text).department in ("", *DEPARTMENTS)
    with suppress(UnreadCell):
        read_count(text)
