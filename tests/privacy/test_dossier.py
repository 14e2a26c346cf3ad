"""Everything about somebody, on one page and in one file."""

import io
import json
import re
import time
import zipfile

import cards
import planted
import pytest
from asking import asked
from factories import awa, benoit, nadia, subscriber

from crm.acts import Act, Did
from crm.db import db
from crm.privacy.features import FEATURES
from crm.privacy.identify import find, identify
from crm.privacy.retain import key_of
from crm.requests.kinds import Channel, RequestKind
from crm.requests.submit import submit

PAGES = "/gestion/vie-privee"


@pytest.fixture
def admin(signed_in):
    return signed_in(nadia())


@pytest.fixture
def person(app, signed_in, visitor):
    officer = benoit()
    return planted.plant(signed_in(officer), visitor, officer)


def box(answer):
    return zipfile.ZipFile(io.BytesIO(answer.data))


def test_one_page_tells_what_every_feature_keeps(admin, person):
    page = admin.get(f"{PAGES}/personnes/fiche-{person.id}").text
    titles = re.findall(r"<h2>(.*?)</h2>", page)
    assert {re.sub(r"D-\d+-\d+", "D", one) for one in titles} == {
        "Annuaire", "Demande D", "Proposition «\u00a0Une fête\u00a0»",
        "Inscriptions aux événements", "Courriels envoyés",
        "Réponses données de vive voix", "Messages écrits sur la demande de quelqu’un d’autre",
        f"Lettres reçues à {planted.EMAIL}",
    }  # fmt: skip
    assert [word for word in planted.WORDS if word not in page.lower()] == ["fichierxylo"]


def test_one_file_holds_it_all_documents_included_in_under_five_seconds(admin, person):
    start = time.monotonic()
    answer = admin.post(f"{PAGES}/personnes/fiche-{person.id}/dossier.zip")
    assert time.monotonic() - start < 5
    with box(answer) as archive:
        names = archive.namelist()
        told = json.loads(archive.read("dossier.json"))
        html = archive.read("dossier.html").decode()
        contents = {archive.read(one) for one in names if one.startswith("fichiers/")}
    assert {"dossier.json", "dossier.html", "dossier.css"} < set(names)
    assert contents == {b"fichierxylo du journal", b"fichierxylo de la demande"}
    assert told["personne"] == planted.NAME
    for text in (html, json.dumps(told, ensure_ascii=False)):
        assert [word for word in planted.WORDS if word not in text.lower()] == ["fichierxylo"]
    listed = {one for part in told["données"] for one in part["fichiers"]}
    assert listed == {one for one in names if one.startswith("fichiers/")}
    assert planted.LAST not in answer.headers["Content-Disposition"]


def test_taking_a_file_away_is_written_down(admin):
    person = cards.person(planted.FIRST, planted.LAST)
    admin.post(f"{PAGES}/personnes/fiche-{person.id}/dossier.zip")
    [act] = [one for one in db.session.scalars(Act.latest()) if one.kind is Did.EXPORTED]
    assert planted.LAST not in act.detail


def test_what_people_wrote_is_text_in_the_file(admin):
    request = asked(need="<script>alert(1)</script> {{ 7 * 7 }}")
    with box(admin.post(f"{PAGES}/personnes/demande-{request.id}/dossier.zip")) as archive:
        html = archive.read("dossier.html").decode()
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7 * 7 }}" in html


def test_somebody_is_one_line_wherever_they_are(admin, person):
    found = find(planted.EMAIL)
    assert [one.key for one in found] == [f"fiche-{person.id}"]
    assert len(found[0].said) > 3
    assert f"/personnes/fiche-{person.id}" in admin.get(f"{PAGES}/?q=zylphee").text
    assert "vous ne gardez rien à son sujet" in admin.get(f"{PAGES}/?q=introuvable").text


def test_every_row_leads_to_the_same_person(app, person):
    from_card = identify(f"fiche-{person.id}").who
    rows = [feature.row_at(planted.EMAIL) for feature in FEATURES]
    assert {row.partition("-")[0] for row in rows if row} == {
        "fiche", "abonnement", "demande", "inscription",
    }  # fmt: skip
    for row in filter(None, rows):
        found = identify(row).who
        assert (found.emails, found.people) == (from_card.emails, from_card.people), row
    assert key_of(person.id, "") == f"fiche-{person.id}"


def test_an_address_that_two_cards_share_is_nobodys_alone(app):
    cards.begin()
    shared = "bureau@example.org"
    one, other = (cards.person(name, "Traoré", emails=[shared]) for name in ("Awa", "Binta"))
    subscription = subscriber(shared)
    found = identify(f"fiche-{one.id}")
    assert (found.who.emails, found.shared) == (frozenset(), [shared])
    alone = identify(f"abonnement-{subscription.id}")
    assert (alone.who.emails, alone.who.people) == ({shared}, frozenset())
    assert other.id not in found.who.people


def test_a_request_by_telephone_without_an_address_is_found_and_told(admin):
    values = {"kind": RequestKind.INFORMATION, "phone": "0612345678", "need": "besoinxylo"}
    request = submit(values, channel=Channel.PHONE, by=benoit())
    page = admin.get(f"{PAGES}/personnes/demande-{request.id}").text
    assert "besoinxylo" in page


@pytest.mark.parametrize(
    "key", ["fiche-99999", "demande-1", "rien", "fiche-", "fiche-9" * 9, "x-1"]
)
def test_who_is_not_here_is_not_found(admin, key):
    assert admin.get(f"{PAGES}/personnes/{key}").status_code == 404


def test_only_the_administrator_opens_a_file(app, signed_in):
    person = cards.person()
    assert signed_in(awa()).get(f"{PAGES}/personnes/fiche-{person.id}").status_code == 403
