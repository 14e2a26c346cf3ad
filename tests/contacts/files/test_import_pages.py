"""A file of contacts from page to page: sent, corrected, rehearsed, applied, undone."""

import io
import re
import zipfile

import cards
import pytest
import sqlalchemy as sa
from contact_files import base, structures
from factories import benoit, luc

from crm.contacts.files import intake, undo
from crm.contacts.files.imports import Import, Stage
from crm.contacts.files.mappings import Mapping
from crm.contacts.files.workbooks import MAX_UNPACKED
from crm.contacts.kinds import ContactKind
from crm.contacts.organisations import Organisation
from crm.contacts.search.suggest import suggest
from crm.db import db

URL = "/gestion/contacts/imports"


@pytest.fixture(autouse=True)
def _empty_search(app):
    cards.begin()


@pytest.fixture
def client(signed_in):
    """Benoît's browser."""
    return signed_in(benoit())


def send(client, content: bytes, name="structures.csv"):
    return client.post(f"{URL}/", data={"fichier": (io.BytesIO(content), name)})


def followed(client, url, data=None):
    """The page that this gesture leads to."""
    answer = client.post(url, data=data)
    assert answer.status_code == 302, answer.text
    return client.get(answer.location)


def received(client, text: str) -> Import:
    """The import that sending this table makes."""
    assert send(client, text.encode()).status_code == 302
    return db.session.scalars(Import.latest()).first()


def work(record: Import) -> None:
    """What a worker does when it is woken."""
    intake.run(record.id)
    db.session.commit()


def names() -> list[str]:
    return list(db.session.scalars(sa.select(Organisation.name).order_by(Organisation.id)))


def tallies(page: str) -> dict[str, int]:
    """The counts above the rehearsal, by outcome; what is nought is left out."""
    return {
        outcome: int(count) for outcome, count in re.findall(r'href="#(\w+)"><strong>(\d+)<', page)
    }


def form_of(page: str) -> tuple[list[str], list[str]]:
    """The headings of the file and the column chosen for each, as the page shows them."""
    titles, fields = [], []
    for part in page.split('name="titre" value="')[1:]:
        titles.append(part.partition('"')[0])
        options = part.partition("</select>")[0].split('<option value="')[1:]
        chosen = [option.partition('"')[0] for option in options if " selected" in option]
        fields.append(chosen[0] if chosen else "")
    return titles, fields


def test_the_study_of_2012_comes_in_and_goes(client):
    before = base()
    answer = send(client, structures(), "C:\\Études\\structures-2012.csv")
    record = db.session.scalars(sa.select(Import)).one()
    assert answer.location == f"{URL}/{record.id}"
    page = client.get(answer.location).text
    assert tallies(page) == {"created": 185}
    assert "Appliquer 185\u00a0lignes" in page
    assert base() == before
    assert client.post(f"{URL}/{record.id}/application").location == answer.location
    page = client.get(answer.location).text
    assert "Vous pouvez fermer cette page" in page
    assert client.get(f"{URL}/{record.id}/avancement.json").json["is_over"] is False
    work(record)
    assert client.get(f"{URL}/{record.id}/avancement.json").json == {
        "total": 100, "settled": 100, "is_started": True, "is_over": True,
    }  # fmt: skip
    page = client.get(answer.location).text
    assert 'créées</td><td class="number">185</td>' in page
    assert len(names()) == 185
    assert [hit.name.partition(" (")[2] for hit in suggest("gret")][:1] == ["GRET)"]
    asked = client.get(f"{URL}/{record.id}/annulation").text
    assert "Annuler l’import de" in asked
    assert "185\u00a0fiches créées par cet import disparaîtront." in asked
    running = followed(client, f"{URL}/{record.id}/annulation").text
    assert "l’annulation continue" in running
    assert "Annulation&nbsp;:" in running
    assert client.get(f"{URL}/{record.id}/avancement.json").json["is_over"] is False
    assert "en cours d’annulation" in client.get(f"{URL}/").text
    assert client.post(f"{URL}/{record.id}/annulation").status_code == 302, "asked twice"
    work(record)
    undone = client.get(answer.location).text
    assert "annulé&nbsp;: 185\u00a0fiches retirées, 0\u00a0fiche remise comme avant." in undone
    assert client.get(f"{URL}/{record.id}/avancement.json").json["settled"] == 100
    assert base() == before
    assert suggest("gret") == []
    assert client.post(f"{URL}/{record.id}/annulation").status_code == 409


def test_what_someone_changed_since_stays_and_is_said(client):
    record = received(client, "Nom;Commune\nLes Semeurs;Vif\nEau vive;Lyon\n")
    client.post(f"{URL}/{record.id}/application")
    work(record)
    kept = db.session.scalars(sa.select(Organisation)).first()
    edit = f"/gestion/contacts/organisations/{kept.id}/modifier/adresse"
    client.post(edit, data=cards.form_of(client, edit) | {"commune": "Claix"})
    client.post(f"{URL}/{record.id}/annulation")
    work(record)
    page = client.get(f"{URL}/{record.id}").text
    assert "1\u00a0fiche retirée" in page
    assert "1\u00a0fiche laissée" in page
    assert "modifiée depuis\u00a0: commune" in page
    assert names() == ["Les Semeurs"]


def test_an_undo_that_an_error_stopped_is_said_and_taken_up_again(client, monkeypatch, caplog):
    record = received(client, "Nom;Commune\nLes Semeurs;Vif\nEau vive;Lyon\n")
    client.post(f"{URL}/{record.id}/application")
    work(record)
    client.post(f"{URL}/{record.id}/annulation")
    with monkeypatch.context() as patch:
        patch.setattr(undo, "put_back", lambda *args: 1 / 0)
        work(record)
    page = client.get(f"{URL}/{record.id}").text
    assert "a arrêté l’annulation&nbsp;: 0 fiche traitée sur 2." in page
    assert "annulation interrompue" in page
    assert "Reprendre l’annulation" in page
    assert "l’annulation continue" in followed(client, f"{URL}/{record.id}/annulation").text
    work(record)
    assert "annulé&nbsp;: 2\u00a0fiches retirées" in client.get(f"{URL}/{record.id}").text
    assert names() == []


def test_a_file_too_long_for_a_page_is_refused_and_nothing_is_kept(client, monkeypatch):
    monkeypatch.setattr("crm.contacts.staff.imports.MOST", 2)
    content = b"Nom\nUn\nDeux\nTrois\n"
    answer = client.post(f"{URL}/", data={"fichier": (io.BytesIO(content), "long.csv")})
    assert answer.status_code == 422
    assert "3\u00a0lignes, c’est trop pour une page (2 au plus)" in answer.text
    assert "crm contacts import" in answer.text
    assert db.session.scalars(sa.select(Import)).all() == []


def test_columns_are_corrected_by_hand_and_kept_for_next_time(client):
    text = "Bidule;Truc\nLes Semeurs;Vif\n"
    record = received(client, text)
    answer = client.get(f"{URL}/{record.id}")
    assert answer.status_code == 422
    assert "Aucune colonne ne donne le nom d’une structure ou d’une personne" in answer.text
    assert form_of(answer.text) == (["Bidule", "Truc"], ["", ""])
    assert "Appliquer" not in answer.text
    chosen = {"titre": ["Bidule", "Truc"], "champ": ["organisation.name", "organisation.commune"]}
    answer = followed(client, f"{URL}/{record.id}/colonnes", data=chosen)
    assert form_of(answer.text)[1] == chosen["champ"]
    assert tallies(answer.text) == {"created": 1}
    again = received(client, text)
    assert again.fields == dict(zip(chosen["titre"], chosen["champ"], strict=True))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (["organisation.name"] * 2, "ne peuvent pas dire tous les deux «\u00a0Structure\u00a0»"),
        (["", ""], "Aucune colonne ne donne le nom"),
        (["organisation.name", "rien.de.tel"], "« rien.de.tel » n’est pas un champ connu."),
        (["organisation.name", "x" * 100_000], "n’est pas un champ connu."),
    ],
)
def test_columns_that_cannot_be_are_refused(client, fields, said):
    record = received(client, "Nom;Commune\nLes Semeurs;Vif\n")
    before = dict(record.fields)
    chosen = {"titre": ["Nom", "Commune"], "champ": fields}
    answer = client.post(f"{URL}/{record.id}/colonnes", data=chosen)
    assert answer.status_code == 422
    assert said in answer.text
    assert form_of(answer.text)[0] == ["Nom", "Commune"]
    assert len(answer.text) < 60_000
    assert record.fields == before
    assert db.session.scalars(sa.select(Mapping)).all() == []


def test_terms_are_made_only_when_asked(client):
    record = received(client, "Nom;Secteurs\nLes Semeurs;Permaculture <b>\n")
    page = client.get(f"{URL}/{record.id}").text
    assert "«&nbsp;Permaculture &lt;b&gt;&nbsp;»" in page
    assert "seront laissés de côté" in page
    titles, fields = form_of(page)
    data = {"titre": titles, "champ": fields, "termes": "1"}
    page = followed(client, f"{URL}/{record.id}/colonnes", data=data).text
    assert "seront créés" in page
    client.post(f"{URL}/{record.id}/application")
    work(record)
    [made] = db.session.scalars(sa.select(Organisation))
    assert [term.label for term in made.terms] == ["Permaculture <b>"]


@pytest.fixture
def doubtful(client):
    """A file whose only line resembles a card."""
    known = cards.organisation("Sahel-Isère Amitié", commune="Grenoble", department="38")
    db.session.commit()
    text = "Nom;Ville;Site\nSahel Isère Amitiés;Grenoble;https://sia.example.org\n"
    return known, received(client, text)


def test_a_doubtful_line_is_left_out_until_someone_chooses(client, doubtful):
    known, record = doubtful
    page = client.get(f"{URL}/{record.id}").text
    assert tallies(page) == {"doubtful": 1}
    assert "C’est <strong>Sahel-Isère Amitié</strong>, Grenoble (38)" in page
    assert "noms proches" in page
    assert "Appliquer" not in page
    line = f"{URL}/{record.id}/lignes/2"
    page = followed(client, line, {"organisation": str(known.id)}).text
    assert tallies(page) == {"changed": 1}
    assert "https://sia.example.org" in page
    assert "Revenir sur ce choix" in page
    assert tallies(followed(client, line, {"organisation": ""}).text) == {"doubtful": 1}
    assert tallies(followed(client, line, {"organisation": "new"}).text) == {"created": 1}
    client.post(f"{URL}/{record.id}/application")
    work(record)
    assert names() == ["Sahel-Isère Amitié", "Sahel Isère Amitiés"]


@pytest.mark.parametrize("choice", ["999999", "abc", "x" * 100_000, "-1", "²"])
def test_a_choice_that_was_not_offered_settles_nothing(client, doubtful, choice):
    _, record = doubtful
    answer = client.post(f"{URL}/{record.id}/lignes/2", data={"organisation": choice})
    assert answer.status_code in (302, 400)
    assert tallies(client.get(f"{URL}/{record.id}").text) == {"doubtful": 1}


def bomb() -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (MAX_UNPACKED + 1))
    return kept.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lambda: b"", "Ce fichier est vide."),
        (lambda: b"\x89PNG\r\n\x1a\n", "c’est une image"),
        (lambda: b"%PDF-1.7", "c’est un PDF"),
        (lambda: b"Nom;Commune;Nom\na;b;c\n", "les colonnes 1 et 3 ont le même titre, « Nom »"),
        (lambda: b"Nom;Commune\n", "Il n’y a rien sous les titres de la ligne 1."),
        (lambda: b"Nom\0;b\n", "un caractère nul"),
        (lambda: ";".join(f"c{n}" for n in range(200)).encode() + b"\na\n", "c’est trop"),
        (bomb, "Ce classeur pèse plus de 200\u00a0Mo"),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(client, content, said):
    answer = send(client, content())
    assert answer.status_code == 422
    told = answer.text.replace("\u202f", "\u00a0").replace("200 Mo", "200\u00a0Mo")
    assert said in told.partition('role="alert"')[2].partition("</div>")[0]
    assert "Rien n’a été changé." in answer.text
    assert db.session.scalars(sa.select(Import)).all() == []


def test_no_file_is_said(client):
    for data in ({}, {"fichier": (io.BytesIO(b""), "")}):
        answer = client.post(f"{URL}/", data=data)
        assert answer.status_code == 422
        assert "Choisissez d’abord un fichier" in answer.text


def test_a_file_sent_twice_is_applied_once(client):
    text = "Nom;Commune\nLes Semeurs;Vif\n"
    first, second = received(client, text), received(client, text)
    for record in (first, second, first):
        client.post(f"{URL}/{record.id}/application")
        work(record)
    assert names() == ["Les Semeurs"]
    assert (first.stage, second.stage) == (Stage.APPLIED, Stage.APPLIED)
    assert second.totals["unchanged"] == 1


@pytest.mark.parametrize("gesture", ["colonnes", "lignes/2", "suppression"])
def test_an_applied_import_no_longer_changes(client, gesture):
    record = received(client, "Nom;Commune\nLes Semeurs;Vif\n")
    client.post(f"{URL}/{record.id}/application")
    assert client.post(f"{URL}/{record.id}/{gesture}").status_code == 409
    work(record)
    assert client.post(f"{URL}/{record.id}/{gesture}").status_code == 409
    assert db.session.scalars(sa.select(Import)).one().stage is Stage.APPLIED


def test_an_import_that_failed_is_seen_again_and_tried_again(client):
    record = received(client, "Nom;Commune\nLes Semeurs;Vif\n")
    record.stage, record.content = Stage.ASKED, b"%PDF"
    db.session.commit()
    work(record)
    assert record.stage is Stage.FAILED
    page = client.get(f"{URL}/{record.id}").text
    assert "c’est un PDF" in page
    assert "Oublier ce fichier" in page
    record.content = b"Nom;Commune\nLes Semeurs;Vif\n"
    db.session.commit()
    assert "Appliquer 1\u00a0ligne" in client.get(f"{URL}/{record.id}").text
    client.post(f"{URL}/{record.id}/application")
    work(record)
    assert names() == ["Les Semeurs"]


def test_a_file_is_forgotten_before_anything_is_done(client):
    record = received(client, "Nom;Commune\nLes <b>Semeurs;Vif\n")
    assert "<b>Semeurs" not in client.get(f"{URL}/{record.id}").text
    page = followed(client, f"{URL}/{record.id}/suppression").text
    assert "rien n’avait été changé" in page
    assert db.session.scalars(sa.select(Import)).all() == []


def test_an_unknown_import_is_not_found(client):
    for number in (999, 2**70):
        assert client.get(f"{URL}/{number}").status_code in (400, 404)
        assert client.get(f"{URL}/{number}/avancement.json").status_code in (400, 404)
        for gesture in ("colonnes", "lignes/2", "application", "annulation", "suppression"):
            assert client.post(f"{URL}/{number}/{gesture}").status_code in (400, 404)


def test_who_only_reads_sees_without_changing(client, signed_in):
    record = received(client, "Nom;Commune\nLes Semeurs;Vif\n")
    reader = signed_in(luc())
    page = reader.get(f"{URL}/{record.id}").text
    assert tallies(page) == {"created": 1}
    assert "<button" not in page.partition("<main")[2]
    assert send(reader, b"Nom\nA\n").status_code == 403
    for gesture in ("colonnes", "lignes/2", "application", "annulation", "suppression"):
        assert reader.post(f"{URL}/{record.id}/{gesture}").status_code == 403
    assert record.stage is Stage.DRAFT


def test_a_line_of_people_is_settled_kind_by_kind(client):
    cards.person("Awa", "Traoré", emails=["awa@autre.example.org"])
    db.session.commit()
    record = received(
        client, "Structure;Prénom;Nom;Courriel\nLes Semeurs;Awa;Traoré;awa@example.org\n"
    )
    page = client.get(f"{URL}/{record.id}").text
    assert 'name="person"' in page
    client.post(f"{URL}/{record.id}/lignes/2", data={"person": "new"})
    assert record.decisions == {"2": {ContactKind.PERSON.value: "new"}}
