"""The message: encoded once, spliced for each, and the same as one built the slow way."""

import email
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import localtime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crm.config import Settings
from crm.newsletter.content import Content
from crm.newsletter.delivery.message import Message, Sender, Unwritable, envelope_address
from crm.newsletter.readers import links
from crm.newsletter.render import LEAVE_MARK, PREFERENCES_MARK, Letter
from crm.text import one_line

SETTINGS = Settings(
    database_url="", queue_url="", secret_key="k" * 32, instance=Path("/"),
    base_url="https://crm.reseau.example.org",
)  # fmt: skip
CONTENT = Content("RESA’CLIC", "resaclic", 12, "Objet", "", "", date(2026, 3, 3))
SENDER = Sender("Réseau d’été", "lettre@example.org")
AT = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
TEXT = f"Été = hiver.\n.point\n\nFrom ici\nfin d’espace \n{PREFERENCES_MARK}\n.{LEAVE_MARK}.\n"
HTML = f'<p>{"Coopération " * 12}</p><a href="{LEAVE_MARK}">x</a><a href="{PREFERENCES_MARK}">'


@dataclass
class Someone:
    email: str = "awa@example.org"
    name: str = "Awa Diallo"
    delivery_id: int = 7
    subscription_id: int = 42


def build(subject="Sujet d’été", html=HTML, text=TEXT):
    return Message(Letter(subject, html, text), CONTENT, SENDER, SETTINGS, AT)


def letter_to(someone, message=None):
    """The message as it travels, and as a mail program reads it."""
    raw = (message or build()).to(someone, envelope_address(someone.email))
    return raw, email.message_from_bytes(re.sub(rb"(?m)^\.\.", b".", raw), policy=default)


def spelt_out(text, someone):
    """What `text` must say to this recipient."""
    leave = links.signer(SETTINGS.keys, links.LEAVE).sign(someone.subscription_id)
    preferences = links.signer(SETTINGS.keys, links.PREFERENCES).sign(someone.subscription_id)
    text = text.replace(LEAVE_MARK, links.prefix(SETTINGS, links.LEAVE) + leave)
    return text.replace(PREFERENCES_MARK, links.prefix(SETTINGS, links.PREFERENCES) + preferences)


def naive(someone, subject, html, text):
    """The same message, the usual way."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(SENDER.name, addr_spec=SENDER.address)
    message["To"] = Address(one_line(someone.name), addr_spec=someone.email)
    message["Subject"] = one_line(subject)
    message["Date"] = localtime(AT)
    message.set_content(spelt_out(text, someone))
    message.add_alternative(spelt_out(html, someone), subtype="html")
    return email.message_from_bytes(message.as_bytes(), policy=default)


def content_of(message):
    parts = {part.get_content_type(): part.get_content() for part in message.iter_parts()}
    to, sender = message["To"].addresses[0], message["From"].addresses[0]
    return {
        # Python's reader keeps a space between two encoded words, which RFC 2047 §6.2 drops.
        "to": ("".join(to.display_name.split()), to.addr_spec),
        "from": (sender.display_name, sender.addr_spec),
        "subject": message["Subject"],
        "date": message["Date"].datetime,
        "text": parts["text/plain"].rstrip("\r\n"),
        "html": parts["text/html"].rstrip("\r\n"),
    }


def assert_is_sound(raw):
    """Lines a server takes: CRLF only, short, and none that could end the message."""
    lines = raw.split(b"\r\n")
    assert not re.search(rb"[\r\n]", b"".join(lines))
    body = raw.partition(b"\r\n\r\n")[2]
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert all(line.startswith(b"..") for line in lines if line.startswith(b"."))
    assert raw.isascii()


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"))
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=100)
addresses = st.from_regex(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,30}@[a-z0-9]{1,20}\.org", fullmatch=True)


@settings(max_examples=50)
@given(addresses, names, st.integers(1, 2**40), st.integers(1, 2**40))
def test_each_message_says_what_a_slow_one_would(address, name, delivery, subscription):
    someone = Someone(address, name, delivery, subscription)
    raw, read = letter_to(someone)
    assert content_of(read) == content_of(naive(someone, "Sujet d’été", HTML, TEXT))
    assert read.defects == []
    assert_is_sound(raw)


@settings(max_examples=50)
@given(texts, texts, st.text(max_size=150))
@example("From\n.\n=", "\n \n.", "Été\r\nBcc: tous@example.org")
def test_any_text_comes_through(before, after, subject):
    text = f"{before}{LEAVE_MARK}{after}"
    someone = Someone()
    raw, read = letter_to(someone, build(subject, f"{text}!", f"{text}!"))
    for part in read.iter_parts():
        assert part.get_content().replace("\r\n", "\n") == spelt_out(f"{text}!", someone)
    assert " ".join(str(read["Subject"]).split()) == one_line(subject)
    assert_is_sound(raw)


@settings(max_examples=50)
@given(names)
def test_a_name_never_adds_a_header(name):
    headers = letter_to(Someone(name=name))[1].keys()
    assert headers == letter_to(Someone())[1].keys()


def test_a_name_that_would_add_a_header_is_only_a_name():
    read = letter_to(Someone(name="Awa\r\nBcc: tous@example.org\r\n\r\nBonjour"))[1]
    assert read["Bcc"] is None
    assert read["To"].addresses[0].display_name == "Awa Bcc: tous@example.org Bonjour"


def test_the_headers_of_a_letter():
    read = letter_to(Someone())[1]
    token = links.signer(SETTINGS.keys, links.LEAVE).sign(42)
    url = f"https://crm.reseau.example.org/lettres/desinscription/{token}"
    assert read["List-Unsubscribe"] == f"<{url}>"
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read["List-Id"] == "RESA’CLIC <resaclic.crm.reseau.example.org>"
    assert (read["Precedence"], read["Auto-Submitted"]) == ("bulk", "auto-generated")
    assert read["Content-Language"] == "fr"
    assert read["Date"] == "Tue, 03 Mar 2026 09:00:00 +0100"


def test_a_message_keeps_its_identifier_at_each_try_and_no_other_has_it():
    message = build()
    identifiers = [
        letter_to(Someone(delivery_id=number), message)[1]["Message-ID"] for number in (1, 1, 2)
    ]
    assert identifiers[0] == identifiers[1] != identifiers[2]
    assert re.fullmatch(r"<resaclic\.12\.[\w-]+@crm\.reseau\.example\.org>", identifiers[0])
    assert build().to(Someone(), "awa@example.org") == build().to(Someone(), "awa@example.org")


def test_the_identifier_does_not_let_anybody_leave():
    read = letter_to(Someone())[1]
    token = read["Message-ID"].split(".")[2].split("@")[0]
    assert links.signer(SETTINGS.keys, links.LEAVE).read(token) is None


def test_an_accented_domain_is_written_in_ascii():
    assert envelope_address("awa@réseau-été.fr") == "awa@xn--rseau-t-byafb.fr"


@pytest.mark.parametrize(
    "address", ["", "awa", "awa@", "@example.org", "a b@example.org", "a@b@example.org",
                "awa@example.org>", "awa@exa\r\nmple.org", "awa..d@example.org",
                f"{'a' * 250}@b.fr"]
)  # fmt: skip
def test_what_is_not_an_address_is_refused(address):
    with pytest.raises(Unwritable):
        envelope_address(address)
