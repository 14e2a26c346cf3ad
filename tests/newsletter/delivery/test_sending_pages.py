"""Trying a number, deciding that it leaves, calling it back, and watching it."""

import re
from datetime import datetime, time, timedelta
from email import message_from_bytes, policy
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from drafts import decided, draft
from factories import awa, item, luc, subscriber
from queries import cost
from sending import draft as ready_made

from crm.db import db, now
from crm.mail import Mail
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.delivery.courtesy import Courtesy
from crm.newsletter.delivery.progress import Pulse, progress_of
from crm.newsletter.issues import Section
from crm.newsletter.placements import Placement

HUGE = "x" * 100_000


@pytest.fixture
def client(signed_in):
    return signed_in(awa())


def address(issue, end):
    return f"/gestion/lettres/numeros/{issue.id}/{end}"


def mails():
    found = db.session.scalars(sa.select(Mail).order_by(Mail.id))
    return [message_from_bytes(mail.message, policy=policy.default) for mail in found]


def clock(delta):
    return (datetime.now(ZoneInfo("Europe/Paris")) + delta).strftime("%Y-%m-%dT%H:%M")


def test_a_trial_is_the_letter_to_one_address(client):
    issue = draft(news=1)
    assert 'value="awa@example.org"' in client.get(address(issue, "essai")).text
    answer = client.post(address(issue, "essai"), data={"email": " Luc@Example.org "})
    assert answer.location == address(issue, "apercu")
    [mail] = mails()
    assert (mail["To"], mail["Subject"]) == ("luc@example.org", f"[Essai] {issue.subject}")
    assert issue.placements[0].title in mail.get_body(("plain",)).get_content()
    assert issue.is_draft


def only_for(department, title):
    """A section of one item, for the readers of one department."""
    placed = Placement(item=item(title=title), position=1, only={"departments": [department]})
    return Section(title=title, kinds=["news"], position=1, placements=[placed])


def test_a_trial_is_the_letter_of_one_group_or_of_one_reader(client):
    subscriber(), subscriber(), subscriber("zoe@example.org", department="38")
    issue = ready_made(sections=[only_for("38", "Pour l’Isère"), only_for("69", "Pour le Rhône")])
    page = client.get(address(issue, "essai")).text
    assert "2\u00a0autres abonnés reçoivent celle-ci" in page.replace("&nbsp;", "\u00a0")
    assert '<option selected value="1">' in client.get(address(issue, "essai?version=1")).text
    cases = [
        ({"version": "0"}, set()),
        ({"version": "1"}, {"Isère"}),
        ({"version": "0", "reader": " Zoe@example.org"}, {"Isère"}),
        ({"version": "entier"}, {"Isère", "Rhône"}),
    ]
    for data, places in cases:
        posted = client.post(address(issue, "essai"), data={"email": "luc@example.org"} | data)
        assert posted.status_code == 302, data
        for kind in ("plain", "html"):
            told = mails()[-1].get_body((kind,)).get_content()
            assert {one for one in ("Isère", "Rhône") if one in told} == places, data


@pytest.mark.parametrize(
    "data", [{"version": "7"}, {"version": "x"}, {"reader": "luc@example.org"}]
)
def test_a_trial_of_a_letter_nobody_gets_is_not_sent(client, data):
    subscriber(), subscriber(department="38")
    issue = ready_made(sections=[only_for("38", "Pour l’Isère")])
    whole = {"email": "luc@example.org", "version": "0"} | data
    assert client.post(address(issue, "essai"), data=whole).status_code == 422
    assert mails() == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Ce champ est à remplir."),
        ("awa", "Cette adresse n’est pas complète"),
        ("a@example.org, b@example.org", "Cette adresse n’est pas complète"),
        ("a@example.org\r\nBcc: b@example.org", "Cette adresse n’est pas complète"),
        (HUGE, "254 caractères au plus."),
    ],
)
def test_a_trial_to_a_wrong_address_is_not_sent(client, typed, said):
    answer = client.post(address(draft(), "essai"), data={"email": typed})
    assert answer.status_code == 422
    assert said in answer.text
    assert mails() == []


def test_sending_names_the_number_of_subscribers(client):
    issue = draft()
    for _ in range(3):
        subscriber()
    subscriber().unsubscribe()
    assert "Envoyer à 3\u00a0abonnés" in client.get(address(issue, "envoi")).text
    answer = client.post(address(issue, "envoi"), data={"at": ""})
    assert answer.location == address(issue, "suivi")
    assert not issue.is_draft
    assert abs(issue.scheduled_at - now()) < timedelta(minutes=1)


def test_pressed_twice_it_leaves_once(client):
    issue = draft()
    subscriber()
    client.post(address(issue, "envoi"), data={"at": ""})
    at = issue.scheduled_at
    answer = client.post(address(issue, "envoi"), data={"at": clock(timedelta(days=2))})
    assert answer.location == address(issue, "suivi")
    assert issue.scheduled_at == at


def test_an_hour_is_one_of_paris(client):
    issue = draft()
    subscriber()
    tomorrow = datetime.now(ZoneInfo("Europe/Paris")) + timedelta(days=1)
    client.post(address(issue, "envoi"), data={"at": tomorrow.strftime("%Y-%m-%dT09:00")})
    expected = tomorrow.replace(hour=9, minute=0, second=0, microsecond=0)
    assert issue.scheduled_at == expected
    page = client.get(address(issue, "suivi")).text
    assert "demain à 9\u00a0h" in page
    assert "Annuler l’envoi" in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("bientôt", "Cette date ou cette heure n’existe pas."),
        ("2026-02-30T09:00", "Cette date ou cette heure n’existe pas."),
        ("1999-01-01T09:00", "Cette heure est passée."),
        (HUGE, "Cette date ou cette heure n’existe pas."),
    ],
)
def test_a_wrong_hour_schedules_nothing(client, typed, said):
    issue = draft()
    subscriber()
    answer = client.post(address(issue, "envoi"), data={"at": typed})
    assert answer.status_code == 422
    assert said in answer.text
    assert (issue.scheduled_at, issue.is_draft) == (None, True)


def test_a_letter_to_nobody_is_refused_in_words(client):
    issue = draft()
    assert "disabled" in client.get(address(issue, "envoi")).text
    answer = client.post(address(issue, "envoi"), data={"at": ""})
    assert answer.status_code == 422
    assert "Personne n’est abonné à RESA’CLIC pour le moment." in answer.text
    assert issue.is_draft


def test_an_empty_number_is_refused_in_words(client):
    issue = draft(news=0)
    subscriber()
    answer = client.post(address(issue, "envoi"), data={"at": ""})
    assert answer.status_code == 422
    assert "Ce numéro ne contient rien" in answer.text
    assert issue.is_draft


def test_a_scheduled_number_is_called_back_and_may_change_again(client):
    issue = decided()
    for _ in range(2):
        answer = client.post(address(issue, "annulation"))
        assert answer.location == f"/gestion/lettres/numeros/{issue.id}"
        assert (issue.is_draft, issue.scheduled_at, issue.content) == (True, None, None)


def test_what_has_begun_to_leave_is_not_called_back(client):
    issue = decided()
    issue.started_at = now()
    answer = client.post(address(issue, "annulation"))
    assert answer.status_code == 409
    assert "ne peut plus être annulé" in answer.text
    assert not issue.is_draft


def leaving(states):
    """A number on its way, with one recipient for each of these states."""
    issue = decided(at=now() - timedelta(minutes=1))
    issue.started_at = now()
    for state in states:
        pending = state in (State.QUEUED, State.SENDING, State.DEFERRED)
        db.session.add(
            Delivery(
                issue=issue,
                subscription=subscriber(),
                state=state,
                response="550 <inconnu>",
                next_try_at=now() if pending else None,
                settled_at=None if pending else now(),
            )
        )
    db.session.commit()
    return issue


def test_progress_counts_every_state(client):
    issue = leaving([State.SENT, State.SENT, State.QUEUED, State.FAILED, State.DEFERRED])
    said = client.get(address(issue, "suivi.json")).json
    assert said == dict.fromkeys([state.value for state in State], 0) | {
        "total": 5, "settled": 3, "is_over": False, "is_started": True, "is_paused": False,
        "pace": said["pace"],
        "sent": 2, "queued": 1, "failed": 1, "deferred": 1,
    }  # fmt: skip
    page = client.get(address(issue, "suivi")).text
    assert "550 &lt;inconnu&gt;" in page
    assert "nouvel essai" in page
    assert "js/progress.js" in page


def test_what_stands_in_the_way_is_said(client):
    issue = leaving([State.QUEUED])
    issue.trouble = "Le serveur d’envoi ne répond <b>pas</b>."
    assert "Le serveur d’envoi ne répond &lt;b&gt;pas&lt;/b&gt;." in client.get(
        address(issue, "suivi")
    ).text  # fmt: skip


def test_a_number_wholly_sent_says_when_and_moves_no_more(client):
    issue = leaving([State.SENT])
    issue.sent_at = now()
    page = client.get(address(issue, "suivi")).text
    assert "data-progress" not in page
    assert 'href="/lettres/resaclic/1"' in page


def test_who_only_reads_watches_without_buttons(signed_in):
    page = signed_in(luc()).get(address(decided(), "suivi")).text
    assert "partira" in page
    assert "Annuler l’envoi" not in page


def test_watching_costs_the_same_for_many_rows(client):
    states = (State.FAILED, State.DEFERRED, State.BOUNCED, State.SUPPRESSED)
    issue = leaving(states)
    few = cost(client, address(issue, "suivi"))
    for number, state in enumerate(states * 13):
        pending = state is State.DEFERRED
        db.session.add(
            Delivery(
                issue=issue,
                subscription=subscriber(),
                state=state,
                doubted_at=now() if number % 3 == 0 else None,
                next_try_at=now() if pending else None,
            )
        )
    db.session.commit()
    assert cost(client, address(issue, "suivi")) == few


def test_the_page_says_how_fast_and_until_when(client):
    issue = leaving([State.SENT] * 4 + [State.QUEUED] * 8)
    issue.started_at = now() - timedelta(minutes=2)
    minute = (now() - timedelta(minutes=1)).replace(second=0, microsecond=0)
    db.session.add(Pulse(issue_id=issue.id, minute=minute, count=4))
    db.session.flush()
    found = progress_of(issue, minute + timedelta(minutes=1))
    assert (found.per_minute, found.ends_at) == (4, minute + timedelta(minutes=3))
    page = client.get(address(issue, "suivi")).text
    assert re.search("[1-4]\u00a0messages? par minute\u00a0; fin prévue", page)


def test_a_delivery_is_paused_resumed_and_stopped_from_its_page(client):
    issue = leaving([State.SENT, State.QUEUED])
    page = client.get(address(issue, "suivi")).text
    assert ("Mettre en pause" in page, "Reprendre l’envoi" in page) == (True, False)
    for _ in range(2):
        answer = client.post(address(issue, "pause"), data={"pause": "1"})
        assert (answer.location, issue.paused_at is None) == (address(issue, "suivi"), False)
    page = client.get(address(issue, "suivi")).text
    assert "En pause depuis" in page
    assert "Reprendre l’envoi" in page
    client.post(address(issue, "pause"), data={"pause": "0"})
    assert issue.paused_at is None
    assert "1\u00a0destinataire attend encore" in client.get(address(issue, "arret")).text
    assert issue.cancelled_at is None, "a GET asks"
    for _ in range(2):
        answer = client.post(address(issue, "arret"))
        assert (answer.location, issue.cancelled_at is None) == (address(issue, "suivi"), False)
    page = client.get(address(issue, "suivi")).text
    assert "Mettre en pause" not in page
    assert "arrêté en chemin" in page


@pytest.mark.parametrize("end", ["pause", "arret"])
def test_what_does_not_leave_is_neither_paused_nor_stopped(client, end):
    issue = decided()
    assert client.post(address(issue, end)).status_code == 409
    assert (issue.paused_at, issue.cancelled_at) == (None, None)


def test_those_who_did_not_get_it_are_tried_again(client):
    issue = leaving([State.SENT, State.FAILED, State.FAILED])
    given_up = db.session.scalars(sa.select(Delivery).order_by(Delivery.id.desc())).first()
    given_up.given_up_at = issue.sent_at = now()
    page = client.get(address(issue, "suivi")).text
    assert page.index("Abandonnés") < page.index("Refusés")
    answer = client.post(address(issue, "renvoi"), data={"qui": "abandonnes"})
    assert answer.location == address(issue, "suivi")
    assert Delivery.counts(issue)[State.QUEUED] == Delivery.counts(issue)[State.FAILED] == 1
    assert (given_up.state, issue.sent_at) == (State.QUEUED, None)


def test_those_who_perhaps_got_it_twice_are_named(client):
    issue = leaving([State.SENT, State.SENT])
    first, second = db.session.scalars(sa.select(Delivery).order_by(Delivery.id))
    first.doubted_at = now()
    doubted = client.get(address(issue, "suivi")).text.partition("Peut-être reçu deux fois")[2]
    assert first.subscription.email in doubted
    assert second.subscription.email not in doubted


def test_quiet_hours_are_said_before_and_while_it_leaves(client):
    db.session.add(
        Courtesy(
            connections=2, spares_weekends=True, quiet_from=time(0), quiet_until=time(23, 59, 59)
        )
    )
    issue = leaving([State.QUEUED])
    assert "Heures calmes" in client.get(address(issue, "suivi")).text
    other = draft()
    assert "Ce sont vos heures calmes" in client.get(address(other, "envoi")).text
