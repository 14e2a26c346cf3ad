"""Past tables: the one of 2021 goes in whole, once, and comes out as it was typed."""

import csv
import io
from datetime import date
from operator import attrgetter
from pathlib import Path

import openpyxl
import pytest
import sqlalchemy as sa
from factories import awa, save

from crm.contacts.files.spreadsheets import TableError
from crm.contacts.journal import Entry
from crm.contacts.organisations import Organisation
from crm.contacts.search.index import index
from crm.contacts.terms import Term, Vocabulary
from crm.db import db
from crm.events.events import Event
from crm.events.kinds import CountKind
from crm.events.past_tables import HEADINGS, read_past
from crm.events.rehearse_table import Outcome, rehearse
from crm.events.take_in import NotWhole, apply
from crm.events.typed_cells import mission_key
from crm.events.yearly_table import cells, rows, table
from crm.tables import csv_lines

PAST = Path(__file__).parents[1] / "data" / "events-2021.csv"
YEAR = date(2021, 1, 1), date(2021, 12, 31)
HEAD = "Événement;Date;Mission;Projet/Partenaire;Lieu;Participants"


def lines_of(content):
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def take_in(content, **options):
    done = apply(rehearse(content, **options), name="2021.csv")
    db.session.commit()
    return done


def out():
    return b"".join(csv_lines(list(HEADINGS.values()), rows(table(*YEAR))))


def one(cells_="", **typed):
    """A file of one row."""
    row = {"title": "Rencontre", "dates": "8 janvier 2021", "mission": "Information",
           "partners": "", "place": "69", "count": "12"} | typed  # fmt: skip
    return f"{HEAD}\n{';'.join(row.values())}\n".encode()


def test_the_table_of_2021_goes_in_whole_and_comes_out_the_same(app):
    assert len(take_in(PAST.read_bytes())) == 49
    events = table(*YEAR)
    assert len(events) == 49
    assert sum(event.head_count or 0 for event in events) == 807
    assert sum(event.head_count is None for event in events) == 10
    assert {event.head_count_kind for event in events} == {CountKind.DECLARED, None}
    assert all(event.mission for event in events)
    assert lines_of(out()) == lines_of(PAST.read_bytes())


def test_two_writings_of_a_mission_are_one(app):
    take_in(PAST.read_bytes())
    found = db.session.execute(
        sa.select(Term.code, sa.func.count()).join(Event, Event.mission_id == Term.id)
        .group_by(Term.code)
    ).all()  # fmt: skip
    assert dict(tuple(row) for row in found) == {
        "information": 18, "si-reseau": 9, "si-formations": 4, "si-accompagnement": 2,
        "ecsi-reseau": 14, "ecsi-accompagnement": 2,
    }  # fmt: skip


def test_several_partners_days_and_places_are_understood(app):
    take_in(PAST.read_bytes())
    by_title = {event.title: event for event in db.session.scalars(sa.select(Event))}
    festival = by_title["Rencontre régionale des acteurs Festisol"]
    assert [one.day.isoformat() for one in festival.held] == [
        "2021-03-23", "2021-03-26", "2021-04-07",
    ]  # fmt: skip
    assert festival.is_online
    workshop = by_title["Atelier sur l’intérêt de la coopération décentralisée"]
    assert [one.name for one in workshop.partners] == ["CSI", "CIEDEL"]
    assert (workshop.department, workshop.is_online) == ("74", False)
    day = by_title["RECITAL journée capitalisation"]
    assert len(day.partners) == 9
    assert by_title["Présentation de la LOP-DSLIM avec Hubert Julien Laferrière, député du Rhône"
                    ].partners == []  # fmt: skip


def test_nothing_is_changed_by_a_rehearsal(app):
    told = rehearse(PAST.read_bytes())
    assert told.totals == {Outcome.NEW: 49}
    assert told.sentence == (
        "49\u00a0lignes\u00a0: 49 à créer\u00a0; 807\u00a0participants, 10\u00a0effectifs manquent."
    )
    assert db.session.scalar(sa.select(sa.func.count(Event.id))) == 0


def test_an_import_run_twice_adds_nothing(app):
    take_in(PAST.read_bytes())
    again = rehearse(PAST.read_bytes())
    assert again.totals == {Outcome.KNOWN: 49}
    assert [line.said for line in again.lines if line.said] == []
    assert apply(again, name="2021.csv") == []
    assert db.session.scalar(sa.select(sa.func.count(Event.id))) == 49


def test_an_event_that_was_renamed_since_is_still_known(app):
    [event] = take_in(one())
    event.title = "Rencontre annuelle"
    db.session.commit()
    assert rehearse(one()).totals == {Outcome.KNOWN: 1}


def test_a_number_found_later_completes_the_event_and_no_other(app):
    take_in(one(count="") + b"Autre;9 janvier 2021;Information;;38;7\n")
    again = rehearse(one(count="14") + b"Autre;9 janvier 2021;Information;;38;8\n")
    assert [line.outcome for line in again.lines] == [Outcome.COMPLETED, Outcome.KNOWN]
    assert again.lines[0].said == ["14\u00a0participants à ajouter"]
    assert again.lines[1].said == ["8 participants ici, 7 déjà notés\u00a0: laissé tel quel"]
    apply(again, name="2021.csv")
    db.session.commit()
    assert [event.head_count for event in table(*YEAR)] == [14, 7]


def test_an_event_made_by_hand_is_recognised(app):
    [event] = take_in(one(count=""))
    event.import_key, event.typed = None, {}
    db.session.commit()
    assert rehearse(one(title="RENCONTRE")).totals == {Outcome.COMPLETED: 1}


def test_the_same_row_twice_is_two_events_and_says_so(app):
    content = one() + one().split(b"\n", 1)[1]
    told = rehearse(content)
    assert told.totals == {Outcome.NEW: 2}
    assert told.lines[1].said == ["Même titre et même date que la ligne 2."]
    take_in(content)
    assert rehearse(content).totals == {Outcome.KNOWN: 2}
    assert len({event.slug for event in table(*YEAR)}) == 2


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"title": " "}, "Il manque le titre."),
        ({"dates": "29 février 2021"}, "ce jour n’existe pas"),
        ({"dates": "mars"}, "il manque le jour"),
        ({"count": "beaucoup"}, "n’est pas un nombre de personnes"),
        ({"mission": "Jardinage"}, "n’est pas dans le vocabulaire"),
    ],
)
def test_a_row_that_cannot_go_in_keeps_all_of_them_out(app, typed, why):
    content = one(**typed) + b"Autre;9 janvier 2021;Information;;38;7\n"
    told = rehearse(content)
    assert told.totals == {Outcome.REFUSED: 1, Outcome.NEW: 1}
    assert any(why in said for said in told.lines[0].said)
    with pytest.raises(NotWhole):
        apply(told, name="x.csv")
    assert db.session.scalar(sa.select(sa.func.count(Event.id))) == 0


def test_an_unknown_mission_is_made_when_asked(app):
    content = one(mission="Jardinage") + b"Autre;9 janvier 2021;JARDINAGE;;38;7\n"
    take_in(content, create_missions=True)
    assert [event.mission.label for event in table(*YEAR)] == ["Jardinage", "Jardinage"]
    made = sa.select(Term).where(Term.label == "Jardinage")
    assert db.session.scalars(made).one().vocabulary is Vocabulary.MISSION


def test_partners_with_a_card_read_it_in_their_journal(app):
    guild = save(Organisation(name="La Guilde"))
    index(guild)
    db.session.commit()
    [event] = take_in(one(partners="CSI et La Guilde"))
    assert [partner.organisation for partner in event.partners] == [None, guild]
    entry = db.session.scalars(sa.select(Entry).where(Entry.organisation == guild)).one()
    assert entry.text == "Partenaire de «\u00a0Rencontre\u00a0» (8 janvier 2021)"
    assert entry.link == f"/gestion/evenements/{event.id}"


def as_excel(content):
    book = openpyxl.Workbook()
    for row in lines_of(content):
        book.active.append([int(cell) if cell.isdecimal() else cell for cell in row])
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


@pytest.mark.parametrize(
    "written",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("cp1252"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: as_excel(text.encode()),
        lambda text: b"".join(csv_lines(*_split(text))),
    ],
    ids=["utf-8-sig", "utf-16", "cp1252", "crlf", "xlsx", "our own export"],
)
def test_the_same_table_in_other_clothes_says_the_same(written):
    facts = attrgetter("title", "dates", "partners", "place", "count")
    missions = [mission_key(row.mission) for row in read_past(PAST.read_bytes()).rows]
    told = read_past(written(PAST.read_text())).rows
    assert [facts(row) for row in told] == [facts(row) for row in read_past(PAST.read_bytes()).rows]
    assert [mission_key(row.mission) for row in told] == missions


def _split(text):
    first, *rest = lines_of(text.encode())
    return first, rest


def test_columns_in_another_order_with_one_too_many(app):
    content = "Lieu\tDate\tObservations\tIntitulé\n07\t8/1/2021\tbien\tRencontre\n".encode()
    told = rehearse(content)
    assert told.table.ignored == ("Observations",)
    [event] = apply(told, name="x.tsv")
    assert (event.title, event.department, event.head_count) == ("Rencontre", "07", None)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"Nom;Ville\nA;B\n", b"\x00\x01"])
def test_what_is_no_such_table_is_refused_with_a_sentence(app, content):
    with pytest.raises(TableError):
        rehearse(content)


HOSTILE = ('=HYPERLINK("http://x","y")', "@SUM(1)", "+33", "<script>alert(1)</script>",
           "{{ 7*7 }}", "'; DROP TABLE events; --", "a\u202eb")  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_cells_stay_text_on_the_way_in_and_out(app, words):
    quoted = '"' + words.replace('"', '""') + '"'
    take_in(one(title=quoted, partners=quoted, place=quoted))
    [event] = table(*YEAR)
    written = out().decode("utf-8-sig")
    assert "\n=" not in written
    assert ";=" not in written
    assert ';"=' not in written
    [_, row] = lines_of(out())
    take_in(out())
    assert [one.id for one in table(*YEAR)] == [event.id], "it is known again"
    assert row[1:3] == ["8 janvier 2021", "Information"]


def test_words_stay_only_while_they_are_true(app):
    [event] = take_in(one(mission="INFORMATION", partners="CSI / SCD", count="environ 30"))
    assert cells(event) == {
        "title": "Rencontre", "dates": "8 janvier 2021", "mission": "INFORMATION",
        "partners": "CSI / SCD", "place": "69", "count": "environ 30",
    }  # fmt: skip
    event.title, event.head_count, event.department = "Réunion", 31, "38"
    event.partners.pop()
    db.session.commit()
    assert cells(event) == {
        "title": "Réunion", "dates": "8 janvier 2021", "mission": "INFORMATION",
        "partners": "CSI", "place": "38", "count": "31",
    }  # fmt: skip


def test_who_took_it_in_is_written_down(app):
    user = awa()
    [event] = apply(rehearse(one()), name="tableau.csv", by=user)
    db.session.commit()
    assert [(step.text, step.user) for step in event.steps] == [
        ("Repris du tableau «\u00a0tableau.csv\u00a0», ligne 2", user)
    ]
