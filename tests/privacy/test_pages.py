"""Consents with their proof, the register, and what visitors are told."""

import csv
import io
from datetime import UTC, datetime

import pytest
from asking import asked
from factories import awa, nadia, subscriber

from crm.config import Settings
from crm.db import db, now
from crm.newsletter.subscriptions import Purpose
from crm.privacy.backups import last_day
from crm.privacy.features import about_nobody, holdings, processings

PAGES = "/gestion/vie-privee"
NOTICE = {
    "legal_form": "Groupement d’intérêt public", "publisher": "Nadia Roche",
    "host": "Hébergeur SAS\n1 rue du Port", "officer": "Cabinet Clé",
    "officer_email": "dpo@example.org", "processors": "Hébergeur SAS",
    "legal_more": "**Crédits** <b>x</b>", "privacy_more": "Nos caméras.",
}  # fmt: skip


@pytest.fixture
def client(signed_in):
    return signed_in(awa())


def test_each_consent_is_shown_with_its_proof(client):
    found = subscriber("chloe@example.org")
    found.consent("form", "Je veux bien être comptée.", "préférences", confirmed=True,
                  purpose=Purpose.OPENS)  # fmt: skip
    found.withdraw(Purpose.OPENS)
    asked(email="autre@example.org", consent_text="J’accepte que le réseau réponde.",
          consent_version="version 1", consented_at=now())  # fmt: skip
    db.session.commit()
    page = client.get(f"{PAGES}/accords/").text
    for words in (
        "Je m’abonne.",
        "Je veux bien être comptée.",
        "J’accepte que le réseau réponde.",
        "retiré",
        "confirmé",
        "recevoir la lettre",
        "répondre à une demande",
    ):
        assert words in page  # fmt: skip
    assert "autre@example.org" not in client.get(f"{PAGES}/accords/?q=chloe").text


def test_the_table_of_consents_leaves_as_a_file(client):
    subscriber("=chloe@example.org")
    answer = client.post(f"{PAGES}/accords/accords.csv", data={"q": "chloe"})
    heading, row = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";")
    assert heading[0] == "adresse"
    assert row[0] == "'=chloe@example.org", "never a formula"
    assert row[-1] == "Je m’abonne."


def test_the_register_says_every_processing_and_every_table(client):
    page = client.get(f"{PAGES}/registre/").text
    for one in processings():
        assert f"<h2>{one.name}</h2>" in page
    for held in holdings():
        assert f"<code>{held.table}</code>" in page
    assert not [table for table in about_nobody() if f"<code>{table}</code>" in page]


def test_the_register_is_an_accessible_pdf(client):
    client.post(f"{PAGES}/mentions/", data=NOTICE)
    answer = client.get(f"{PAGES}/registre/registre.pdf")
    assert answer.data.startswith(b"%PDF-")
    assert b"pdfuaid" in answer.data
    assert answer.mimetype == "application/pdf"


def test_visitors_read_what_was_written_on_the_settings(client, visitor):
    assert "Il reste à dire" in client.get(f"{PAGES}/mentions/").text
    assert client.post(f"{PAGES}/mentions/", data=NOTICE).status_code == 302
    assert "Il reste à dire" not in client.get(f"{PAGES}/mentions/").text
    legal, policy = visitor.get("/mentions-legales").text, visitor.get("/confidentialite").text
    for words in ("Groupement d’intérêt public", "Nadia Roche", "1 rue du Port",
                  "<strong>Crédits</strong> &lt;b&gt;"):  # fmt: skip
        assert words in legal
    for words in ("Cabinet Clé", "mailto:dpo@example.org", "Nos caméras.", "cnil.fr"):
        assert words in policy


def test_the_policy_comes_from_the_same_words_as_the_register(app, visitor):
    page = visitor.get("/confidentialite").text
    for one in processings():
        assert (f"<h2>{one.name}</h2>" in page) == (one.key != "equipe")


@pytest.mark.parametrize("path", ["/", "/lettres/", "/lettres/inscription", "/demandes/nouvelle"])
def test_every_public_page_leads_to_both(app, visitor, path):
    page = visitor.get(path).text
    assert 'href="/mentions-legales"' in page
    assert 'href="/confidentialite"' in page


def test_in_a_frame_without_a_foot_the_form_leads_to_the_policy(app, visitor):
    for path in ("/lettres/inscription?cadre=1", "/demandes/nouvelle?cadre=1"):
        page = visitor.get(path).text
        assert "public-footer" not in page
        assert 'href="/confidentialite"' in page


def test_the_last_backup_that_holds_somebody_is_known():
    inside, last = datetime(2026, 11, 18, 2, tzinfo=UTC), datetime(2026, 11, 30, 2, tzinfo=UTC)
    assert (last_day([inside], (7, 5, 12), inside) - inside).days == 7
    assert (last_day([last], (7, 5, 12), last) - last).days == 336, "the newest of its month"
    assert (last_day([last], (3, 0, 0), last) - last).days == 3


def test_the_administrator_finds_it_all_from_the_settings(signed_in):
    client = signed_in(nadia())
    assert f'href="{PAGES}/"' in client.get("/gestion/reglages/identite/").text
    assert Settings.current().backup_keep
