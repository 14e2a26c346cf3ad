"""One door for news: proposed by anybody, answered with a word, forgotten in time."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
import sqlalchemy as sa
from factories import awa, in_days, item, save

from crm.config import Settings
from crm.db import db, now
from crm.filters import today
from crm.mail import Mail
from crm.newsletter import authors, propose
from crm.newsletter.items import Item, Kind
from crm.newsletter.propose import accept, alike, forget_authors
from crm.newsletter.propositions import Answer, Proposition
from crm.newsletter.readers import personal
from crm.personal import Who
from crm.spam import stamp

FORM, DESK = "/lettres/proposer/", "/gestion/lettres/propositions"


def typed(**values):
    return {
        "kind": "event", "title": "Forum du Drac", "summary": "Un forum ouvert à toutes et tous.",
        "url": "https://forum.example.org/2027", "organisation": "Les Semeurs", "place": "Grenoble",
        "department": "38", "starts_on": in_days(20, today()).isoformat(),
        "ends_on": in_days(21, today()).isoformat(), "name": "Zoé Léger",
        "email": "Zoe@example.org", "consent": "1", "key": "abc",
        "drawn": stamp(now() - timedelta(seconds=30)),
    } | values  # fmt: skip


def proposed(**values) -> Proposition:
    values = {
        "kind": Kind.EVENT, "title": "Forum du Drac", "summary": "Un forum.", "name": "Zoé Léger",
        "url": "https://forum.example.org/2027", "email": "zoe@example.org",
    } | values  # fmt: skip
    return save(propose.propose(values))


def one() -> Proposition:
    return db.session.scalars(sa.select(Proposition)).one()


def test_a_proposition_is_kept_whole_and_feeds_the_inbox(visitor, signed_in):
    answer = visitor.post(FORM, data=typed())
    assert answer.status_code == 303
    assert "Merci" in visitor.get(answer.location).text
    found = one()
    assert (found.title, found.kind, found.department) == ("Forum du Drac", Kind.EVENT, "38")
    assert found.email == "zoe@example.org"
    assert "trois mois" in found.consent_text
    assert found.canonical_url == "forum.example.org/2027"
    assert found.suspected_at is None
    client = signed_in(awa())
    assert "Forum du Drac" in client.get(f"{DESK}/").text
    assert "Répondre à 1\u00a0proposition" in client.get("/gestion/").text


def test_a_button_pressed_twice_proposes_once(visitor):
    for _ in range(2):
        assert visitor.post(FORM, data=typed()).status_code == 303
    assert one().key == "abc"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": ""}, "title"),
        ({"kind": "rumeur"}, "kind"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "https://a b.example.org"}, "url"),
        ({"email": "zoe@"}, "email"),
        ({"consent": ""}, "consent"),
        ({"title": "x" * 301}, "title"),
        ({"summary": "x" * 3001}, "summary"),
        ({"ends_on": "2020-01-01", "starts_on": ""}, "ends_on"),
        ({"ends_on": "demain"}, "ends_on"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(visitor, values, field):
    answer = visitor.post(FORM, data=typed(**values))
    assert answer.status_code == 422
    assert f'id="{field}-erreur"' in answer.text
    assert db.session.scalar(sa.select(sa.func.count(Proposition.id))) == 0


def test_markup_stays_text(visitor, signed_in):
    title = "<script>alert(1)</script> {{7*7}} <mj-raw>"
    visitor.post(FORM, data=typed(title=title))
    page = signed_in(awa()).get(f"{DESK}/{one().id}").text
    assert "<script>alert(1)" not in page
    assert "{{7*7}}" in page


def test_robots_are_kept_apart_and_someone_says_what_they_are(visitor, signed_in):
    visitor.post(FORM, data=typed(nickname="Bob"))
    assert one().suspected_at is not None
    client = signed_in(awa())
    assert "Forum du Drac" not in client.get(f"{DESK}/").text
    assert "Forum du Drac" in client.get(f"{DESK}/?etat=douteuses").text
    client.post(f"{DESK}/{one().id}/robot", data={"geste": "garder"})
    assert (one().suspected_at, one().suspicion) == (None, "")
    assert client.post(f"{DESK}/{one().id}/robot").status_code == 409


def test_a_robot_is_thrown_away(visitor, signed_in):
    visitor.post(FORM, data=typed(nickname="Bob"))
    signed_in(awa()).post(f"{DESK}/{one().id}/robot", data={"geste": "jeter"})
    assert db.session.scalar(sa.select(sa.func.count(Proposition.id))) == 0


def test_what_looks_the_same_is_shown_the_same_page_first(app):
    same = item(Kind.EVENT, title="Autre titre", url="https://forum.example.org/2027",
                canonical_url="forum.example.org/2027")  # fmt: skip
    close = item(Kind.EVENT, title="Le forum du Drac, édition d’hiver")
    item(Kind.EVENT, title="Assemblée générale")
    old = item(Kind.EVENT, title="Forum du Drac")
    old.seen_at = now() - timedelta(days=400)
    assert alike(proposed()) == [same, close]


def test_accepted_it_is_an_item_of_its_kind_and_its_author_knows(app, signed_in):
    found = proposed(ends_on=in_days(3, today()))
    db.session.commit()
    answer = signed_in(awa()).post(f"{DESK}/{found.id}/accord")
    made = db.session.scalars(sa.select(Item)).one()
    assert answer.location.endswith(f"/gestion/lettres/contenus/{made.id}")
    assert (made.kind, made.title, made.ends_on) == (Kind.EVENT, found.title, found.ends_on)
    assert made.canonical_url == "forum.example.org/2027"
    assert (found.answer, found.answered_by.email) == (Answer.ACCEPTED, "awa@example.org")
    mail = db.session.scalars(sa.select(Mail)).one()
    assert mail.recipient == "zoe@example.org"
    assert "nous la gardons" in content(mail)


def content(mail: Mail) -> str:
    message = message_from_bytes(mail.message, policy=policy.default)
    return message.get_body(("plain",)).get_content()


def test_refused_the_word_goes_to_its_author(app, signed_in):
    found = proposed()
    db.session.commit()
    client = signed_in(awa())
    assert client.post(f"{DESK}/{found.id}/refus", data={"word": ""}).status_code == 422
    client.post(f"{DESK}/{found.id}/refus", data={"word": "C’est hors de la région."})
    assert (found.answer, found.word) == (Answer.REFUSED, "C’est hors de la région.")
    mail = db.session.scalars(sa.select(Mail)).one()
    assert "C’est hors de la région." in content(mail)
    assert db.session.scalar(sa.select(sa.func.count(Item.id))) == 0


def test_known_already_its_author_is_thanked(app, signed_in):
    known, found = item(), proposed()
    db.session.commit()
    client = signed_in(awa())
    client.post(f"{DESK}/{found.id}/doublon", data={"contenu": str(known.id)})
    assert (found.answer, found.item) == (Answer.KNOWN, known)
    assert client.post(f"{DESK}/{found.id}/accord").status_code == 409, "one answer only"
    assert client.post(f"{DESK}/{found.id}/doublon", data={"contenu": "x"}).status_code == 404


def test_authors_are_forgotten_in_time(app):
    old, recent, never, robot = (proposed(title=name, key=None) for name in "abcd")
    accept(old, awa())
    accept(recent, old.answered_by)
    old.answered_at = now() - timedelta(days=91)
    never.created_at = now() - timedelta(days=366)
    robot.suspected_at = now() - timedelta(days=31)
    db.session.commit()
    forget_authors()
    db.session.commit()
    left = {one.title: one.email for one in db.session.scalars(sa.select(Proposition))}
    assert left == {"a": "", "b": "zoe@example.org", "c": ""}


def test_someone_is_found_told_and_forgotten(app):
    proposed()
    who = Who(emails=frozenset({"zoe@example.org"}))
    [trace] = authors.find("zoé léger")
    assert personal.resolve("proposition", one().id) == who
    assert trace.key == personal.row_at("zoe@example.org")
    [kept] = authors.disclose(who)
    assert kept.facts["Courriel"] == "zoe@example.org"
    assert any("1\u00a0proposition" in words for words in personal.foresee(who))
    personal.erase(who, Settings.current().keys, objects=False)
    assert (one().email, one().name, one().title) == ("", "", "Forum du Drac")


def test_too_many_posts_are_refused(visitor):
    codes = [
        visitor.post(FORM, data=typed(key=str(n), title=f"Titre {n}")).status_code
        for n in range(61)
    ]
    assert codes[-1] == 429
    assert set(codes[:-1]) == {303}


def test_the_form_is_framed_where_it_is_allowed(visitor, setting):
    setting(embed_origins=("https://site.example.org",))
    page = visitor.get(f"{FORM}?cadre=1")
    assert (
        "frame-ancestors 'self' https://site.example.org" in page.headers["Content-Security-Policy"]
    )
    assert "public-header" not in page.text
