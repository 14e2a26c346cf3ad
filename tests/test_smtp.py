"""Handing messages over, to servers that behave and to servers that do not."""

import dataclasses
import ssl
import subprocess
from contextlib import nullcontext

import pytest
from aiosmtpd.smtp import AuthResult
from smtp_server import collector, faulty

from crm import dialogue
from crm.config import Settings
from crm.dialogue import Refused, ServerGone
from crm.smtp import connected, wire

SENDER = "lettre@example.org"
AWA, LUC, ZOE = "awa@example.org", "luc@example.org", "zoe@example.org"
MESSAGE = b"Subject: essai\r\n\r\n.un point\r\n..deux\r\n\r\nfin\r\n"


@pytest.fixture
def settings(tmp_path):
    return Settings(database_url="", queue_url="", secret_key="k" * 32, instance=tmp_path)


@pytest.fixture
def open_(settings):
    """A connection to the server at a URL, as a context."""
    return lambda url: connected(dataclasses.replace(settings, smtp_url=url))


@pytest.fixture(params=[True, False], ids=["pipelining", "one-by-one"])
def server(request):
    with faulty(pipelining=request.param) as (url, script):
        yield url, script


def test_a_message_arrives_as_it_was_written(open_):
    with collector() as (url, received), open_(url) as connection:
        assert connection.hand_over(SENDER, AWA, wire(MESSAGE)) == "250 2.0.0 pris"
        assert received == [(AWA, MESSAGE)]


def test_messages_follow_each_other_on_one_connection(server, open_):
    url, script = server
    people = [AWA, LUC, ZOE]
    with open_(url) as connection:
        for person, then in zip(people, [*people[1:], None], strict=True):
            connection.hand_over(SENDER, person, wire(MESSAGE), then and (SENDER, then))
    assert script.received == [(person, MESSAGE) for person in people]
    assert script.connections == 1


@pytest.mark.parametrize(
    ("fault", "for_good"),
    [
        ("RCPT 550 5.1.1 inconnu", True),
        ("RCPT 450 4.2.1 plus tard", False),
        ("DATA 451 4.3.0 plus tard", False),
        ("END 552 5.2.2 boîte pleine", True),
        ("END 451 4.7.1 liste grise", False),
    ],
)
def test_a_refusal_concerns_one_message_only(server, open_, fault, for_good):
    url, script = server
    script.faults[LUC] = [fault]
    with open_(url) as connection:
        connection.hand_over(SENDER, AWA, wire(MESSAGE), (SENDER, LUC))
        with pytest.raises(Refused) as refused:
            connection.hand_over(SENDER, LUC, wire(MESSAGE), (SENDER, ZOE))
        connection.hand_over(SENDER, ZOE, wire(MESSAGE))
    assert (refused.value.words, refused.value.for_good) == (fault.partition(" ")[2], for_good)
    assert script.recipients == [AWA, ZOE]
    assert script.connections == 1


def test_a_server_that_wants_a_message_for_nobody_gets_an_empty_one(open_):
    with faulty(always_data=True, faults={AWA: ["RCPT 550 non"]}) as (url, script):
        with open_(url) as connection:
            with pytest.raises(Refused):
                connection.hand_over(SENDER, AWA, wire(MESSAGE), (SENDER, LUC))
            connection.hand_over(SENDER, LUC, wire(MESSAGE))
        assert script.received == [(LUC, MESSAGE)]


def test_a_refused_sender_says_nothing_of_the_recipient(server, open_):
    url, script = server
    script.mail = ["550 5.7.1 expéditeur refusé"]
    with open_(url) as connection:
        with pytest.raises(Refused) as refused:
            connection.hand_over(SENDER, AWA, wire(MESSAGE))
        assert refused.value.for_good is False
        connection.hand_over(SENDER, AWA, wire(MESSAGE))
    assert script.recipients == [AWA]


@pytest.mark.parametrize(
    ("fault", "in_doubt"),
    [
        ("RCPT 421 4.3.2 à bientôt", False),
        ("END 421 4.3.2 à bientôt", False),
        ("CUT RCPT", False),
        ("CUT DATA", False),
        ("CUT BEFORE", True),
        ("CUT END", True),
        ("END 999 ?", True),
        ("END ???", True),
    ],
)
def test_a_server_that_goes_says_whether_the_message_is_in_doubt(server, open_, fault, in_doubt):
    url, script = server
    script.faults[AWA] = [fault]
    with open_(url) as connection, pytest.raises(ServerGone) as gone:
        connection.hand_over(SENDER, AWA, wire(MESSAGE), (SENDER, LUC))
    assert gone.value.in_doubt is in_doubt
    assert gone.value.words.startswith("421 4.3.2") is fault.endswith("bientôt")


def test_a_message_cut_in_the_middle_is_not_in_doubt(open_):
    with faulty(faults={AWA: ["CUT DURING"]}) as (url, _script), open_(url) as connection:
        with pytest.raises(ServerGone) as gone:
            connection.hand_over(SENDER, AWA, b"ligne\r\n" * 2_000_000)
        assert gone.value.in_doubt is False


def test_a_server_that_does_not_answer_is_left(open_, monkeypatch):
    monkeypatch.setattr(dialogue, "FINAL_TIMEOUT", 0.2)
    with faulty(faults={AWA: ["STALL"]}) as (url, _script), open_(url) as connection:
        with pytest.raises(ServerGone) as gone:
            connection.hand_over(SENDER, AWA, wire(MESSAGE))
        assert gone.value.in_doubt is True


def test_whoever_was_announced_gets_nothing_when_the_connection_ends(open_):
    with faulty() as (url, script):
        with open_(url) as connection:
            connection.hand_over(SENDER, AWA, wire(MESSAGE), (SENDER, LUC))
        assert script.recipients == [AWA]


@pytest.mark.parametrize("greeting", ["421 trop de monde", "554 non"])
def test_a_server_that_does_not_want_us_says_why(open_, greeting):
    with faulty(greetings=[greeting]) as (url, _), pytest.raises(ServerGone, match=greeting):
        open_(url).__enter__()


def test_no_server_is_said_in_french(open_):
    with pytest.raises(ServerGone, match="ne répond pas"), open_("smtp://127.0.0.1:1"):
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """One that its own maker alone vouches for, with its key, for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("tls")
    made, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", made],
        check=True, capture_output=True,
    )  # fmt: skip
    return made, key


@pytest.mark.parametrize("is_vouched_for", [True, False])
def test_a_certificate_that_nobody_vouches_for_gets_nothing(
    open_, certificate, monkeypatch, is_vouched_for
):
    """OWASP ASVS 12.3.2."""
    there = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    there.load_cert_chain(*certificate)
    if is_vouched_for:
        here = ssl.create_default_context(cafile=certificate[0])
        monkeypatch.setattr("crm.smtp._tls", lambda: here)
    with collector(tls_context=there) as (url, received):
        refused = nullcontext() if is_vouched_for else pytest.raises(ServerGone)
        with refused, open_(f"{url}?starttls=1") as connection:
            connection.hand_over(SENDER, AWA, wire(MESSAGE))
    assert bool(received) is is_vouched_for


def test_what_must_be_hidden_is_never_sent_in_clear(open_):
    """A server, or who stands in between, that offers no TLS gets nothing (OWASP ASVS 12.3.1)."""
    with (
        collector() as (url, received),
        pytest.raises(ServerGone),
        open_(f"{url}?starttls=1") as connection,
    ):
        connection.hand_over(SENDER, AWA, wire(MESSAGE))
    assert received == []


def test_a_password_that_is_refused_is_said(open_):
    def refuse(*_arguments):
        return AuthResult(success=False, handled=False)

    options = {"authenticator": refuse, "auth_require_tls": False}
    with collector(**options) as (url, _received):
        address = url.replace("//", "//moi:faux@")
        with pytest.raises(ServerGone, match="mot de passe"), open_(address):
            pass


def test_accented_addresses_go_where_they_are_taken(open_):
    with faulty() as (url, script), open_(url) as connection:
        connection.hand_over(SENDER, "zoé@example.org", wire(MESSAGE))
        assert script.senders == [f"MAIL FROM:<{SENDER}> BODY=8BITMIME SMTPUTF8"]


def test_without_a_server_each_message_becomes_a_readable_file(settings):
    with connected(settings) as connection:
        connection.hand_over(SENDER, "../../etc/passwd@example.org", wire(MESSAGE))
    (file,) = (settings.instance / "mail").iterdir()
    assert file.read_bytes() == MESSAGE.replace(b"\r\n", b"\n")
