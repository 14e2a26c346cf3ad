"""« Rythme des envois »: the page where limits and quiet hours are decided."""

from datetime import time, timedelta

import pytest
import sqlalchemy as sa
from factories import awa
from sending import begun
from smtp_server import faulty

from crm import smtp
from crm.db import db, now
from crm.newsletter.deliveries import Delivery
from crm.newsletter.delivery.courtesy import Courtesy, Pace, Rule

PAGE = "/gestion/reglages/envois/"
HOURS = {"connections": "4", "quiet_from": "20:00", "quiet_until": "07:30"}


@pytest.fixture
def client(signed_in, setting, monkeypatch):
    monkeypatch.setattr(smtp, "_resting", {})
    setting(smtp_url="smtp://lettres:secret@un.example.org:587 smtps://deux.example.org")
    return signed_in(awa())


def rules():
    return {
        (rule.kind.value, rule.name): (rule.per_minute, rule.per_hour)
        for rule in db.session.scalars(sa.select(Rule))
    }


def test_each_server_has_its_line_without_its_password(client):
    page = client.get(PAGE).text
    assert page.index("un.example.org:587") < page.index("deux.example.org:465")
    assert ("préféré" in page, "secours" in page, "secret" in page) == (True, True, False)


def test_limits_and_hours_are_kept_and_shown_again(client):
    answer = client.post(PAGE, data={
        **HOURS, "spares_weekends": "y", "relay_0_hour": "500", "relay_1_minute": "20",
        "any_minute": "30", "domain_1": " Orange.FR ", "domain_1_minute": "5",
    })  # fmt: skip
    assert answer.location == PAGE
    assert rules() == {
        ("relay", "un.example.org:587"): (None, 500), ("relay", "deux.example.org:465"): (20, None),
        ("domain", ""): (30, None), ("domain", "orange.fr"): (5, None),
    }  # fmt: skip
    kept = Courtesy.current()
    assert (kept.connections, kept.quiet_from, kept.quiet_until) == (4, time(20), time(7, 30))
    page = client.get(PAGE).text
    for shown in ('value="orange.fr"', 'value="20:00"', 'value="500"'):
        assert shown in page


def test_an_emptied_page_limits_nothing(client):
    client.post(PAGE, data={**HOURS, "relay_0_hour": "500", "any_minute": "30"})
    empty = dict.fromkeys(("quiet_from", "quiet_until", "relay_0_hour", "any_minute"), "")
    client.post(PAGE, data={**empty, "connections": "2"})
    assert (rules(), Courtesy.current().quiet_from) == ({}, None)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Courtesy)) == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"any_minute": "0"}, "Entre 1 et"),
        ({"any_minute": "beaucoup"}, "Écrivez un nombre entier."),
        ({"relay_0_hour": "-5"}, "Entre 1 et"),
        ({"domain_0": "orange"}, "Un domaine s’écrit"),
        ({"quiet_until": ""}, "Donnez les deux heures, ou aucune."),
        ({"quiet_until": "20:00"}, "Ces deux heures sont les mêmes"),
        ({"quiet_from": "tard"}, "Cette heure n’existe pas."),
        ({"connections": "900"}, "Choisissez dans la liste."),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(client, typed, said):
    answer = client.post(PAGE, data={**HOURS, **typed})
    assert answer.status_code == 422
    assert said in answer.text
    assert (rules(), Courtesy.current().quiet_from) == ({}, None)


def test_a_new_limit_frees_those_who_had_an_appointment(client):
    begun("a@example.org")
    later = now() + timedelta(hours=5)
    db.session.execute(sa.update(Delivery).values(next_try_at=later))
    client.post(PAGE, data=HOURS)
    assert db.session.scalar(sa.select(Delivery.next_try_at)) <= now()


def test_servers_are_tried_without_sending_anything(client, setting):
    with faulty() as (url, script):
        setting(smtp_url=f"{url} smtp://127.0.0.1:1")
        assert client.post(f"{PAGE}essai").location == PAGE
        page = client.get(PAGE).text
    assert f"{smtp.relay_name(url)} répond." in page
    assert "127.0.0.1:1\u00a0: le serveur d’envoi ne répond pas" in page
    assert (script.connections, script.senders) == (1, [])


def test_who_asked_us_to_slow_down_is_named(client):
    at = now()
    pace = {"free_at": at, "booked_until": at, "slowness": 4.0, "slowed_at": at}
    db.session.add(Pace(key="domain orange.fr", **pace))
    assert "orange.fr\u00a0: un message toutes les 4\u00a0secondes" in client.get(
        PAGE
    ).text.replace("&nbsp;", "\u00a0")


def test_without_a_server_the_page_says_what_happens(client, setting):
    setting(smtp_url=None)
    page = client.get(PAGE).text
    assert "chaque courriel devient un fichier" in page
    assert "Essayer les serveurs" not in page
