"""`crm events import`: says what it would do, then does it, once."""

from pathlib import Path

import sqlalchemy as sa

from crm.cli import crm
from crm.db import db
from crm.events.events import Event

PAST = Path(__file__).parents[1] / "data" / "events-2021.csv"


def invoke(app, *words):
    db.session.commit()
    result = app.test_cli_runner().invoke(args=["events", "import", *map(str, words)], cli=crm)
    return result.exit_code, result.output


def known():
    return db.session.scalar(sa.select(sa.func.count(Event.id)))


def test_without_apply_it_says_exactly_what_it_would_do(app):
    code, said = invoke(app, PAST)
    assert code == 0
    assert said.count("Ligne ") == 49
    assert (
        "Ligne 9, «\u00a0Tour de France des ODD - étape Isère\u00a0», 1 & 2 avril 2021\u00a0:"
        in said
    )
    assert said.splitlines()[-2:] == [
        "49\u00a0lignes\u00a0: 49 à créer\u00a0; 807\u00a0participants, "
        "10\u00a0effectifs manquent.",
        "Rien n’a été changé. Pour appliquer\u00a0: ajoutez --apply.",
    ]
    assert known() == 0


def test_with_apply_it_does_it_once(app):
    assert invoke(app, PAST, "--apply")[1].splitlines()[-1] == "49\u00a0événements repris."
    assert known() == 49
    code, said = invoke(app, PAST, "--apply")
    assert (code, said.splitlines()[-1]) == (0, "0\u00a0événement repris.")
    assert known() == 49


def test_what_cannot_go_in_fails_and_changes_nothing(app, tmp_path):
    wrong = tmp_path / "x.csv"
    wrong.write_text(PAST.read_text().replace("8 janvier 2021", "8 brumaire", 1))
    code, said = invoke(app, wrong, "--apply")
    assert code == 1
    assert "n’est pas une date que nous lisons" in said
    assert "1\u00a0ligne est à corriger\u00a0: rien n’a été changé." in said
    assert known() == 0
    wrong.write_bytes(b"%PDF-1.7")
    assert invoke(app, wrong)[0] == 1
    assert invoke(app, tmp_path / "rien.csv")[0] == 2


def test_unknown_missions_are_made_when_asked(app, tmp_path):
    file = tmp_path / "x.csv"
    file.write_text("Événement;Date;Mission\nRencontre;8 janvier 2021;Jardinage\n")
    code, said = invoke(app, file)
    assert (code, "Mission inconnue\u00a0: «\u00a0Jardinage\u00a0»." in said) == (0, True)
    assert invoke(app, file, "--apply")[0] == 1
    assert invoke(app, file, "--apply", "--create-missions")[0] == 0
    assert known() == 1
