"""The letters as visitors see them: archive, subscription, leaving."""

import re
from datetime import date, timedelta
from email import message_from_bytes, policy
from urllib.parse import urlsplit

import feedparser
import pytest
import sqlalchemy as sa
from factories import item, resaclic, save, subscriber

from crm.db import db, now
from crm.mail import Mail
from crm.newsletter.compose import compose
from crm.newsletter.content import freeze
from crm.newsletter.feeds.pictures import keep
from crm.newsletter.readers import links
from crm.newsletter.subscriptions import Basis, Consent, Subscription

FORM = {"email": "Chloe@Example.org", "publications": "resaclic", "first_name": "Chloé"}


def path(url):
    return urlsplit(url).path


def sent_issue(**values):
    item(title="Un « titre » & <b>du code</b>", **values)
    issue = compose(resaclic(), date(2026, 3, 3))
    freeze(issue, now())
    issue.scheduled_at = issue.started_at = issue.sent_at = now()
    return issue


def mails():
    return [
        message_from_bytes(mail.message, policy=policy.default)
        for mail in db.session.scalars(sa.select(Mail).order_by(Mail.id))
    ]


def test_subscribing_asks_the_address_first(visitor):
    answer = visitor.post("/lettres/inscription", data=FORM)
    assert answer.status_code == 200
    assert "Plus qu’une étape" in answer.text
    found = Subscription.of(resaclic(), "chloe@example.org")
    assert (found.is_active, found.first_name) == (False, "Chloé")
    [mail] = mails()
    assert mail["To"] == "chloe@example.org"
    address = path(links.confirm_url(found.id))
    assert address in mail.get_body(("plain",)).get_content()

    assert visitor.get(address).status_code == 200
    assert not found.is_active, "a GET changes nothing"
    assert "C’est fait" in visitor.post(address).text
    assert found.is_active
    [proof] = found.consents
    assert proof.basis is Basis.FORM
    assert proof.source == "formulaire public, version 1"
    assert proof.wording.startswith("J’accepte de recevoir RESA’CLIC par courriel")
    assert proof.given_at < proof.confirmed_at


def test_the_words_kept_are_the_words_shown(visitor):
    shown = visitor.get("/lettres/inscription").text
    visitor.post("/lettres/inscription", data=FORM | {"publications": ["resaclic", "lettre"]})
    [first, _] = db.session.scalars(sa.select(Consent)).all()
    assert first.wording in shown


def test_asking_again_and_again_writes_once(visitor):
    for _ in range(5):
        visitor.post("/lettres/inscription", data=FORM)
    assert len(mails()) == 1
    assert db.session.scalar(sa.select(sa.func.count(Consent.id))) == 1


def test_a_subscriber_and_a_stranger_get_the_same_answer(visitor):
    subscriber("connue@example.org").consents[0].given_at = now() - timedelta(days=9)
    answers = [
        visitor.post("/lettres/inscription", data=FORM | {"email": email}).text.replace(email, "")
        for email in ("connue@example.org", "inconnue@example.org")
    ]
    # The moment at which a form was shown, in seconds, is in the page.
    assert re.sub(r"=1\d{9}\b", "", answers[0]) == re.sub(r"=1\d{9}\b", "", answers[1])


def test_a_robot_is_thanked_and_forgotten(visitor):
    answer = visitor.post("/lettres/inscription", data=FORM | {"nickname": "x"})
    assert "Plus qu’une étape" in answer.text
    assert (mails(), Subscription.at("chloe@example.org")) == ([], [])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"email": ""}, "Ce champ est à remplir."),
        ({"email": "chloe@"}, "Cette adresse n’est pas complète"),
        ({"email": "a" * 100_000}, "254 caractères au plus."),
        ({"email": "x@example.org\r\nBcc: y@example.org"}, "Cette adresse n’est pas complète"),
        ({"publications": []}, "Cochez au moins une lettre."),
        ({"publications": "inconnue"}, "Choisissez dans la liste."),
        ({"last_name": "x" * 100_000}, "100 caractères au plus."),
    ],
)
def test_a_wrong_form_comes_back_with_what_was_typed(visitor, changes, words):
    answer = visitor.post("/lettres/inscription", data=FORM | changes)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="Chloé"' in answer.text
    assert 'aria-invalid="true"' in answer.text or "<fieldset" in answer.text
    assert mails() == []


def test_leaving_asks_on_get_and_acts_on_post(visitor):
    subscription = subscriber("chloe@example.org")
    address = path(links.leave_url(subscription.id))
    assert "Ne plus envoyer RESA’CLIC à chloe@example.org" in visitor.get(address).text
    assert subscription.is_active
    answer = visitor.post(address)
    assert "ne recevra plus RESA’CLIC" in answer.text
    assert subscription.left_at is not None
    first = subscription.left_at
    visitor.post(address)
    assert subscription.left_at == first, "the first moment stays"


def test_one_click_from_a_mail_server_acts_without_cookie_session_or_redirect(visitor):
    subscription = subscriber()
    answer = visitor.post(
        path(links.leave_url(subscription.id)),
        data="List-Unsubscribe=One-Click",
        content_type="application/x-www-form-urlencoded",
        headers={"Origin": "https://webmail.example", "Sec-Fetch-Site": "cross-site"},
    )
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    assert "Set-Cookie" not in answer.headers
    assert subscription.left_at is not None


def test_leaving_everything_at_once(visitor):
    from crm.newsletter.issues import Publication

    first = subscriber("chloe@example.org")
    other = subscriber("chloe@example.org", Publication.named("lettre"))
    address = path(links.leave_url(first.id))
    assert "reçoit encore La Lettre" in visitor.post(address).text
    visitor.post(address, data={"tout": "1"})
    assert other.left_at is not None


def test_coming_back_keeps_a_new_proof(visitor):
    subscription = subscriber()
    subscription.unsubscribe()
    visitor.post(path(links.confirm_url(subscription.id)))
    assert subscription.is_active
    assert [proof.source for proof in subscription.consents] == [
        "test",
        "retour par lien personnel",
    ]


@pytest.mark.parametrize("page", ["confirmation", "preferences", "desinscription"])
@pytest.mark.parametrize("token", ["x", "AAAA", "é", "a" * 300])
def test_a_link_cut_short_is_said(visitor, page, token):
    answer = visitor.get(f"/lettres/{page}/{token}")
    assert answer.status_code == 404
    assert "Ce lien personnel est incomplet." in answer.text


def test_a_link_opens_one_door_only(visitor):
    token = links.preferences_token(subscriber().id)
    assert visitor.get(f"/lettres/desinscription/{token}").status_code == 404


def test_preferences_are_one_s_own_and_kept(visitor):
    subscription = subscriber("chloe@example.org")
    address = path(links.preferences_url(subscription.id))
    answer = visitor.post(address, data={"first_name": " Chloé ", "department": "69"})
    assert "Vos préférences sont enregistrées." in answer.text
    assert (subscription.first_name, subscription.department) == ("Chloé", "69")
    assert visitor.post(address, data={"department": "999"}).status_code == 422
    assert subscription.department == "69"


def test_the_archive_shows_what_has_left_and_nothing_else(visitor):
    issue = sent_issue()
    draft = compose(resaclic(), date(2026, 4, 3))
    text = visitor.get("/lettres/resaclic/").text
    assert issue.title in text
    assert draft.title not in text
    assert visitor.get("/lettres/resaclic/2").status_code == 404
    assert visitor.get("/lettres/inconnue/").status_code == 404
    page = visitor.get("/lettres/resaclic/1")
    assert page.status_code == 200
    assert "Un « titre » &amp; &lt;b&gt;du code&lt;/b&gt;" in page.text


def test_a_scheduled_issue_is_not_public_before_it_leaves(visitor):
    issue = sent_issue()
    issue.started_at = issue.sent_at = None
    assert visitor.get("/lettres/resaclic/1").status_code == 404


def test_the_feed_is_atom_that_a_reader_reads(visitor):
    sent_issue()
    answer = visitor.get("/lettres/resaclic/flux.xml")
    assert answer.mimetype == "application/atom+xml"
    feed = feedparser.parse(answer.data)
    assert not feed.bozo
    [entry] = feed.entries
    assert entry.link == "http://127.0.0.1:8000/lettres/resaclic/1"
    assert entry.title.startswith("RESA’CLIC n°\u00a01")


def test_a_picture_is_kept_a_year_and_readable_from_a_webmail(visitor):
    from feed_server import picture

    kept = save(keep(picture()))
    answer = visitor.get(f"/lettres/images/{kept.filename}")
    assert answer.mimetype == kept.media_type
    assert answer.data == kept.content
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert visitor.get("/lettres/images/rien.jpeg").status_code == 404


def test_the_home_page_opens_the_letters(visitor):
    issue = sent_issue()
    text = visitor.get("/").text
    assert issue.title in text
    assert 'href="/lettres/inscription"' in text
