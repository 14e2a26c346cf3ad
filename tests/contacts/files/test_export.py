"""Exporting, and importing the file back: nothing changes, whatever the cards say."""

from datetime import date

import pytest
import sqlalchemy as sa
from contact_files import base, imported, rehearsed
from factories import save
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from queries import counted

from crm.contacts.details import Detail, DetailKind
from crm.contacts.files.export import CHOICES, ExportError, as_csv, as_xlsx, columns_of, everyone
from crm.contacts.files.rehearse import Outcome
from crm.contacts.files.spreadsheets import read_table
from crm.contacts.kinds import ContactKind
from crm.contacts.organisations import Organisation, OtherName
from crm.contacts.people import Channel, Person, Role
from crm.contacts.terms import Term, Vocabulary
from crm.db import db
from crm.formulas import disarm, rearm

FORMULAS = ["=1+1", "+33 6 12 34 56 78", "-1", "@SOMME(A1)", "\t=1", "\r=1", "'=1", "''+1", "＝1"]


def csv_of(contacts, *keys) -> bytes:
    kind = ContactKind(contacts.column_descriptions[0]["entity"].__name__.lower())
    return b"".join(as_csv(contacts, columns_of(kind, keys)))


def xlsx_of(contacts, folder, *keys) -> bytes:
    kind = ContactKind(contacts.column_descriptions[0]["entity"].__name__.lower())
    as_xlsx(folder / "contacts.xlsx", contacts, columns_of(kind, keys))
    return (folder / "contacts.xlsx").read_bytes()


def phone(value: str) -> Detail:
    return Detail.make(DetailKind.PHONE, value)


def mail(value: str) -> Detail:
    return Detail.make(DetailKind.EMAIL, value)


def full() -> Organisation:
    """An organisation that says something in every column."""
    terms = [Term.find(Vocabulary.SECTOR, "eau"), Term.find(Vocabulary.SDG, "06"),
             Term.find(Vocabulary.COUNTRY, "SN")]  # fmt: skip
    return save(
        Organisation(
            name="Sahel-Isère | Amitié", acronym="SIA", siren="732829320", siret="73282932000074",
            rna="W381012345", street="1 rue Basse", postcode="01000", commune="Bourg",
            department="01", postal_address="BP 1\n01000 Bourg", website="https://sia.example.org",
            languages=["fr", "wo"], founded_year=1984, staff_count=3, volunteer_count=120,
            description="« Jumelage » ;\nici \"et\" là-bas", competences="Puits", terms=terms,
            on_board_since=date(2021, 2, 3), relay_territory="Ain",
            actor_type=Term.find(Vocabulary.ACTOR_TYPE, "osim"),
            other_names=[OtherName(name="A | B"), OtherName(name="C \\ D"), OtherName(name="E; F")],
            details=[mail("sia@example.org"), phone("+33 4 76 00 00 00"), phone("04 76 00 00 01")],
        )
    )  # fmt: skip


def someone(place: Organisation | None = None) -> Person:
    person = save(
        Person(first_name="Awa", last_name="Traoré", channel=Channel.PHONE, language="wo",
               commune="Bourg", department="2A", details=[mail("awa@example.org"),
               phone("+33612345678"), phone("+221 77 000 00 00")])
    )  # fmt: skip
    if place:
        save(Role(person=person, organisation=place, title="Présidente",
                  started_on=date(2020, 1, 31)))  # fmt: skip
    return person


@pytest.mark.parametrize("kind", list(ContactKind))
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_importing_an_export_back_changes_nothing(app, tmp_path, kind, form):
    place = full()
    someone(place)
    before = base()
    content = csv_of(everyone(kind)) if form == "csv" else xlsx_of(everyone(kind), tmp_path)
    rehearsal = rehearsed(content)
    assert [line.changes for line in rehearsal.lines] == [[]]
    assert set(rehearsal.fields.values()) == {column.key for column in CHOICES[kind]}
    imported(content)
    assert base() == before


def test_a_card_without_its_number_is_found_by_its_name(app):
    full()
    keys = ["organisation.name", "organisation.commune", "organisation.phones"]
    rehearsal = rehearsed(csv_of(everyone(ContactKind.ORGANISATION), *keys))
    assert rehearsal.totals[Outcome.UNCHANGED] == 1


def test_an_edited_export_has_the_last_word(app):
    card = save(Organisation(name="Federation Leo Lagange", commune="LYON"))
    text = csv_of(everyone(ContactKind.ORGANISATION)).decode("utf-8-sig")
    edited = text.replace("Federation Leo", "Fédération Léo").replace("LYON", "Lyon")
    imported(edited.encode("utf-8-sig"))
    assert (card.name, card.commune) == ("Fédération Léo Lagange", "Lyon")


def test_cells_are_never_formulas(app, tmp_path):
    for name in FORMULAS:
        save(Organisation(name=name, description=name))
    contacts = everyone(ContactKind.ORGANISATION)
    for content in (csv_of(contacts), xlsx_of(contacts, tmp_path)):
        cells = [cell for _, row in read_table(content).rows for cell in row if cell]
        assert [cell for cell in cells if cell.strip()[0] in "=+-@＝"] == []
    assert "'=1+1" in cells


def test_a_list_keeps_its_order_and_its_columns(app):
    for name in ("B", "A", "C"):
        save(Organisation(name=name, commune="Lyon"))
    contacts = sa.select(Organisation).where(Organisation.name != "A").order_by(
        Organisation.name.desc()
    )  # fmt: skip
    text = csv_of(contacts, "organisation.commune", "organisation.name")
    assert text == b"\xef\xbb\xbfStructure;Commune\r\nC;Lyon\r\nB;Lyon\r\n"


def test_an_unknown_column_is_refused(app):
    with pytest.raises(ExportError):
        columns_of(ContactKind.PERSON, ["person.password"])


def test_a_merged_card_is_not_exported(app):
    kept = save(Organisation(name="Gret"))
    save(Organisation(name="GRET", merged_into=kept))
    assert csv_of(everyone(ContactKind.ORGANISATION), "organisation.name").count(b"\n") == 2


def test_the_number_of_queries_does_not_grow(app):
    someone(full())
    with counted() as few:
        csv_of(everyone(ContactKind.PERSON))
    place = save(Organisation(name="Grand lieu"))
    people = [someone(place) for _ in range(20)]
    with counted() as many:
        csv_of(everyone(ContactKind.PERSON))
    assert len(people) == 20
    assert len(many) <= len(few)


@settings(max_examples=300)
@given(st.text())
@example("'=")
def test_disarming_a_cell_can_be_undone(text):
    assert rearm(disarm(text)) == text


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
odd = [
    *FORMULAS, "#N/A", "_x0041_", "TRUE", "1e5", "00012", "Nom (SIGLE)", "*étoile*", "a;b", "a|b",
    "\\|", '"', "03/02/2021", '=LIEN("x")', "x" * 60,
]  # fmt: skip
hostile = st.one_of(texts, st.sampled_from(odd))


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each try writes a base: no shrinking
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(hostile, hostile, hostile, hostile), min_size=1, max_size=4))
def test_whatever_a_card_says_an_export_changes_nothing(app, tmp_path, form, cards):
    try:
        for number, (name, other, value, long) in enumerate(cards):
            tag = Term(vocabulary=Vocabulary.TAG, code=f"tag-{number}", label=long)
            place = Organisation(
                name=name, commune=value, acronym=other, street=long, description=long * 30,
                website=value, postcode=value[:10], languages=[value[:10]], terms=[tag],
                other_names=[OtherName(name=other), OtherName(name=value)],
                details=[phone(value), phone(long), mail(other)],
            )  # fmt: skip
            person = Person(first_name=value, last_name=name, details=[mail(long)])
            save(Role(person=person, organisation=place, title=other))
        before = base()
        for kind in ContactKind:
            contacts = everyone(kind)
            content = csv_of(contacts) if form == "csv" else xlsx_of(contacts, tmp_path)
            for line in rehearsed(content).lines:
                assert line.changes + line.problems + line.doubts == []
                assert line.outcome is Outcome.UNCHANGED
            imported(content)
            db.session.flush()
        assert base() == before
    finally:
        db.session.rollback()
