"""Figures without spying: clicks for everybody together, robots apart, opens for who agrees."""

import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
import sqlalchemy as sa
from factories import awa, item, resaclic, save, subscriber
from sending import deliver
from smtp_server import collector

from crm.db import db, now
from crm.newsletter.clicks import Click, Link
from crm.newsletter.compose import compose
from crm.newsletter.counting import count
from crm.newsletter.counting.count import Asked, Hit, figures, judge, settle_clicks
from crm.newsletter.deliveries import Delivery
from crm.newsletter.delivery import schedule
from crm.newsletter.issues import Issue, Opens
from crm.newsletter.readers import links
from crm.newsletter.subscriptions import Basis, Purpose, Subscription

BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept-Language": "fr",
}
CALL = "https://fonds.example.org/appel?an=2026&lieu=Lyon"
CHLOE, LUC = "chloe@example.org", "luc@example.org"


@pytest.fixture
def send(app, setting):
    """Send a number with these contents; gives it, and what each recipient received."""

    def go(*, opens: Opens = Opens.NONE, **values):
        if not db.session.scalar(sa.select(sa.func.count(Subscription.id))):
            subscriber(CHLOE)
        resaclic().opens = opens
        for name, value in values.items():
            setattr(resaclic(), name, value)
        item(title="Un appel à projets", url=CALL)
        item(title="Une autre nouvelle", url="https://ailleurs.example.org/2")
        issue = compose(resaclic(), now().date())
        issue.editorial = (
            "Voir [la page](https://site.example.org/page) et https://libre.example.org."
        )
        schedule.schedule(issue, now() - timedelta(seconds=1))
        with collector() as (url, received):
            setting(smtp_url=url)
            deliver()
        mails = {to: message_from_bytes(raw, policy=policy.default) for to, raw in received}
        return db.session.get_one(Issue, issue.id), mails

    return go


def html(mail) -> str:
    return mail.get_body(("html",)).get_content()


def through_us(mail) -> list[str]:
    address = r'href="http://127\.0\.0\.1:8000(/lettres/resaclic/\d+/vers/\d+)"'
    return list(dict.fromkeys(re.findall(address, html(mail))))


def picture(mail) -> str:
    return re.search(r'src="http://127.0.0.1:8000(/lettres/[^"]*ouverture[^"]*)"', html(mail))[1]


def told(issue) -> dict[str, tuple[int, int]]:
    db.session.expire_all()
    return {
        figure.link.url: (figure.people, figure.robots)
        for figure in figures(issue)
        if figure.people or figure.robots
    }


def test_every_reader_has_the_same_links(send):
    subscriber(CHLOE), subscriber(LUC)
    issue, mails = send()
    assert through_us(mails[CHLOE]) == through_us(mails[LUC])
    assert len(through_us(mails[CHLOE])) == 4
    kept = db.session.scalars(Link.of(issue.id)).all()
    assert {link.url for link in kept} == {
        CALL,
        "https://ailleurs.example.org/2",
        "https://site.example.org/page",
        "https://libre.example.org",
    }
    assert CALL not in html(mails[CHLOE]).replace("&amp;", "&")
    personal = {CHLOE: links.leave_token(1), LUC: links.leave_token(2)}
    assert not [token for token in personal.values() if token in "".join(through_us(mails[LUC]))]


def test_the_text_part_shows_where_it_leads(send):
    subscriber(CHLOE)
    _, mails = send()
    assert CALL in mails[CHLOE].get_body(("plain",)).get_content()


def test_a_publication_may_count_nothing(send):
    subscriber(CHLOE)
    issue, mails = send(counts_clicks=False)
    assert through_us(mails[CHLOE]) == []
    assert db.session.scalars(Link.of(issue.id)).all() == []


def test_a_link_leads_where_it_was_sent_and_is_counted(send, visitor):
    subscriber(CHLOE)
    issue, mails = send()
    call = db.session.scalars(Link.of(issue.id).where(Link.url == CALL)).one()
    address = f"/lettres/resaclic/{issue.number}/vers/{call.rank}"
    assert address in through_us(mails[CHLOE])
    answer = visitor.get(address, headers=BROWSER)
    assert (answer.status_code, answer.location) == (302, CALL)
    assert "Set-Cookie" not in answer.headers
    assert told(issue) == {CALL: (1, 0)}


def test_the_same_person_counts_once_and_another_one_more(send, visitor):
    issue, _ = send()
    for agent in ("Firefox", "Firefox", "Safari"):
        visitor.get(
            f"/lettres/resaclic/{issue.number}/vers/1", headers=BROWSER | {"User-Agent": agent}
        )
    assert list(told(issue).values()) == [(2, 0)]


@pytest.mark.parametrize("rank", ["0", "99", "1?url=https://mal.example.org", "https://x"])
def test_no_link_leads_anywhere_else(send, visitor, rank):
    issue, _ = send()
    answer = visitor.get(f"/lettres/resaclic/{issue.number}/vers/{rank}", headers=BROWSER)
    assert "mal.example.org" not in answer.headers.get("Location", "")
    assert answer.status_code == (302 if rank.startswith("1?") else 404)


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}),
        ("GET", {"User-Agent": "python-requests/2.32"}),
        ("GET", {"User-Agent": ""}),
        ("GET", {"Accept-Language": ""}),
        ("GET", {"Sec-Purpose": "prefetch"}),
    ],
)
def test_who_says_to_be_a_robot_is_set_apart(send, visitor, method, headers):
    issue, _ = send()
    address = f"/lettres/resaclic/{issue.number}/vers/1"
    answer = visitor.open(address, method=method, headers=BROWSER | headers)
    assert answer.status_code == 302
    assert list(told(issue).values()) == [(0, 1)]


@pytest.mark.parametrize(
    ("minutes", "seconds", "people", "robots"),
    [
        (60, [0, 1, 2, 3], 0, 4),  # four links in three seconds: nobody reads so fast
        (60, [0, 20, 40, 60], 4, 0),
        (60, [0, 5], 2, 0),
        (1, [0, 5], 0, 2),  # just after the issue left, two at once are a gateway
        (1, [0], 1, 0),
        (1, [0, 30], 2, 0),
    ],
)
def test_many_links_at_once_are_a_robot(minutes, seconds, people, robots):
    sent_at = now()
    issue = Issue(sent_at=sent_at)
    hits = [
        Hit(number, "v", sent_at + timedelta(minutes=minutes, seconds=second), False)
        for number, second in enumerate(seconds)
    ]
    found = judge(hits, issue)
    assert tuple(sum(count_.values()) for count_ in found) == (people, robots)


def test_after_an_hour_only_numbers_remain(send, visitor):
    issue, _ = send()
    address = f"/lettres/resaclic/{issue.number}/vers/1"
    visitor.get(address, headers=BROWSER)
    visitor.head(address, headers=BROWSER | {"User-Agent": "curl"})
    before = told(issue)
    settle_clicks()
    assert db.session.scalar(sa.select(sa.func.count(Click.id))) == 2
    db.session.execute(sa.update(Click).values(at=now() - timedelta(minutes=61)))
    settle_clicks()
    assert db.session.scalar(sa.select(sa.func.count(Click.id))) == 0
    assert told(issue) == before == {next(iter(before)): (1, 1)}


def test_a_visitor_is_another_one_tomorrow():
    asked = Asked("192.0.2.1", "Firefox", languages="fr")
    today = asked.visitor("clef", now())
    assert today == asked.visitor("clef", now())
    assert today != asked.visitor("clef", now() + timedelta(days=1))
    assert today != asked._replace(address="192.0.2.2").visitor("clef", now())
    assert "192" not in today


def test_a_reader_arrives_even_when_nothing_can_be_counted(send, visitor, monkeypatch):
    issue, _ = send()

    def busy(*_):
        raise sa.exc.OperationalError("", {}, Exception("database is locked"))

    monkeypatch.setattr(count, "click", busy)
    answer = visitor.get(f"/lettres/resaclic/{issue.number}/vers/1", headers=BROWSER)
    assert answer.status_code == 302


def test_nothing_is_measured_of_who_opens_by_default(send):
    subscriber(CHLOE)
    _, mails = send()
    assert "ouverture" not in html(mails[CHLOE])


def test_totals_are_the_same_picture_for_everybody(send, visitor):
    subscriber(CHLOE), subscriber(LUC)
    issue, mails = send(opens=Opens.TOTALS)
    [source] = {picture(mail) for mail in mails.values()}
    answer = visitor.get(source, headers=BROWSER)
    assert (answer.mimetype, len(answer.data)) == ("image/gif", 43)
    visitor.get(source, headers={"User-Agent": "Googlebot"})
    db.session.refresh(issue)
    assert issue.open_count == 1


def test_only_who_agreed_is_seen_opening_and_may_change_their_mind(send, visitor):
    chloe = subscriber(CHLOE)
    subscriber(LUC)
    chloe.consent(Basis.FORM, "J’accepte.", "test", confirmed=True, purpose=Purpose.OPENS)
    _, mails = send(opens=Opens.CONSENTED)
    assert "ouverture" not in html(mails[LUC])
    source = re.search(
        r'src="http://127.0.0.1:8000(/lettres/ouverture/[^"]*)"', html(mails[CHLOE])
    )[1]
    chloe.withdraw(Purpose.OPENS)
    row = db.session.scalars(sa.select(Delivery).where(Delivery.subscription == chloe)).one()
    assert visitor.get(source, headers=BROWSER).status_code == 200
    db.session.refresh(row)
    assert row.opened_at is None, "taken back: for messages already sent too"
    chloe.consent(Basis.FORM, "J’accepte.", "test", confirmed=True, purpose=Purpose.OPENS)
    visitor.get(source, headers=BROWSER)
    db.session.refresh(row)
    assert row.opened_at is not None
    assert visitor.get("/lettres/ouverture/xyz.gif").status_code == 200


def test_the_after_page_says_it_in_a_sentence_a_picture_and_a_table(send, visitor, signed_in):
    subscriber(CHLOE)
    issue, _ = send()
    call = db.session.scalars(Link.of(issue.id).where(Link.url == CALL)).one()
    visitor.get(f"/lettres/resaclic/{issue.number}/vers/{call.rank}", headers=BROWSER)
    page = signed_in(awa()).get(f"/gestion/lettres/numeros/{issue.id}/chiffres").text
    page = page.replace("&nbsp;", "\u00a0")
    assert "1\u00a0personne l’a reçu" in page
    assert "«\u00a0Un appel à projets\u00a0»" in page
    assert '<rect class="bar-part" width="100.0"' in page
    assert "Rien n’est revenu." in page


def test_a_number_that_has_not_left_has_no_figures_and_a_page(app, signed_in):
    issue = save(compose(resaclic(), now().date()))
    page = signed_in(awa()).get(f"/gestion/lettres/numeros/{issue.id}/chiffres")
    assert "n’est pas encore parti" in page.text
