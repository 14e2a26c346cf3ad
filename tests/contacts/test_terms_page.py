"""The vocabularies page: an administrator adds, renames, merges, closes, and puts in order."""

import cards
import pytest
import sqlalchemy as sa
from factories import benoit, nadia

from crm.contacts.people import Person
from crm.contacts.search.criteria import Search
from crm.contacts.terms import Term, Vocabulary
from crm.db import db

URL = "/gestion/contacts/vocabulaires"


@pytest.fixture(autouse=True)
def _empty_search(app):
    cards.begin()


@pytest.fixture
def administrator(signed_in):
    """Nadia's browser."""
    return signed_in(nadia())


def sector(code):
    return Term.find(Vocabulary.SECTOR, code)


def labels(vocabulary=Vocabulary.SECTOR):
    return [term.label for term in db.session.scalars(Term.of(vocabulary))]


def test_only_an_administrator_comes_in(signed_in):
    client = signed_in(benoit())
    assert client.get(f"{URL}/").status_code == 403
    assert client.post(f"{URL}/?liste=tag", data={"label": "Forum"}).status_code == 403
    assert labels(Vocabulary.TAG) == []


def test_each_list_says_how_much_each_term_is_used(administrator):
    water = sector("eau")
    cards.organisation(sectors=[water])
    cards.organisation("Autre", sectors=[water])
    page = administrator.get(f"{URL}/?liste=sector").text
    row = page[page.index(f'id="terme-{water.id}"') :].partition("</tr>")[0]
    assert 'data-label="Utilisations">2</td>' in row
    assert administrator.get(f"{URL}/?liste=inconnue").status_code == 404


def test_a_term_is_added_once(administrator):
    for _ in range(2):
        answer = administrator.post(f"{URL}/?liste=tag", data={"label": " Forum  2026 "})
    assert answer.status_code == 422
    assert "«\u00a0Forum 2026\u00a0» existe déjà" in answer.text
    assert labels(Vocabulary.TAG) == ["Forum 2026"]


@pytest.mark.parametrize("label", ["", "   ", "a" * 100_000])
def test_a_term_without_a_right_name_is_refused(administrator, label):
    before = labels()
    assert administrator.post(f"{URL}/?liste=sector", data={"label": label}).status_code == 422
    term = sector("eau")
    assert administrator.post(f"{URL}/{term.id}", data={"label": label}).status_code == 422
    assert labels() == before


def test_a_term_is_renamed_everywhere(administrator):
    card = cards.organisation(sectors=[sector("eau")])
    term = sector("eau")
    answer = administrator.post(f"{URL}/{term.id}", data={"label": "Eau & <b>hygiène</b>"})
    assert answer.location == f"{URL}/?liste=sector#terme-{term.id}"
    assert (term.code, card.terms[0].label) == ("eau", "Eau & <b>hygiène</b>")
    page = administrator.get(f"/gestion/contacts/organisations/{card.id}").text
    assert "Eau &amp; &lt;b&gt;hygiène&lt;/b&gt;" in page


def test_a_term_is_merged_and_what_used_it_follows(administrator):
    water, health = sector("eau"), sector("sante")
    one = cards.organisation("Une", sectors=[water])
    both = cards.organisation("Deux", sectors=[water, health])
    url = f"{URL}/{water.id}/fusion"
    page = administrator.get(url).text
    assert "«&nbsp;Eau et assainissement&nbsp;» est utilisé 2\u00a0fois." in page
    assert administrator.post(url, data={"into": health.id}).status_code == 302
    assert (one.terms, both.terms) == ([health], [health])
    assert "Eau et assainissement" not in labels()
    assert Search.parse("secteur=sante").chosen == {"secteur": ("sante",)}
    assert administrator.post(url, data={"into": health.id}).status_code == 409


def test_a_term_is_not_merged_into_itself_nor_elsewhere(administrator):
    water, mali = sector("eau"), Term.find(Vocabulary.COUNTRY, "ML")
    for into in (water.id, mali.id, "", "x", "9" * 100):
        answer = administrator.post(f"{URL}/{water.id}/fusion", data={"into": into})
        assert answer.status_code == 422
    assert water.merged_into is None


def test_a_term_is_closed_and_reopened(administrator):
    water = sector("eau")
    for _ in range(2):
        assert administrator.post(f"{URL}/{water.id}/cloture").status_code == 302
    assert "Eau et assainissement" not in labels()
    administrator.post(f"{URL}/{water.id}/reouverture")
    assert "Eau et assainissement" in labels()


def test_terms_go_up_and_down_and_stop_at_the_ends(administrator):
    first, second, third, *rest = labels()
    terms = {term.label: term.id for term in db.session.scalars(Term.of(Vocabulary.SECTOR))}

    def move(label, way):
        administrator.post(f"{URL}/{terms[label]}/place", data={"sens": way})
        return labels()[:3]

    assert move(second, "haut") == [second, first, third]
    assert move(second, "haut") == [second, first, third]
    assert move(second, "bas") == [first, second, third]
    last = rest[-1]
    administrator.post(f"{URL}/{terms[last]}/place", data={"sens": "bas"})
    assert labels() == [first, second, third, *rest]


def test_a_term_that_does_not_exist_is_not_found(administrator):
    for path in ("", "/fusion"):
        assert administrator.get(f"{URL}/987654{path}").status_code == 404


def test_a_list_costs_the_same_for_one_use_as_for_many(administrator):
    few = cards.queries_of(administrator, f"{URL}/?liste=sector")
    for number in range(10):
        cards.organisation(f"Structure {number}", sectors=[sector("eau"), sector("sante")])
    assert db.session.scalar(sa.select(sa.func.count(Person.id))) == 0
    assert cards.queries_of(administrator, f"{URL}/?liste=sector") == few
