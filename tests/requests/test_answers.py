"""Short answers: kept once, whatever they say, and tied to a card only when it is sure."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from factories import benoit, save

from crm.contacts.journal import Entry
from crm.contacts.organisations import Organisation
from crm.contacts.search.index import index
from crm.contacts.terms import Term, Vocabulary
from crm.db import db, now
from crm.requests.answers import Answer
from crm.requests.jot import become_request, jot
from crm.requests.kinds import Channel, Public
from crm.requests.requests import SupportRequest

ADDRESS = "/gestion/demandes/reponses/"


def said(key="k1", **values):
    theme = Term.find(Vocabulary.THEME, "financement")
    return {
        "key": key, "channel": "stand", "theme": str(theme.id), "department": "38",
        "public": "young", "people": "2", "place": "Forum",
    } | values  # fmt: skip


def kept():
    db.session.expire_all()
    return db.session.scalars(sa.select(Answer).order_by(Answer.id)).all()


def test_an_answer_is_kept_with_what_figures_count(app):
    answer = jot(said(), by=benoit())
    assert (answer.channel, answer.public, answer.department) == (
        Channel.STAND, Public.YOUNG, "38",
    )  # fmt: skip
    assert answer.theme.code == "financement"
    assert (answer.people, answer.place, answer.person) == (2, "Forum", None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"channel": "form"}, {"channel": "<b>"}, {"theme": "99999999999999999999"},
        {"theme": "=cmd()"}, {"department": "999"}, {"public": "\x00"}, {"people": "-4"},
        {"people": "10" * 50}, {"note": "é\x00\x1f" * 100_000}, {"at": "hier"},
        {"at": "2999-01-01T00:00:00Z"}, {"at": "2026-01-01T00:00:00"}, {"contact": "person-0"},
        {"contact": ["x"]}, {"contact": "organisation-99999999999999999999"}, {"place": None},
    ],
)  # fmt: skip
def test_what_means_nothing_is_left_out_and_the_rest_is_kept(app, wrong):
    answer = jot(said(**wrong), by=benoit())
    db.session.commit()
    assert answer.channel in (Channel.STAND, Channel.PHONE)
    assert 1 <= answer.people <= 1000
    assert len(answer.note) <= 500
    assert now() - answer.at < timedelta(minutes=1)


def test_without_a_key_nothing_is_kept(app):
    user = benoit()
    assert jot(said(key=""), by=user) is None
    assert jot({}, by=user) is None


def test_a_device_sends_many_and_the_same_again(app, signed_in):
    client = signed_in(benoit())
    yesterday = (now() - timedelta(days=1)).isoformat()
    several = [said(f"k{number}", at=yesterday) for number in range(3)]
    assert client.post(ADDRESS, json=several).json == {"kept": ["k0", "k1", "k2"]}
    again = client.post(ADDRESS, json=[*several, said("k3"), "x", None, 4])
    assert again.json == {"kept": ["k0", "k1", "k2", "k3"]}
    assert [answer.key for answer in kept()] == ["k0", "k1", "k2", "k3"]
    assert kept()[0].at.isoformat() == yesterday.replace("Z", "+00:00")
    assert client.post(ADDRESS, json={"key": "k5"}).status_code == 400
    assert client.post(ADDRESS, json=several * 100).status_code == 400
    assert len(kept()) == 4


def test_a_form_is_kept_once_too(app, signed_in):
    client = signed_in(benoit())
    for _ in range(2):
        assert client.post(ADDRESS, data=said()).status_code == 303
    assert len(kept()) == 1
    assert client.post(ADDRESS, data={}).status_code == 400


def test_a_card_is_tied_only_when_it_is_sure(app):
    user, card = benoit(), save(Organisation(name="Sahel-Isère Amitié"))
    index(card)
    sure = jot(said("a", contact="sahel-isere amitie"), by=user)
    chosen = jot(said("b", contact=f"organisation-{card.id}"), by=user)
    unsure = jot(said("c", contact="Sahel", note="Rappeler"), by=user)
    assert sure.organisation is chosen.organisation is card
    assert unsure.organisation is None
    assert unsure.note == "Rappeler – Contact : Sahel"
    told = sa.select(Entry.text).where(Entry.organisation_id == card.id)
    assert [text.split(" :")[0] for text in db.session.scalars(told)] == [
        "Réponse brève (stand ou salon)"
    ] * 2


def test_an_answer_that_was_not_enough_becomes_a_request_once(app, signed_in):
    user = benoit()
    answer = jot(said(note="Une longue histoire"), by=user)
    made = become_request(answer, by=user)
    assert become_request(answer, by=user) is made
    assert (made.channel, made.need, made.assignee) == (Channel.STAND, "Une longue histoire", user)
    assert db.session.scalar(sa.select(sa.func.count(SupportRequest.id))) == 1


def test_an_answer_is_corrected_and_taken_away(app, signed_in):
    user = benoit()
    answer_id = jot(said(), by=user).id
    client = signed_in(user)
    values = said(people="5", public="", note="Corrigée")
    assert client.post(f"{ADDRESS}{answer_id}", data=values).status_code == 302
    assert (kept()[0].people, kept()[0].public, kept()[0].note) == (5, None, "Corrigée")
    assert client.post(f"{ADDRESS}{answer_id}", data=said(people="x")).status_code == 422
    client.post(f"{ADDRESS}{answer_id}/suppression")
    assert kept() == []
