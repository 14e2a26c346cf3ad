"""Robots: a thousand posts leave ten requests at most in the queue; people are never stopped."""

from datetime import timedelta

import asking
import factories
import pytest
import sqlalchemy as sa
from asking import all_requests, filled, mails, post

from crm import proof, spam
from crm.db import db, now
from crm.requests.kinds import RequestKind
from crm.requests.queue import View, count, count_suspects
from crm.requests.submit import submit
from crm.requests.welcome import receive_new
from crm.spam import Posting, Seen, judge


def robot(number: int, address: str, **values) -> Seen:
    """A robot without a browser, that waits, changes its words and falls in no trap."""
    old = now() - timedelta(minutes=2)
    return Seen("demande", address, [f"Texte {number}"], drawn_at=old, **values)


def reasons(**values) -> list[str]:
    base = {"drawn_at": now() - timedelta(minutes=1), "payload": asking.solved()} | values
    return judge(Seen("demande", "192.0.2.1", base.pop("texts", ["Bonjour."]), **base)).reasons


def by_the_page(visitor, source, said):
    data = filled(**said, altcha="")
    answer = visitor.post("/demandes/nouvelle", data=data, environ_base={"REMOTE_ADDR": source})
    assert answer.status_code == 303


def by_the_verbs(_visitor, source, said):
    drawn = now() - timedelta(minutes=1)
    verdict = judge(Seen("demande", source, [said["need"]], drawn_at=drawn))
    assert not verdict.is_refused
    submit({"kind": RequestKind.PROJECT, **said}, suspicion=verdict.reasons)


def test_a_thousand_posts_from_everywhere_leave_ten_at_most(app, visitor):
    """The first twenty and every tenth by the page, the others by the verbs that it calls."""
    posts = 1000 if db.engine.dialect.name == "sqlite" else 100
    for number in range(posts):
        source = f"198.51.{number % 250}.{number // 250 + 1}"
        by = by_the_page if number < 20 or number % 10 == 0 else by_the_verbs
        by(visitor, source, {"need": f"Texte {number}", "email": f"robot{number}@example.org"})
    assert count(View.NEW) <= 10
    assert count(View.NEW) + count_suspects() == posts
    receive_new()
    assert len(mails()) <= 10


def test_a_flood_from_one_address_is_refused_in_words(app, visitor):
    codes = [post(visitor, altcha="", need=f"Texte {n}").status_code for n in range(70)]
    assert (codes.count(303), codes.count(429)) == (60, 10)
    assert count(View.NEW) <= 10
    page = post(visitor, altcha="").text
    assert "réessayez dans une heure" in page


def test_a_person_is_not_stopped(app, visitor):
    post(visitor)
    assert [kept.suspicion for kept in all_requests()] == [""]


def test_a_person_without_javascript_is_not_stopped(app, visitor):
    post(visitor, altcha="")
    assert [kept.suspicion for kept in all_requests()] == [""]


def test_a_class_behind_one_address_is_not_stopped(app, visitor):
    for _ in range(10):
        post(visitor)
    assert count(View.NEW) == 10


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"is_trapped": True}, "le champ caché est rempli"),
        ({"drawn_at": None}, "le formulaire n’a pas été ouvert"),
        ({"drawn_at": "now"}, "rempli en moins de 4 secondes"),
        ({"texts": ["Voir http://a.example https://b.example www.c.example"]}, "3\u00a0liens"),
        ({"texts": ["[url=x]a[/url]", "<a href='y'>", "http://z"]}, "4\u00a0liens"),
    ],
)
def test_each_sign_is_told(app, values, reason):
    if values.get("drawn_at") == "now":
        values = {"drawn_at": now()}
    assert reasons(**values) == [reason]


def test_the_same_words_again_and_again_are_noticed(app):
    found = [reasons(texts=["Achetez nos montres."]) for _ in range(4)]
    assert found[2] == []
    assert found[3] == ["le même texte a déjà été envoyé plusieurs fois"]


def test_a_network_is_counted_as_a_whole(app):
    verdicts = [judge(robot(n, f"2001:db8:1:{n}::1")) for n in range(8)]
    assert [verdict.is_suspect for verdict in verdicts] == [False] * 6 + [True] * 2
    assert "même réseau" in verdicts[-1].reasons[0]


def test_an_hour_later_everything_is_forgiven(app):
    for number in range(12):
        judge(robot(number, "192.0.2.7"))
    db.session.execute(sa.update(Posting).values(at=now() - timedelta(hours=2)))
    assert judge(robot(99, "192.0.2.7")).reasons == []


def test_addresses_are_kept_as_digests_and_for_two_days(app):
    judge(robot(1, "192.0.2.7"))
    db.session.flush()
    [kept] = db.session.scalars(sa.select(Posting))
    assert "192.0" not in f"{kept.address} {kept.network}"
    kept.at = now() - timedelta(days=3)
    db.session.flush()
    spam.forget_postings()
    assert db.session.scalar(sa.select(sa.func.count(Posting.id))) == 0


def test_a_proof_opens_one_form_once(app):
    payload = asking.solved()
    assert (proof.accept(payload), proof.accept(payload)) == (True, False)


def test_a_proof_that_was_not_worked_for_is_refused(app):
    challenge = proof.challenge(max_number=50)
    assert not proof.accept(asking.solved({**challenge, "signature": "0" * 64}))
    other = proof.challenge(max_number=50)
    forged = {**other, "signature": challenge["signature"]}
    assert not proof.accept(asking.solved(forged))


def test_a_proof_out_of_time_is_refused_and_forgotten(app, monkeypatch):
    payload, fresh = asking.solved(), asking.solved()
    assert proof.accept(fresh)
    later = now() + proof.LIFE + timedelta(minutes=1)
    monkeypatch.setattr(proof, "now", lambda: later)
    assert not proof.accept(payload)
    proof.forget_used_proofs()
    assert db.session.scalar(sa.select(sa.func.count(proof.UsedProof.id))) == 0


@pytest.mark.parametrize("payload", ["", "x", "e30=", "bnVsbA==", "W10=", "A" * 3000, "é"])
def test_nonsense_is_no_proof(app, payload):
    assert (proof.accept(payload), proof.issued_at(payload)) == (False, None)


def test_a_stamp_cannot_be_made_up(app):
    token = spam.stamp(now() - timedelta(hours=1))
    assert spam.read_stamp(token) is not None
    assert spam.read_stamp(token[:-1] + ("A" if token[-1] != "A" else "B")) is None


def test_somebody_says_what_a_suspect_is(app, visitor, signed_in):
    for number in range(2):
        post(visitor, nickname="robot", email=f"qui{number}@example.org", need=f"Envoi {number}")
    real, robot_made = all_requests()
    client = signed_in(factories.benoit())
    box = client.get("/gestion/demandes/a-verifier/").text
    assert "le champ caché est rempli" in box
    sort = "/gestion/demandes/a-verifier/tri"
    client.post(sort, data={"demande": real.id, "geste": "garder"})
    client.post(sort, data={"demande": robot_made.id, "geste": "jeter"})
    [kept] = all_requests()
    assert (kept.reference, kept.is_suspect, count(View.NEW)) == (real.reference, False, 1)
    assert len(mails("qui0@example.org")) == 1


def test_what_is_in_the_queue_cannot_be_thrown_away(app, signed_in):
    asking.asked()
    client = signed_in(factories.benoit())
    client.post("/gestion/demandes/a-verifier/tri", data={"demande": "1", "geste": "jeter"})
    assert len(all_requests()) == 1
