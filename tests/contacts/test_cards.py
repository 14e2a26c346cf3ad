"""The cards: shown, edited section by section, archived, and edited by two officers at once."""

import re
from datetime import date

import cards
import pytest
import sqlalchemy as sa
from factories import awa, benoit, luc

from crm.contacts.details import Detail, DetailKind
from crm.contacts.journal import Entry
from crm.contacts.organisations import LinkKind, Organisation
from crm.contacts.search.suggest import suggest
from crm.contacts.terms import Term, Vocabulary
from crm.db import db, now

URL = "/gestion/contacts/organisations"


@pytest.fixture(autouse=True)
def _empty_search(app):
    cards.begin()


@pytest.fixture
def officer(signed_in):
    """Benoît's browser."""
    return signed_in(benoit())


def post(client, card, section, **typed):
    """Open the section's form, change these fields, send it."""
    url = f"{URL}/{card.id}/modifier/{section}"
    return client.post(url, data=cards.form_of(client, url) | typed)


def terms(vocabulary, *codes):
    return [Term.find(vocabulary, code) for code in codes]


def only(model):
    return db.session.scalars(sa.select(model)).one()


def changes(card):
    entry = db.session.scalars(Entry.of(card)).first()
    return [(one.label, one.before, one.after) for one in entry.told]


def test_a_card_is_made_from_what_one_knows_at_once(officer):
    association = Term.find(Vocabulary.ACTOR_TYPE, "association")
    answer = officer.post(
        f"{URL}/nouvelle",
        data={
            "name": "Sahel-Isère Amitié (SIA)", "actor_type": association.id, "postcode": "38000",
            "commune": "Grenoble", "emails": "Contact@SIA.example.org\r\n",
            "phones": "0476001234\r\n+33 6 12 00 34 56", "website": "sia.example.org",
        },
    )  # fmt: skip
    card = only(Organisation)
    assert answer.location == f"{URL}/{card.id}"
    assert (card.name, card.acronym, card.title) == (
        "Sahel-Isère Amitié", "SIA", "Sahel-Isère Amitié (SIA)",
    )  # fmt: skip
    assert (card.postcode, card.commune, card.department) == ("38000", "Grenoble", "38")
    assert [item.value for item in card.details] == [
        "contact@sia.example.org", "04 76 00 12 34", "+33 6 12 00 34 56",
    ]  # fmt: skip
    assert (card.website, card.actor_type) == ("https://sia.example.org", association)
    assert cards.journal(card) == ["Fiche créée"]
    assert [hit.id for hit in suggest("sahel isere")] == [card.id]


def test_a_name_that_is_known_is_asked_about(officer):
    known = cards.organisation("Sahel-Isère Amitié", acronym="SIA")
    typed = {"name": "SAHEL ISERE AMITIE"}
    answer = officer.post(f"{URL}/nouvelle", data=typed)
    assert answer.status_code == 409
    assert f'<a href="{URL}/{known.id}">Sahel-Isère Amitié (SIA)</a>' in answer.text
    assert cards.fields(answer.text)["name"] == "SAHEL ISERE AMITIE"
    assert only(Organisation).id == known.id
    assert officer.post(f"{URL}/nouvelle", data=typed | {"autre": "1"}).status_code == 302
    assert db.session.scalar(sa.select(sa.func.count(Organisation.id))) == 2


def test_a_mail_that_is_known_is_asked_about(officer):
    known = cards.organisation(emails=["bureau@sia.example.org"])
    answer = officer.post(
        f"{URL}/nouvelle", data={"name": "Autre", "emails": "bureau@sia.example.org"}
    )
    assert answer.status_code == 409
    assert f'<a href="{URL}/{known.id}">Sahel-Isère Amitié</a> · bureau@sia' in answer.text


def test_an_opened_form_sent_back_changes_nothing(officer):
    """Every fact of every section survives its own form."""
    relay = cards.organisation("Maison du Drac", acronym="MID", relay_territory="Isère")
    card = cards.organisation(
        "L’« Étoile » <b>&amp;</b>", acronym="É&C", called=["Les Amis", "L’Étoile, et la mer"],
        former=["Étoile du Sahel"], siren="732829320", siret="73282932000074", rna="W381012345",
        actor_type=terms(Vocabulary.ACTOR_TYPE, "osim")[0], founded_year=1987,
        street="12 rue des Bains", postcode="38000", commune="Grenoble", department="38",
        postal_address="Étoile\nBP 12\n38000 Grenoble CEDEX", website="https://etoile.example.org",
        emails=["a@example.org", "b@example.org"], phones=["04 76 00 12 34", "+221 33 800 00 00"],
        languages=["fr", "wo"], description="Un\n\nDeux", competences="Trois",
        sectors=terms(Vocabulary.SECTOR, "eau", "sante"), sdgs=terms(Vocabulary.SDG, "06"),
        countries=terms(Vocabulary.COUNTRY, "ML", "SN"), staff_count=0, volunteer_count=1200,
        relay=relay, relay_territory="", on_board_since=date(2019, 6, 14), is_public=True,
        links=[(LinkKind.MEMBER, relay)],
    )  # fmt: skip
    before = card.updated_at
    for section in ("identite", "adresse", "coordonnees", "activite", "liens", "public"):
        assert post(officer, card, section).location == f"{URL}/{card.id}#{section}"
    assert (card.updated_at, cards.journal(card)) == (before, ["Fiche créée"])


def test_the_identity_is_changed_and_told(officer):
    card = cards.organisation(former=["Vieux nom"])
    answer = post(
        officer, card, "identite", name="Sahel-Isère", acronym="SI", called="Les Amis\r\n\r\nSIA",
        former="", siret="732 829 320 00074", rna="w381012345", founded_year="1987",
    )  # fmt: skip
    assert answer.status_code == 302
    assert (card.name, card.acronym, card.founded_year) == ("Sahel-Isère", "SI", 1987)
    assert (card.names(former=False), card.names(former=True)) == (["Les Amis", "SIA"], [])
    assert (card.siren, card.siret, card.rna) == ("732829320", "73282932000074", "W381012345")
    assert cards.journal(card)[0] == (
        "Nom changé, sigle changé, autres noms changés, anciens noms changés, SIREN changé, "
        "SIRET changé, RNA changé, année de création changée"
    )
    assert [hit.id for hit in suggest("les amis")] == [card.id]


def test_wrong_numbers_are_refused_beside_their_field(officer):
    card = cards.organisation()
    answer = post(
        officer, card, "identite", siren="732829321", siret="35600000000048", rna="123",
        founded_year="2150",
    )  # fmt: skip
    assert answer.status_code == 422
    assert "Ce SIREN n’existe pas\u00a0: un chiffre est faux" in answer.text
    assert "Un numéro RNA s’écrit W et 9 chiffres" in answer.text
    assert "2150 n’est pas encore arrivé." in answer.text
    assert cards.fields(answer.text)["siren"] == "732829321"
    assert (card.siren, card.siret, card.rna) == (None, None, None)


def test_a_siret_of_another_siren_is_refused(officer):
    card = cards.organisation()
    answer = post(officer, card, "identite", siren="732829320", siret="35600000000048")
    assert "Un SIRET commence par le SIREN\u00a0: l’un des deux est faux." in answer.text
    assert (answer.status_code, card.siren) == (422, None)


@pytest.mark.parametrize(
    ("postcode", "chosen", "kept"),
    [("69001", "38", "69"), ("20090", "", "2A"), ("97400", "", "974"), ("1205", "", "01"),
     ("CH-1205", "74", "74"), ("", "38", "38"), ("98000", "", "")],
)  # fmt: skip
def test_the_department_follows_a_french_postcode(officer, postcode, chosen, kept):
    card = cards.organisation()
    assert post(officer, card, "adresse", postcode=postcode, department=chosen).status_code == 302
    assert card.department == kept


def test_a_mail_that_is_left_stays_findable_and_is_shown_as_old(officer):
    card = cards.organisation(emails=["vieux@sia.example.org", "bureau@sia.example.org"])
    post(officer, card, "coordonnees", emails="bureau@sia.example.org\r\nneuf@sia.example.org")
    assert card.email == "bureau@sia.example.org"
    assert [item.value for item in card.closed()] == ["vieux@sia.example.org"]
    for address in ("vieux@sia.example.org", "neuf@sia.example.org"):
        assert suggest(address)[0].id == card.id
        assert suggest(address)[0].score > 50
    page = officer.get(f"{URL}/{card.id}").text
    assert '<span class="gone">vieux@sia.example.org <span>ancienne adresse</span></span>' in page
    assert changes(card) == [
        ("Courriels", "vieux@sia.example.org, bureau@sia.example.org",
         "bureau@sia.example.org, neuf@sia.example.org"),
    ]  # fmt: skip
    entry = db.session.scalars(Entry.of(card)).first()
    assert (entry.told[0].gone, entry.told[0].come) == (
        "vieux@sia.example.org", "neuf@sia.example.org",
    )  # fmt: skip


def test_the_first_mail_typed_is_the_preferred_one(officer):
    card = cards.organisation(emails=["a@example.org", "b@example.org"])
    post(officer, card, "coordonnees", emails="b@example.org\r\na@example.org")
    db.session.refresh(card)
    assert [item.value for item in card.current(DetailKind.EMAIL)] == [
        "b@example.org", "a@example.org",
    ]  # fmt: skip


def test_an_old_mail_typed_again_is_used_again(officer):
    card = cards.organisation(emails=["a@example.org"])
    post(officer, card, "coordonnees", emails="")
    assert card.email == ""
    post(officer, card, "coordonnees", emails="A@EXAMPLE.ORG")
    assert card.email == "a@example.org"
    assert db.session.scalar(sa.select(sa.func.count(Detail.id))) == 1


def test_what_is_forgotten_is_forgotten_everywhere(officer):
    card = cards.organisation(emails=["faute@example.org"])
    post(officer, card, "coordonnees", emails="juste@example.org")
    [wrong] = card.closed()
    post(officer, card, "coordonnees", forgotten=[str(wrong.id)])
    assert [item.value for item in card.details] == ["juste@example.org"]
    assert suggest("faute") == []
    assert cards.journal(card)[0] == "Anciennes coordonnées oubliées"
    assert "faute@" not in officer.get(f"{URL}/{card.id}").text


def test_the_activity_is_ticked(officer):
    eau, sante = terms(Vocabulary.SECTOR, "eau", "sante")
    mali, senegal = terms(Vocabulary.COUNTRY, "ML", "SN")
    card = cards.organisation(sectors=[eau], countries=[mali])
    post(officer, card, "activite", sectors=[sante.id], countries=[mali.id, senegal.id],
         staff_count="1 200")  # fmt: skip
    assert {term.label for term in card.terms} == {"Santé", "Mali", "Sénégal"}
    assert card.staff_count == 1200
    assert cards.journal(card)[0] == "Secteurs changés, pays changés, salariés changés"


def test_a_closed_term_stays_on_the_cards_that_have_it(officer):
    [eau] = terms(Vocabulary.SECTOR, "eau")
    card, other = cards.organisation(sectors=[eau]), cards.organisation("Autre")
    eau.closed_at = now()
    url = f"{URL}/{{}}/modifier/activite"
    assert "Eau et assainissement (n’est plus proposé)" in officer.get(url.format(card.id)).text
    assert "Eau et assainissement" not in officer.get(url.format(other.id)).text
    assert post(officer, other, "activite", sectors=[eau.id]).status_code == 422
    post(officer, card, "activite", description="Des puits.")
    assert card.terms == [eau]


def test_links_are_tied_and_undone(officer):
    card, federation = cards.organisation(), cards.organisation("Fédération Garance")
    relay = cards.organisation("Maison du Drac", acronym="MID")
    post(officer, card, "liens", link_kind="member", link_other="federation garance",
         relay="Maison du Drac (MID)", on_board_since="2019-06-14")  # fmt: skip
    assert [(link.kind, link.other) for link in card.links] == [(LinkKind.MEMBER, federation)]
    assert (card.relay, card.on_board_since) == (relay, date(2019, 6, 14))
    theirs = officer.get(f"{URL}/{federation.id}").text
    assert "<dt>A pour membre</dt>" in theirs
    # Twice the same link is one link; and unticked, it goes.
    post(officer, card, "liens", link_kind="member", link_other="Fédération Garance")
    assert len(card.links) == 1
    post(officer, card, "liens", links=[], relay="")
    assert (card.links, card.relay) == ([], None)
    assert changes(card) == [
        ("Liens", "membre de Fédération Garance", ""),
        ("Suivie par le relais", "Maison du Drac (MID)", ""),
    ]


def test_a_doubtful_name_is_asked_about_and_nothing_typed_is_lost(officer):
    card = cards.organisation()
    one, two = (cards.organisation("Comité de jumelage", commune=town) for town in ("Vif", "Gap"))
    answer = post(officer, card, "liens", link_other="comité de jumelage", relay_territory="Isère")
    assert answer.status_code == 422
    assert "Plusieurs organisations portent ce nom\u00a0: dites laquelle." in answer.text
    assert re.findall(r'name="link_other-id" id="[^"]+" value="(\w+)"', answer.text) == [
        str(one.id), str(two.id), "nouvelle",
    ]  # fmt: skip
    again = cards.fields(answer.text)
    assert (again["link_other"], again["relay_territory"]) == ("comité de jumelage", "Isère")
    officer.post(f"{URL}/{card.id}/modifier/liens", data=again | {"link_other-id": two.id})
    assert [link.other for link in card.links] == [two]


def test_a_name_almost_right_is_asked_about(officer):
    card, other = cards.organisation(), cards.organisation("Fédération Garance")
    answer = post(officer, card, "liens", relay="garanse")
    assert "Aucune organisation ne porte exactement ce nom : dites laquelle c’est." in answer.text
    again = cards.fields(answer.text) | {"relay-id": other.id}
    assert officer.post(f"{URL}/{card.id}/modifier/liens", data=again).status_code == 302
    assert card.relay == other


def test_an_organisation_without_a_card_gets_one_when_asked_for(officer):
    card = cards.organisation()
    assert post(officer, card, "liens", link_other="Tout neuf").status_code == 422
    assert db.session.scalar(sa.select(sa.func.count(Organisation.id))) == 1
    answer = post(officer, card, "liens", link_other="Tout neuf", **{"link_other-id": "nouvelle"})
    assert answer.status_code == 302
    [link] = card.links
    assert (link.other.name, cards.journal(link.other)) == ("Tout neuf", ["Fiche créée"])


def test_an_organisation_is_not_tied_to_itself(officer):
    card = cards.organisation()
    answer = post(officer, card, "liens", link_other=card.name, relay=card.name)
    assert "Une organisation n’est pas liée à elle-même." in answer.text
    assert "Une organisation ne se suit pas elle-même." in answer.text
    assert (card.links, card.relay) == ([], None)


def test_the_public_sees_it_from_a_moment_on(officer):
    card = cards.organisation()
    post(officer, card, "public", is_public="y")
    since = card.public_at
    assert since is not None
    post(officer, card, "public", is_public="y")
    assert card.public_at == since
    url = f"{URL}/{card.id}/modifier/public"
    data = cards.form_of(officer, url)
    del data["is_public"]
    officer.post(url, data=data)
    assert card.public_at is None
    assert changes(card) == [("Visible du public", "oui", "non")]


def test_archived_and_restored(officer):
    card = cards.organisation()
    for _ in range(2):
        assert officer.post(f"{URL}/{card.id}/archivage").location == f"{URL}/{card.id}"
    assert card.archived_at is not None
    assert suggest("sahel")[0].is_archived
    page = officer.get(f"{URL}/{card.id}").text
    assert "Restaurer la fiche" in page
    assert "Noter un appel" not in page
    officer.post(f"{URL}/{card.id}/restauration")
    assert card.archived_at is None
    assert cards.journal(card) == ["Fiche restaurée", "Fiche archivée", "Fiche créée"]


def test_two_officers_on_the_same_fact_the_second_is_told_and_loses_nothing(signed_in):
    first, second = signed_in(benoit()), signed_in(awa())
    card = cards.organisation("Sahel", street="1 rue Haute", commune="Vif")
    url = f"{URL}/{card.id}/modifier/adresse"
    opened = cards.form_of(second, url)
    post(first, card, "adresse", street="2 rue Basse", commune="Gap")
    mine = opened | {"street": "3 rue du Milieu", "postal_address": "BP 3"}
    answer = second.post(url, data=mine)
    assert answer.status_code == 409
    assert "La fiche a changé pendant que vous la modifiiez." in answer.text
    said = re.search(r"<li><strong>Rue</strong>(.*?)</li>", answer.text)[1]
    assert "<del>1 rue Haute</del> est devenu <ins>2 rue Basse</ins>" in said
    assert ", par Benoît Faure, <time" in said
    # What was typed is there; what was not touched shows what the card says now.
    again = cards.fields(answer.text)
    assert (again["street"], again["postal_address"], again["commune"]) == (
        "3 rue du Milieu", "BP 3", "Gap",
    )  # fmt: skip
    assert (card.street, card.commune) == ("2 rue Basse", "Gap")
    # And saving over is one button away.
    assert second.post(url, data=again).status_code == 302
    assert (card.street, card.postal_address, card.commune) == ("3 rue du Milieu", "BP 3", "Gap")


def test_two_officers_on_two_facts_both_are_kept(signed_in):
    first, second = signed_in(benoit()), signed_in(awa())
    card = cards.organisation(emails=["a@example.org"], phones=["04 76 00 12 34"])
    url = f"{URL}/{card.id}/modifier/coordonnees"
    opened = cards.form_of(second, url)
    post(first, card, "coordonnees", phones="06 11 22 33 44")
    assert second.post(url, data=opened | {"emails": "b@example.org"}).status_code == 302
    assert (card.email, card.phone) == ("b@example.org", "06 11 22 33 44")
    told = second.get(f"{URL}/{card.id}").text
    assert "Benoît Faure a changé entre-temps « Téléphones », devenu « 06 11 22 33 44 »" in told


def test_two_officers_who_type_the_same_agree(signed_in):
    first, second = signed_in(benoit()), signed_in(awa())
    card = cards.organisation(commune="Vif")
    opened = cards.form_of(second, f"{URL}/{card.id}/modifier/adresse")
    post(first, card, "adresse", commune="Gap")
    answer = second.post(f"{URL}/{card.id}/modifier/adresse", data=opened | {"commune": "Gap"})
    assert (answer.status_code, card.commune) == (302, "Gap")


@pytest.mark.parametrize("seen", ["", "{", "[]", "null", '{"commune": 3}', "[" * 100_000])
def test_a_spoilt_snapshot_is_no_snapshot(officer, seen):
    card = cards.organisation(commune="Vif")
    assert post(officer, card, "adresse", vu=seen, commune="Gap").status_code == 302
    assert card.commune == "Gap"


@pytest.mark.parametrize(
    ("section", "field"),
    [("identite", "name"), ("identite", "called"), ("identite", "siren"), ("adresse", "postcode"),
     ("adresse", "postal_address"), ("coordonnees", "emails"), ("coordonnees", "website"),
     ("coordonnees", "languages"), ("activite", "description"), ("activite", "staff_count"),
     ("liens", "link_other"), ("liens", "relay_territory"), ("liens", "on_board_since")],
)  # fmt: skip
def test_too_much_text_is_refused_and_nothing_changes(officer, section, field):
    card = cards.organisation()
    answer = post(officer, card, section, **{field: "9" * 100_000})
    assert answer.status_code == 422
    assert cards.journal(card) == ["Fiche créée"]


def test_markup_is_text(officer):
    text = "<script>alert(1)</script>{{ 7*7 }} %s ' OR 1=1 --"
    card = cards.organisation()
    post(officer, card, "identite", name=text, called=text, former=text)
    post(officer, card, "activite", description=text)
    page = officer.get(f"{URL}/{card.id}").text
    assert (card.name, card.description) == (text, text)
    assert "<script>alert" not in page
    assert "49" not in re.findall(r"<h1>(.*)</h1>", page)[0]


def test_what_cannot_be_seen_is_dropped(officer):
    card = cards.organisation()
    post(officer, card, "identite", name="Sa\x00hel \u202eIsère\u200f 🌍")
    assert card.name == "Sahel Isère 🌍"


def test_an_empty_name_is_refused(officer):
    card = cards.organisation()
    assert post(officer, card, "identite", name="   ").status_code == 422
    assert officer.post(f"{URL}/nouvelle", data={}).status_code == 422
    assert only(Organisation).name == "Sahel-Isère Amitié"


def test_a_section_that_does_not_exist_is_not_found(officer):
    assert officer.get(f"{URL}/{cards.organisation().id}/modifier/journal").status_code == 404


def test_who_only_reads_sees_no_button(signed_in):
    card = cards.organisation()
    page = signed_in(luc()).get(f"{URL}/{card.id}").text
    for word in ("Modifier", "Archiver", "Ajouter au journal", "Noter un appel"):
        assert word not in page


def test_a_card_costs_the_same_whoever_works_there(officer):
    card = cards.organisation()
    url = f"{URL}/{card.id}"

    for number in range(2):
        cards.works(cards.person("Awa", f"Diop {number}", emails=[f"a{number}@example.org"]), card)
        card.link([(LinkKind.PARTNER, cards.organisation(f"Partenaire {number}"))])
    few = cards.queries_of(officer, url)
    for number in range(20):
        cards.works(cards.person("Ada", f"Faye {number}", emails=[f"b{number}@example.org"]), card)
    card.link([(LinkKind.PARTNER, cards.organisation(f"Ami {number}")) for number in range(9)])
    assert cards.queries_of(officer, url) == few
