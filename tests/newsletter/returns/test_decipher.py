"""What a message that came back says: samples as servers write them, then anything at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from returned import NAMES, SAMPLES

from crm.newsletter.bounces import Kind
from crm.newsletter.returns.decipher import parse, read
from crm.newsletter.returns.verdicts import status_of, verdict


def told(name):
    raw = (SAMPLES / f"{name}.eml").read_bytes().replace(b"@RECIPIENT@", b"chloe@example.org")
    return read(parse(raw))


@pytest.mark.parametrize("name", NAMES)
def test_each_server_is_understood(name):
    """The beginning of its name is what a sample says."""
    expected = name.partition("-")[0]
    assert [one.kind.value for one in told(name)] == ([] if expected == "none" else [expected])


@pytest.mark.parametrize("name", [n for n in NAMES if not n.startswith(("none", "complaint"))])
def test_the_recipient_and_the_status_are_read(name):
    [one] = told(name)
    assert one.recipient == "chloe@example.org"
    status = name.split("-")[1]
    if status[0].isdigit() and status not in ("5.0.0", "5.2.2"):
        assert one.status == status
    assert one.happened_at is not None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("hard-5.1.1-postfix", "550 5.1.1 <chloe@example.org>: Recipient address rejected: User "
         "unknown in virtual mailbox table"),
        ("hard-exim", "Unrouteable address"),
        ("hard-orange-unknown", "550 5.1.1 Adresse d au moins un destinataire invalide. Invalid "
         "recipient. ofr_416 [416]"),
        ("complaint-arf", "signalement de Boucle/1.0"),
    ],
)  # fmt: skip
def test_the_server_s_own_words_are_kept(name, words):
    assert told(name)[0].words == words


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        ("5.1.1", "user unknown", Kind.HARD),
        ("5.1.2", "host not found", Kind.HARD),
        ("5.1.8", "sender domain does not exist", Kind.BLOCKED),
        ("5.2.1", "mailbox disabled", Kind.HARD),
        ("5.2.1", "user over quota", Kind.SOFT),
        ("5.2.2", "", Kind.SOFT),
        ("5.3.0", "no such user here", Kind.HARD),
        ("5.3.4", "message size exceeds limit", Kind.BLOCKED),
        ("5.4.7", "delivery time expired", Kind.SOFT),
        ("5.5.0", "Requested action not taken: mailbox unavailable", Kind.HARD),
        ("5.7.1", "listed at Spamhaus", Kind.BLOCKED),
        ("5.7.1", "recipient unknown", Kind.HARD),
        ("5.7.1", "", Kind.BLOCKED),
        ("5.0.0", "", Kind.HARD),
        ("4.1.1", "user unknown", Kind.SOFT),
        ("4.7.1", "greylisted", Kind.SOFT),
        ("550", "non", Kind.HARD),
        ("550", "rejected by our spam filter", Kind.BLOCKED),
        ("552", "quota dépassé", Kind.SOFT),
        ("554", "transaction failed", Kind.BLOCKED),
        ("554", "no such user", Kind.HARD),
        ("451", "user unknown", Kind.SOFT),
        ("", "cette adresse n’existe pas", Kind.HARD),
        ("", "la boîte est pleine", Kind.SOFT),
        ("", "merci pour cette lettre", None),
    ],
)
def test_hard_and_soft_are_told_apart(status, words, kind):
    assert verdict(status, words) is kind


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("550 5.1.1 inconnu", "5.1.1"),
        ("554 5.0.0 Service unavailable; 550 5.7.1 refused", "5.7.1"),
        ("550 non", "550"),
        ("host[192.0.5.4.1] said: 550-5.2.2", "5.2.2"),
        ("192.0.2.25:25 est fermé depuis 2 heures", ""),
        ("250 2.0.0 Ok", ""),
    ],
)
def test_the_most_telling_status_is_taken(text, status):
    assert status_of(text) == status


LINES = st.sampled_from(
    [
        b"From: MAILER-DAEMON@x", b"Subject: failure", b"Status: 5.1.1", b"",
        b"Content-Type: multipart/report; boundary=b; report-type=delivery-status",
        b"--b", b"--b--",
        b"Content-Type: message/delivery-status", b"Content-Type: message/feedback-report",
        b"Content-Transfer-Encoding: base64", b"Final-Recipient: rfc822; a@b.org",
        b"Action: failed", b"Feedback-Type: abuse", b"Content-Type: text/html; charset=inconnu",
        b"Date: Mon, 99 Foo 99999 99:99:99 +9999", b"Diagnostic-Code: smtp; 550",
        b"Subject: =?utf-8?b?@@@?=", b"Return-Path: <>", b"Content-Type: message/rfc822",
        b"X-Failed-Recipients: <",
        b"Content-Type: multipart/mixed; boundary=\"", b"\xff\xfe\x00",
    ]
)  # fmt: skip


@settings(max_examples=150)
@given(st.one_of(st.binary(max_size=400), st.lists(st.one_of(LINES, st.binary(max_size=30)))))
def test_nothing_that_comes_in_breaks_the_reading(made):
    raw = made if isinstance(made, bytes) else b"\n".join(made)
    for one in read(parse(raw)):
        assert isinstance(one.kind, Kind)
        assert len(one.words) <= 500
        assert len(one.status) <= 20
        one.words.encode()
