"""Signing what leaves: what is published lets anybody check it, as large providers do."""

import re
import subprocess
from email import message_from_bytes

import dkim
import pytest
from factories import subscriber
from sending import deliver, ready, states
from smtp_server import collector

from crm import signature
from crm.config import Settings
from crm.db import db
from crm.environment import SettingError
from crm.mail import send_mails, write


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    file = tmp_path_factory.mktemp("clef") / "clef.pem"
    subprocess.run(["openssl", "genrsa", "-out", file, "2048"], check=True, capture_output=True)
    return file


@pytest.fixture
def verify(key):
    """Whether a message bears our signature, by the published key."""

    def checked(message: bytes) -> bool:
        published = signature.public_record(key).encode()
        return dkim.verify(message, dnsfunc=lambda name, timeout=5: published)

    return checked


def test_a_letter_is_signed_as_it_arrives(app, setting, key, verify):
    with collector() as (url, received):
        setting(smtp_url=url, dkim_key=key, dkim_selector="s1")
        ready("awa@example.org", editorial=".un point\n\n..deux\n\nÉté = hiver.")
        deliver()
    [(_, raw)] = received
    assert verify(raw)
    assert not verify(raw.replace(b"RESA", b"XESA"))
    header = re.sub(r"\s", "", message_from_bytes(raw)["DKIM-Signature"])
    assert "d=example.org;" in header
    for name in ("from", "list-unsubscribe", "list-unsubscribe-post"):
        assert name in re.search(r"h=([^;]*)", header)[1].split(":")


def test_a_single_mail_is_signed_too(app, setting, key, verify):
    with collector() as (url, received):
        setting(smtp_url=url, dkim_key=key, dkim_selector="s1")
        write("chloe@example.org", subject="Été", text="Bonjour.\n.point\n", html="<p>Bonjour.</p>")
        db.session.commit()
        send_mails()
    [(_, raw)] = received
    assert verify(raw)


def test_nothing_is_signed_without_a_key(app, setting):
    with collector() as (url, received):
        setting(smtp_url=url)
        ready("awa@example.org")
        deliver()
    assert b"DKIM-Signature" not in received[0][1]


def test_a_key_that_cannot_be_used_stops_the_issue_and_fails_nobody(app, setting, tmp_path):
    (tmp_path / "clef.pem").write_text("rien")
    setting(dkim_key=tmp_path / "clef.pem", dkim_selector="s1")
    subscriber("luc@example.org")
    ready("awa@example.org")
    assert "une erreur l’arrête" in deliver()
    assert set(states().values()) == {"queued"}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"CRM_DKIM_KEY": "absente.pem"}, "n’existe pas"),
        ({"CRM_DKIM_SELECTOR": "deux mots"}, "CRM_DKIM_SELECTOR est un mot simple"),
        ({"CRM_BOUNCES_MAIL": "rebonds"}, "CRM_BOUNCES_MAIL est une adresse"),
        ({"CRM_BOUNCES_MAIL": "a*b*@example.org"}, "CRM_BOUNCES_MAIL est une adresse"),
        ({"CRM_BOUNCES_MAIL": f"{'r' * 30}+*@example.org"}, "CRM_BOUNCES_MAIL est une adresse"),
    ],
)
def test_a_wrong_setting_is_said(tmp_path, values, said):
    with pytest.raises(SettingError, match=re.escape(said)):
        Settings.load({"CRM_INSTANCE": str(tmp_path)} | values)


def test_right_settings_are_read(tmp_path):
    (tmp_path / "clef.pem").write_text("x")
    found = Settings.load(
        {"CRM_INSTANCE": str(tmp_path), "CRM_DKIM_KEY": "clef.pem", "CRM_DNS_SERVER": "192.0.2.1",
         "CRM_BOUNCES_MAIL": "rebonds+*@example.org", "CRM_BOUNCES_MAILBOX": "imaps://a:b@c/"}
    )  # fmt: skip
    assert (found.dkim_key, found.dkim_selector) == (tmp_path / "clef.pem", "maillage")
    assert (found.bounces_mail, found.bounces_mailbox) == (
        "rebonds+*@example.org", "imaps://a:b@c/",
    )  # fmt: skip
    assert found.dns_server == "192.0.2.1"
