"""The cards of people: reached, moved from one structure to the next, found by an old address."""

from datetime import date, timedelta

import cards
import pytest
import sqlalchemy as sa
from factories import benoit, in_days, luc

from crm.contacts.kinds import ContactKind
from crm.contacts.organisations import Organisation
from crm.contacts.people import Channel, Person, Role
from crm.contacts.search.suggest import suggest
from crm.contacts.terms import Term, Vocabulary
from crm.db import db
from crm.filters import today

URL = "/gestion/contacts"


@pytest.fixture(autouse=True)
def _empty_search(app):
    cards.begin()


@pytest.fixture
def officer(signed_in):
    """Benoît's browser."""
    return signed_in(benoit())


def post(client, url, **typed):
    """Open this form, change these fields, send it."""
    return client.post(url, data=cards.form_of(client, url) | typed)


def people(words):
    return [hit.id for hit in suggest(words) if hit.type is ContactKind.PERSON]


def test_a_person_is_made_with_the_function_one_knows_of(officer):
    sia = cards.organisation(acronym="SIA")
    url = f"{URL}/personnes/nouvelle?organisation={sia.id}"
    answer = post(
        officer, url, first_name="Fatoumata", last_name="Traoré", emails="F.Traore@example.org",
        phones="0612003456", title="présidente", started_on="2024-03-01",
    )  # fmt: skip
    who = db.session.scalars(sa.select(Person)).one()
    assert answer.location == f"{URL}/personnes/{who.id}"
    assert (who.name, who.email, who.phone) == (
        "Fatoumata Traoré", "f.traore@example.org", "06 12 00 34 56",
    )  # fmt: skip
    [role] = who.current_roles
    assert (role.organisation, role.title, role.started_on) == (
        sia, "présidente", date(2024, 3, 1),
    )  # fmt: skip
    assert cards.journal(who) == [
        "Fonction ajoutée\u00a0: présidente, Sahel-Isère Amitié (SIA)", "Fiche créée",
    ]  # fmt: skip
    assert cards.journal(sia) == ["Fatoumata Traoré arrive\u00a0: présidente", "Fiche créée"]
    assert people("traore fatou") == people("sahel-isere") == [who.id]


def test_a_namesake_is_asked_about(officer):
    known = cards.person(emails=["f@example.org"])
    for typed in (
        {"first_name": "TRAORE", "last_name": "Fatoumata"},
        {"last_name": "Quelqu’un", "emails": "F@example.org"},
    ):
        answer = officer.post(f"{URL}/personnes/nouvelle", data=typed)
        assert answer.status_code == 409
        assert f'<a href="{URL}/personnes/{known.id}">Fatoumata Traoré</a>' in answer.text
    assert db.session.scalar(sa.select(sa.func.count(Person.id))) == 1
    again = {"first_name": "Fatoumata", "last_name": "Traoré", "autre": "1"}
    assert officer.post(f"{URL}/personnes/nouvelle", data=again).status_code == 302
    assert db.session.scalar(sa.select(sa.func.count(Person.id))) == 2


def test_an_opened_form_sent_back_changes_nothing(officer):
    tag = Term(vocabulary=Vocabulary.TAG, code="forum", label="Forum", position=1)
    who = cards.person(
        emails=["a@example.org", "b@example.org"], phones=["06 12 00 34 56"], commune="Vif",
        department="38", language="wo", channel=Channel.POST, tags=[tag],
    )  # fmt: skip
    before = who.updated_at
    for section in ("identite", "coordonnees"):
        assert post(officer, f"{URL}/personnes/{who.id}/modifier/{section}").status_code == 302
    assert (who.updated_at, cards.journal(who)) == (before, ["Fiche créée"])


def test_a_person_is_changed_and_told(officer):
    who = cards.person()
    url = f"{URL}/personnes/{who.id}/modifier/identite"
    post(officer, url, last_name="Traoré-Diop", language="Wolof", channel="phone")
    assert (who.name, who.language, who.channel) == (
        "Fatoumata Traoré-Diop", "wo", Channel.PHONE,
    )  # fmt: skip
    assert cards.journal(who)[0] == "Nom changé, langue changée, canal préféré changé"
    assert "préfère le téléphone" in officer.get(f"{URL}/personnes/{who.id}").text


def test_an_unknown_language_is_refused(officer):
    who = cards.person()
    answer = post(officer, f"{URL}/personnes/{who.id}/modifier/identite", language="klingonois")
    assert "«\u00a0klingonois\u00a0» n’est pas une langue connue." in answer.text
    assert (answer.status_code, who.language) == (422, "fr")


def test_changing_structure_is_one_gesture(officer):
    sia, flg = cards.organisation("Sahel-Isère Amitié"), cards.organisation("Fédération Garance")
    who = cards.person(emails=["f@sia.example.org", "f@perso.example.org"])
    role = cards.works(who, sia, "présidente", date(2020, 3, 1))
    answer = post(
        officer, f"{URL}/fonctions/{role.id}/changement", organisation="federation garance",
        title="déléguée", on="2026-09-01", emails="f@flg.example.org\r\nf@perso.example.org",
    )  # fmt: skip
    assert answer.location == f"{URL}/personnes/{who.id}#fonctions"
    [now], [before] = who.current_roles, who.past_roles
    assert (before, before.ended_on) == (role, date(2026, 9, 1))
    assert (now.organisation, now.title, now.started_on) == (flg, "déléguée", date(2026, 9, 1))
    moved = "présidente, Sahel-Isère Amitié → déléguée, Fédération Garance"
    assert cards.journal(who)[:2] == [
        "Courriels changés", f"A changé de structure le 01/09/2026\u00a0: {moved}",
    ]  # fmt: skip
    assert cards.journal(sia)[0] == "Fatoumata Traoré part le 01/09/2026 pour Fédération Garance"
    assert cards.journal(flg)[0] == (
        "Fatoumata Traoré arrive de Sahel-Isère Amitié le 01/09/2026\u00a0: déléguée"
    )
    # The address of before still finds her, and she is found where she works now.
    assert people("f@sia.example.org") == [who.id]
    assert people("garance fatoumata") == [who.id]
    page = officer.get(f"{URL}/personnes/{who.id}").text
    assert '<span class="gone">f@sia.example.org <span>ancienne adresse</span></span>' in page


def test_changing_structure_twice_is_refused_the_second_time(officer):
    one, two = cards.organisation("Une"), cards.organisation("Deux")
    who = cards.person()
    role = cards.works(who, one)
    url = f"{URL}/fonctions/{role.id}/changement"
    data = cards.form_of(officer, url) | {"organisation": "Deux"}
    assert officer.post(url, data=data).status_code == 302
    answer = officer.post(url, data=data)
    assert answer.status_code == 409
    assert "Cette fonction est déjà terminée, depuis le" in answer.text
    assert [role.organisation for role in who.current_roles] == [two]


def test_a_day_before_the_first_or_to_come_is_refused(officer):
    sia = cards.organisation()
    cards.organisation("Autre")
    who = cards.person()
    role = cards.works(who, sia, since=date(2020, 3, 1))
    url = f"{URL}/fonctions/{role.id}/changement"
    answer = post(officer, url, organisation="Autre", on="2019-01-01")
    assert "Cette fonction a commencé après, le 01/03/2020." in answer.text
    assert cards.fields(answer.text)["organisation"] == "Autre"
    later = (today() + timedelta(days=3)).isoformat()
    assert "Cette date est à venir" in post(officer, url, organisation="Autre", on=later).text
    assert "Cette date est à venir" in post(
        officer, f"{URL}/fonctions/{role.id}/fin", ended_on=later
    ).text  # fmt: skip
    assert [item.organisation for item in who.current_roles] == [sia]
    assert len(cards.journal(sia)) == 2


def test_a_move_refused_makes_no_new_organisation(officer):
    role = cards.works(cards.person(), cards.organisation(), since=date(2020, 3, 1))
    answer = post(
        officer, f"{URL}/fonctions/{role.id}/changement", organisation="Toute neuve",
        on="2019-01-01", **{"organisation-id": "nouvelle"},
    )  # fmt: skip
    assert answer.status_code == 422
    assert db.session.scalar(sa.select(sa.func.count(Organisation.id))) == 1


def test_moving_to_an_organisation_without_a_card_makes_it(officer):
    who = cards.person()
    role = cards.works(who, cards.organisation())
    url = f"{URL}/fonctions/{role.id}/changement"
    answer = post(officer, url, organisation="Toute neuve")
    assert "Aucune organisation ne porte ce nom" in answer.text
    again = cards.fields(answer.text) | {"organisation-id": "nouvelle"}
    assert officer.post(url, data=again).status_code == 302
    assert [item.organisation.name for item in who.current_roles] == ["Toute neuve"]


def test_a_function_is_added_corrected_and_ended(officer):
    sia = cards.organisation(acronym="SIA")
    who = cards.person()
    post(officer, f"{URL}/personnes/{who.id}/fonctions/nouvelle", organisation="SIA", title="x")
    [role] = who.current_roles
    post(officer, f"{URL}/fonctions/{role.id}", title="trésorière", started_on="2024-01-02")
    assert (role.title, role.started_on) == ("trésorière", date(2024, 1, 2))
    assert cards.journal(who)[0] == "Fonction corrigée : x → trésorière, depuis le 2 janvier 2024"
    post(officer, f"{URL}/fonctions/{role.id}/fin", ended_on="2026-05-01")
    assert (role.ended_on, who.current_roles) == (date(2026, 5, 1), [])
    assert cards.journal(sia)[0] == "Fatoumata Traoré part le 1er mai 2026"
    page = officer.get(f"{URL}/personnes/{who.id}").text
    assert "sans fonction en cours" in page
    # A mistake is taken back: emptied, the last day makes it a function of today again.
    post(officer, f"{URL}/fonctions/{role.id}", ended_on="")
    assert who.current_roles == [role]


def test_a_correction_that_changes_nothing_writes_nothing(officer):
    who = cards.person()
    role = cards.works(who, cards.organisation(), "présidente")
    lines = cards.journal(who)
    post(officer, f"{URL}/fonctions/{role.id}")
    assert cards.journal(who) == lines


def test_a_function_does_not_end_before_it_begins(officer):
    role = cards.works(cards.person(), cards.organisation(), since=date(2024, 1, 2))
    answer = post(officer, f"{URL}/fonctions/{role.id}", ended_on="2023-01-01")
    assert "La fin est avant le début." in answer.text
    answer = post(officer, f"{URL}/fonctions/{role.id}/fin", ended_on="2023-01-01")
    assert "Cette fonction a commencé après, le 02/01/2024." in answer.text
    assert (answer.status_code, role.ended_on) == (422, None)


def test_the_verb_alone_moves_a_person(app):
    """`move` is the domain's: no page is needed."""
    one, two = cards.organisation("Une"), cards.organisation("Deux")
    who = cards.person()
    role = cards.works(who, one, "bénévole")
    taken = who.move(role, two, on=in_days(-3), title="salariée")
    db.session.flush()
    assert (role.ended_on, taken.started_on, taken.place) == (
        in_days(-3), in_days(-3), "salariée, Deux",
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"^Cette fonction est déjà terminée"):
        who.move(role, one, on=today())
    assert [item.organisation for item in who.current_roles] == [two]


def test_archived_people_are_found_last(officer):
    who = cards.person()
    officer.post(f"{URL}/personnes/{who.id}/archivage")
    assert (who.archived_at is None, suggest("traore")[0].is_archived) == (False, True)
    officer.post(f"{URL}/personnes/{who.id}/restauration")
    assert cards.journal(who) == ["Fiche restaurée", "Fiche archivée", "Fiche créée"]


@pytest.mark.parametrize("field", ["first_name", "last_name", "emails", "phones", "title"])
@pytest.mark.parametrize("typed", ["a" * 100_000, "a\n" * 5000])
def test_too_much_text_is_refused(officer, field, typed):
    data = {"last_name": "Traoré", field: typed}
    answer = officer.post(f"{URL}/personnes/nouvelle", data=data)
    assert (answer.status_code, db.session.scalars(sa.select(Person)).all()) == (422, [])


def test_who_only_reads_changes_nothing(signed_in):
    role = cards.works(cards.person(), cards.organisation())
    page = signed_in(luc()).get(f"{URL}/personnes/{role.person_id}").text
    for word in ("Modifier", "A changé de structure", "Terminer", "Archiver"):
        assert word not in page


def test_a_card_costs_the_same_for_one_role_as_for_twenty(officer):
    who = cards.person()
    url = f"{URL}/personnes/{who.id}"

    for number in range(2):
        cards.works(who, cards.organisation(f"Structure {number}"))
    few = cards.queries_of(officer, url)
    for number in range(18):
        cards.works(who, cards.organisation(f"Association {number}")).end(today())
    assert db.session.scalar(sa.select(sa.func.count(Role.id))) == 20
    assert cards.queries_of(officer, url) == few
