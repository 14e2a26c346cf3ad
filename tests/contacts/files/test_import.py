"""Importing: rehearse, apply, undo."""

import pytest
import sqlalchemy as sa
from contact_files import base, imported, rehearsed, structures, undo_now
from factories import benoit, save
from queries import counted

from crm.contacts.details import Detail, DetailKind
from crm.contacts.files.rehearse import Outcome
from crm.contacts.files.undo import UndoRefused
from crm.contacts.journal import Entry
from crm.contacts.organisations import Organisation, OtherName
from crm.contacts.people import Person, Role
from crm.contacts.terms import Vocabulary
from crm.db import db


def organisation(name: str) -> Organisation:
    return db.session.scalars(sa.select(Organisation).where(Organisation.name == name)).one()


def count(model) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def test_the_study_of_2012_comes_in_at_once(app):
    imported(structures())
    assert count(Organisation) == 185
    gret = organisation("Groupe de recherche et d’échanges technologiques")
    assert (gret.acronym, gret.actor_type.code) == ("GRET", "association")
    grenoble = organisation("Ville de Grenoble")
    assert [other.name for other in grenoble.other_names] == ["Grenoble"]
    assert grenoble.actor_type.code == "collectivite"
    assert organisation("Conseil régional – Aquitaine").actor_type.code == "collectivite"
    assert organisation("Commune rurale de Bitinkodji").other_names == []
    assert organisation("Agence des micro-projets").actor_type.code == "collectif"
    assert organisation("Chambre de commerce et d’industrie de Paris").actor_type.code == (
        "etablissement-public"
    )
    assert organisation("Grand Lyon").actor_type.code == "epci"


def test_importing_the_same_file_again_changes_nothing(app):
    imported(structures())
    before = base()
    rehearsal = rehearsed(structures())
    assert rehearsal.totals[Outcome.UNCHANGED] == 185
    imported(structures())
    assert base() == before


MIXED = (
    "Structure;Sigle;CP;Ville;Téléphone structure;Secteurs;Prénom;Nom;Courriel;Tél;Fonction\n"
    'Eau et Partage;EEP;69003;Lyon;04 78 00 00 01;"Eau\u00a0; Santé";Awa;TRAORÉ;Awa@example.org;'
    "0612345678;Présidente\n"
    "Eau et partage;;;;;;Luc;Morel;luc@example.org;+33 6 12 34 56 79;Trésorier\n"
    "École du Rhône;;69001;Lyon;;Éducation;;;contact@ecole.example.org;;\n"
)


def test_people_and_their_structures_come_on_the_same_row(app):
    rehearsal = rehearsed(MIXED.encode("cp1252"))
    assert [line.outcome for line in rehearsal.lines] == [Outcome.CREATED] * 3
    imported(MIXED.encode("cp1252"))
    assert (count(Organisation), count(Person), count(Role)) == (2, 2, 2)
    water = organisation("Eau et Partage")
    assert (water.acronym, water.postcode, water.department) == ("EEP", "69003", "69")
    assert [term.label for term in water.terms] == ["Eau et assainissement", "Santé"]
    awa = db.session.scalars(sa.select(Person).where(Person.last_name == "TRAORÉ")).one()
    assert (awa.first_name, awa.email, awa.phone) == ("Awa", "awa@example.org", "06 12 34 56 78")
    assert [(role.title, role.organisation) for role in awa.roles] == [("Présidente", water)]
    assert organisation("École du Rhône").email == "contact@ecole.example.org"


def test_a_mixed_file_imported_again_changes_nothing(app):
    imported(MIXED.encode())
    assert rehearsed(MIXED.encode()).totals[Outcome.UNCHANGED] == 3


def test_a_rehearsal_writes_nothing(app):
    before = base()
    rehearsed(MIXED.encode(), creates_terms=True)
    db.session.flush()
    assert base() == before


def known(**values) -> Organisation:
    return save(Organisation(**{"name": "Sahel-Isère Amitié", "commune": "Grenoble"} | values))


def outcomes(text: str, **options):
    return rehearsed(text.encode(), **options).lines


def test_a_change_is_said_field_by_field(app):
    known(siren="732829320", website="https://avant.example.org", department="38")
    [line] = outcomes(
        "Nom;SIREN;Site;Ville;Adresse\n"
        "Sahel Isère amitié;732 829 320;https://apres.example.org;GRENOBLE;\n"
    )
    assert line.outcome is Outcome.CHANGED
    assert [(one.label, one.old, one.new) for one in line.changes] == [
        ("Site web", "https://avant.example.org", "https://apres.example.org")
    ]


def test_a_blank_empties_nothing(app):
    card = known(description="Jumelage", siren="732829320")
    imported("Nom;SIREN;Présentation;Ville\nSahel-Isère Amitié;732829320;;\n".encode())
    assert (card.description, card.commune) == ("Jumelage", "Grenoble")


def test_a_new_name_keeps_the_old_one_findable(app):
    card = known(siren="732829320")
    imported("Nom;SIREN\nIsère-Sahel Solidarité;732829320\n".encode())
    assert card.name == "Isère-Sahel Solidarité"
    assert [(name.name, name.is_former) for name in card.other_names] == [
        ("Sahel-Isère Amitié", True)
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("Sahel Isere Amitie;Lyon;69", None),  # the same name elsewhere is another
        ("Sahel Isère Amitiés;Grenoble;38", "noms proches (97\u00a0%)"),
        ("SIA;Grenoble;38", "même sigle"),
        ("Jumelage Sahel;Grenoble;38", "autre nom"),
        ("Sahel-Isère Amitié;Voiron;38", "même nom, mais autre commune"),
        ("Tout autre chose;Grenoble;38", None),
    ],
)
def test_a_likeness_is_a_doubt(app, row, reason):
    card = known(acronym="SIA", department="38")
    save(OtherName(organisation=card, name="Jumelage Sahel"))
    [line] = outcomes(f"Nom;Ville;Département\n{row}\n")
    if reason is None:
        assert line.outcome is Outcome.CREATED
    else:
        assert line.outcome is Outcome.DOUBTFUL
        [doubt] = line.doubts
        assert [(one.card.id, one.reasons) for one in doubt.candidates] == [(card.id, (reason,))]


def test_a_doubt_waits_for_a_decision(app):
    card = known(department="38")
    text = "Nom;Ville;Site\nSahel Isère Amitiés;Grenoble;https://sia.example.org\n".encode()
    imported(text)
    assert count(Organisation) == 1
    assert card.website == ""
    imported(text, decisions={"2": {"organisation": card.id}})
    assert (card.name, card.website) == ("Sahel-Isère Amitié", "https://sia.example.org")
    assert [other.name for other in card.other_names] == ["Sahel Isère Amitiés"]
    imported(text, decisions={"2": {"organisation": "new"}})
    assert count(Organisation) == 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Nom;SIREN\nGret;732829321\n", "SIREN\u00a0: Ce SIREN n’existe pas"),
        ("Nom;Mail\nGret;gret@\n", "«\u00a0gret@\u00a0» n’est pas un courriel complet"),
        ("Nom;Tél\nGret;12\n", "«\u00a012\u00a0» n’est pas un numéro de téléphone"),
        ("Nom;Département\nGret;Atlantide\n", "«\u00a0Atlantide\u00a0» n’est pas un département"),
        ("Nom;Année de création\nGret;jadis\n", "«\u00a0jadis\u00a0» n’est pas une date"),
        ("Nom;Ville\n" + "x" * 10_000 + ";Lyon\n", "10000 caractères, c’est trop (300 au plus)"),
        ("Nom;SIREN\n;732829320\n", "le nom de la structure manque"),
        ("Nom;Fiche structure\nGret;999\n", "il n’y a pas, ou plus, de fiche n° 999"),
        ("Prénom;Nom;Courriel\n;;awa@example.org\n", "le nom de la personne manque"),
    ],
)
def test_a_row_is_refused_with_its_reason(app, text, problem):
    [line] = outcomes(text)
    assert line.outcome is Outcome.REFUSED
    assert problem in line.problems[0]
    imported(text.encode())
    assert (count(Organisation), count(Person)) == (0, 0)


def test_unknown_terms_are_left_out_or_made_as_one_chooses(app):
    text = "Nom;Secteurs;Étiquettes\nGret;Santé, Numérique;Partenaire 2026\nADER;Santee;\n"
    rehearsal = rehearsed(text.encode())
    assert rehearsal.unknown_terms == [
        (Vocabulary.SECTOR, "Numérique", 1),
        (Vocabulary.TAG, "Partenaire 2026", 1),
        (Vocabulary.SECTOR, "Santee", 1),
    ]
    assert rehearsal.lines[1].remarks == [
        "Secteurs : « Santee » est inconnu (voulez-vous dire « Santé » ?), laissé de côté"
    ]
    imported(text.encode())
    assert [term.label for term in organisation("Gret").terms] == ["Santé"]
    imported(text.encode(), creates_terms=True)
    assert {term.label for term in organisation("Gret").terms} == {
        "Santé", "Numérique", "Partenaire 2026",
    }  # fmt: skip


def test_someone_who_left_is_not_brought_back(app):
    imported(MIXED.encode())
    role = db.session.scalars(sa.select(Role).where(Role.title == "Trésorier")).one()
    role.ended_on = role.person.created_at.date()
    line = rehearsed(MIXED.encode()).lines[1]
    assert line.outcome is Outcome.UNCHANGED
    assert line.remarks[0].startswith("a quitté Eau et Partage le ")


def test_an_undo_puts_everything_back(app):
    card = known(website="https://avant.example.org", department="38", siren="732829320")
    save(Person(first_name="Awa", last_name="Traoré", details=[
        Detail.make(DetailKind.EMAIL, "awa@example.org")
    ]))  # fmt: skip
    before = base()
    record = imported(
        MIXED.encode() + b"Isere Sahel;SIA;38000;Voiron;;Num;Zo;Petit;zoe@example.org;;\n",
        creates_terms=True,
    )
    record_2 = imported(
        b"Nom;SIREN;Site;Tags;Type\nNouveau nom;732829320;https://n.example.org;Neuf;OSIM\n",
        creates_terms=True,
    )
    assert base() != before
    assert card.name == "Nouveau nom"
    undone = undo_now(record_2)
    assert (undone.removed, undone.restored, undone.left) == (0, 1, [])
    undone = undo_now(record)
    assert (undone.removed, undone.restored, undone.left) == (5, 1, [])
    assert base() == before


def test_an_undo_leaves_what_was_edited_since_and_says_so(app):
    card = known(siren="732829320", website="https://avant.example.org", street="1 rue Haute")
    record = imported(
        "Nom;SIREN;Site;Adresse;Tél\n"
        "Sahel-Isère Amitié;732829320;https://apres.example.org;2 rue Basse;0476000000\n"
        "Gret;;;;\nADER;;;;\n".encode()
    )
    card.website = "https://corrige.example.org"
    organisation("Gret").log("Appelé ce matin")
    organisation("ADER").description = "Ajoutée à la main"
    undone = undo_now(record)
    assert (card.website, card.street, card.phone) == (
        "https://corrige.example.org", "1 rue Haute", "",
    )  # fmt: skip
    assert [(left.title, left.why) for left in undone.left] == [
        ("Gret", "son journal a de nouvelles lignes"),
        ("ADER", "modifiée depuis"),
        ("Sahel-Isère Amitié", "modifié depuis, laissé tel quel\u00a0: site web"),
    ]
    assert (undone.removed, undone.restored) == (0, 1)


def test_an_undo_keeps_the_structure_of_someone_it_leaves(app):
    record = imported(MIXED.encode())
    person = db.session.scalars(sa.select(Person).where(Person.last_name == "Morel")).one()
    person.commune = "Lyon"
    undone = undo_now(record)
    assert [(left.title, left.why) for left in undone.left] == [
        ("Luc Morel", "modifiée depuis"),
        ("Eau et Partage", "une fonction y est attachée"),
    ]
    assert [role.organisation.name for role in person.roles] == ["Eau et Partage"]


def test_an_import_is_undone_once(app):
    record = imported(structures())
    undo_now(record)
    assert count(Organisation) == 0
    with pytest.raises(UndoRefused):
        undo_now(record)


def test_what_was_imported_is_found_by_the_search_and_gone_after_the_undo(app):
    record = imported(structures())
    assert names_found("gret")[0] == "Groupe de recherche et d’échanges technologiques"
    undo_now(record)
    assert names_found("gret") == []


def names_found(words: str) -> list[str]:
    from crm.contacts.search.suggest import suggest

    return [found.name.split(" (")[0] for found in suggest(words)]


def test_the_journal_says_where_a_card_comes_from(app):
    imported(structures(), by=benoit())
    [entry] = db.session.scalars(Entry.of(organisation("Grand Lyon")))
    assert (entry.text, entry.user.name) == (
        "Fiche créée par l’import «\u00a0fichier.csv\u00a0»", "Benoît Faure",
    )  # fmt: skip


def test_the_number_of_queries_does_not_grow_with_the_rows(app):
    counts = []
    for size in (20, 200):
        text = "Nom;Ville;Courriel;Secteurs;Prénom;Fonction\n" + "".join(
            f"Nom {size} {row};Lyon;a{size}.{row}@example.org;Santé;Awa;Présidente\n"
            for row in range(size)
        )
        with counted() as said:
            imported(text.encode())
        counts.append(len([one for one in said if "search_" not in one]))
    assert counts[0] >= counts[1] - 1
