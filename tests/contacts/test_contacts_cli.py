"""`crm contacts …`."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from crm.acts import Act
from crm.cli import crm
from crm.contacts.files import undo
from crm.contacts.organisations import Organisation
from crm.db import db

STRUCTURES = Path(__file__).parent.parent / "data" / "structures-2012.csv"


@pytest.fixture
def run(app):
    def invoke(*words):
        db.session.commit()
        result = app.test_cli_runner().invoke(args=["contacts", *map(str, words)], cli=crm)
        db.session.expire_all()
        return result

    return invoke


def count():
    return db.session.scalar(sa.select(sa.func.count(Organisation.id)))


def test_without_apply_an_import_changes_nothing_and_says_what_it_would_do(run):
    result = run("import", STRUCTURES)
    assert result.exit_code == 0
    assert "185\u00a0lignes\u00a0: 185 à créer" in result.output.replace(
        "lignes\u00a0:", "lignes\u00a0:"
    )
    assert "Rien n’a été changé." in result.output
    assert count() == 0


def test_a_study_of_185_structures_goes_in_and_out_again(run):
    result = run("import", STRUCTURES, "--apply", "--create-terms")
    assert result.exit_code == 0
    assert count() == 185
    number = result.output.rsplit("crm contacts undo ", 1)[1].strip()
    undone = run("undo", number)
    assert "185\u00a0fiches retirées" in undone.output
    assert count() == 0
    assert run("undo", number).exit_code == 1


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_an_export_imported_back_changes_nothing(run, tmp_path, ending):
    run("import", STRUCTURES, "--apply", "--create-terms")
    file = tmp_path / f"sortie.{ending}"
    assert run("export", file).exit_code == 0
    assert "185 inchangée" in run("import", file).output


def test_a_file_that_is_no_table_is_said_in_one_sentence(run, tmp_path):
    file = tmp_path / "image.csv"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x00" * 100)
    result = run("import", file)
    assert result.exit_code == 1
    assert result.output.startswith("Erreur")
    assert run("export", tmp_path / "x.pdf").exit_code == 1
    assert run("import", tmp_path / "absent.csv").exit_code == 2


def test_a_rehearsal_says_each_line_and_what_it_resembles(run, tmp_path):
    db.session.add(Organisation(name="Sahel-Isère Amitié", siren="732829320", commune="Voiron"))
    file, mapping = tmp_path / "liste.csv", tmp_path / "titres.csv"
    file.write_text(
        "Qui;Numéro;Lieu;Secteurs;Note\n"
        "Sahel Isère Amitiés;;Voiron;;x\nEau vive;;;Numérique;\nSIA;732829320;Grenoble;;\n"
        "Gret;12;;;\n"
    )
    mapping.write_text(
        "Qui;Structure\nNuméro;organisation.siren\nLieu;Commune\nSecteurs;Secteurs\n"
    )
    lines = run("import", file, "--mapping", mapping).output.splitlines()
    assert [line for line in lines if line.startswith(("Ligne", "«", "4", "  Note"))] == [
        "  Note → (laissée de côté)",
        "Ligne 2, Sahel Isère Amitiés, douteuse\u00a0: "
        "«\u00a0Sahel Isère Amitiés\u00a0» ressemble à "
        "«\u00a0Sahel-Isère Amitié\u00a0» (noms proches (97\u00a0%))",
        "Ligne 3, Eau vive, à créer : Secteurs : « Numérique » est inconnu, laissé de côté\u00a0; "
        "Structure\u00a0: «\u00a0Eau vive\u00a0»",
        "Ligne 4, SIA, à modifier : Structure : « Sahel-Isère Amitié » → « SIA » ; "
        "Commune\u00a0: «\u00a0Voiron\u00a0» → «\u00a0Grenoble\u00a0»",
        "Ligne 5, Gret, refusée\u00a0: SIREN\u00a0: Un SIREN compte 9 chiffres, celui-ci 2.",
        "«\u00a0Numérique\u00a0» n’est pas dans «\u00a0Secteurs\u00a0» (1 fois).",
        "4\u00a0lignes\u00a0: 1 à créer, 1 à modifier, 0 inchangée, 1 douteuse, 1 refusée.",
    ]


def test_the_last_import_is_undone_without_saying_its_number(run):
    assert run("undo").exit_code == 1
    run("import", STRUCTURES, "--apply")
    assert run("undo").exit_code == 0
    assert count() == 0


def test_an_undo_cut_off_is_taken_up_again_and_says_what_it_leaves(run, tmp_path, monkeypatch):
    file = tmp_path / "liste.csv"
    file.write_text("Nom;Tags\nEau vive;Neuf\nGret;Neuf\n")
    run("import", file, "--apply", "--create-terms")
    db.session.scalars(sa.select(Organisation)).first().log("Appelé ce matin")
    with monkeypatch.context() as patch:
        patch.setattr(undo, "_end", lambda record: 1 / 0)
        assert run("undo").exit_code == 1
    said = run("undo").output
    assert "Laissée\u00a0: Eau vive (ligne 2), son journal a de nouvelles lignes." in said
    assert "Laissé\u00a0: Neuf, ce terme sert maintenant ailleurs." in said
    assert "1\u00a0fiche retirée, 0\u00a0fiche remise comme avant." in said
    assert count() == 1
    acts = sa.select(Act.detail).order_by(Act.id)
    assert db.session.scalars(acts).all()[-1] == "annulé, ligne de commande"


def test_duplicates_are_looked_for_at_once(run):
    db.session.add_all(
        [Organisation(name=name) for name in ("Eau vive de Lyon", "Eau vives de Lyon")]
    )
    output = run("duplicates").output
    assert "Organisations\u00a0: 1\u00a0paire à regarder." in output
    assert "Personnes\u00a0: 0\u00a0paire à regarder." in output
