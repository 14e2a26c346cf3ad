"""The sender's health: what the DNS says, what to mend, and what is said when it is silent."""

import dataclasses
import subprocess

import pytest
from dns_server import zone
from factories import awa

from crm import signature
from crm.config import Settings
from crm.newsletter.returns import names, spf
from crm.newsletter.returns.health import State, examine

SPF, DKIM, DMARC, PTR, RETURNS = range(5)
RELAY = "smtp.reseau.example.org"
GOOD = {
    "example.org TXT": ['"v=spf1 mx ip4:93.184.216.34 -all"'],
    "example.org MX": ["10 mx.example.org."],
    "mx.example.org A": ["93.184.216.35"],
    "s1._domainkey.example.org TXT": ['"v=DKIM1; k=rsa; " "p=AAAA"'],
    "_dmarc.example.org TXT": ['"v=DMARC1; p=quarantine; rua=mailto:dmarc@example.org"'],
    f"{RELAY} A": ["93.184.216.34"],
    "34.216.184.93.in-addr.arpa PTR": [f"{RELAY}."],
}


@pytest.fixture
def settings(tmp_path):
    return Settings(
        database_url="", queue_url="", secret_key="k" * 32, instance=tmp_path,
        smtp_url=f"smtp://{RELAY}", dkim_selector="s1", bounces_mail="rebonds+*@example.org",
    )  # fmt: skip


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A DNS that does not answer is waited for less long."""
    monkeypatch.setattr(names, "SECONDS", 0.5)


@pytest.fixture
def look(settings):
    """What is told of a domain whose DNS says this more, or otherwise."""

    def examined(changes: dict | None = None, **values):

        with zone(GOOD | (changes or {})) as (server, asked):
            found = examine(dataclasses.replace(settings, dns_server=server, **values))
        assert asked
        return found

    return examined


def test_a_domain_in_order_is_said_to_be(look):
    assert [check.state for check in look()] == [State.GOOD] * 5


@pytest.mark.parametrize(
    ("place", "changes", "state", "said", "record"),
    [
        (SPF, {"example.org TXT": ['"autre"']}, State.WRONG, "ne dit pas quels serveurs",
         "v=spf1 mx a:smtp.reseau.example.org ~all"),
        (SPF, {"example.org TXT": ['"v=spf1 mx -all"', '"v=spf1 a -all"']}, State.WRONG,
         "Il y a plusieurs enregistrements SPF", "v=spf1 a mx ~all"),
        (SPF, {"example.org TXT": ['"v=spf1 mx +all"']}, State.WRONG, "n’importe qui",
         "v=spf1 mx ~all"),
        (SPF, {"example.org TXT": ['"v=spf1 mx -all"']}, State.DOUBT, "(93.184.216.34) n’y est pas",
         "v=spf1 mx ip4:93.184.216.34 -all"),
        (SPF, {"example.org TXT": ['"v=spf1 ip4:oups -all"']}, State.WRONG, "ne peut pas être lue",
         ""),
        (SPF, {"example.org TXT": ['"v=spf1 include:a.example.org -all"'],
               "a.example.org TXT": ['"v=spf1 include:a.example.org -all"']}, State.WRONG,
         "plus de 10 recherches", ""),
        (DKIM, {"s1._domainkey.example.org TXT": []}, State.WRONG, "Aucune clef n’est publiée", ""),
        (DKIM, {"s1._domainkey.example.org TXT": ['"v=DKIM1; p="']}, State.WRONG, "révoquée", ""),
        (DMARC, {"_dmarc.example.org TXT": []}, State.WRONG, "Commencez par observer",
         "v=DMARC1; p=none; rua=mailto:dmarc@example.org"),
        (DMARC, {"_dmarc.example.org TXT": ['"v=DMARC1; p=none; rua=mailto:x@example.org"']},
         State.DOUBT, "Il observe sans protéger",
         "v=DMARC1; p=quarantine; rua=mailto:x@example.org"),
        (DMARC, {"_dmarc.example.org TXT": ['"v=DMARC1; rua=mailto:x@example.org"']}, State.WRONG,
         "Il ne dit pas que faire", "v=DMARC1; p=none; rua=mailto:dmarc@example.org"),
        (PTR, {"34.216.184.93.in-addr.arpa PTR": []}, State.WRONG, "n’a pas de nom", ""),
        (PTR, {"34.216.184.93.in-addr.arpa PTR": ["ailleurs.example.org."]}, State.WRONG,
         "n’a pas de nom", ""),
        (PTR, {f"{RELAY} A": []}, State.WRONG, "n’a pas d’adresse", ""),
        (RETURNS, {"example.org MX": []}, State.WRONG, "aucun refus ne vous parviendra",
         f"MX 10 {RELAY}"),
    ],
)  # fmt: skip
def test_each_fault_is_said_with_what_to_copy(look, place, changes, state, said, record):
    check = look(changes)[place]
    assert (check.state, check.record) == (state, record)
    assert said in check.said


def test_a_rule_of_the_domain_above_counts(look):
    checks = look(mail_from="Réseau <lettre@lettres.example.org>")
    assert checks[DMARC].state is State.GOOD


def test_spf_follows_what_it_includes(settings):
    records = {
        "example.org TXT": ['"v=spf1 include:_spf.example.org redirect=autre.example.org"'],
        "_spf.example.org TXT": ['"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all"'],
        "autre.example.org TXT": ['"v=spf1 a ~all"'],
        "autre.example.org A": ["198.51.100.7"],
    }
    with zone(records) as (server, _):
        found = names.Names(server)
        [record] = spf.records(found, "example.org")
        reading = spf.read(found, "example.org", record)
    allowed = ["192.0.2.9", "2001:db8::1", "198.51.100.7", "203.0.113.1"]
    assert [reading.allows(address) for address in allowed] == [True, True, True, False]
    assert (reading.everybody, reading.lookups, reading.errors) == ("~", 3, [])


def test_without_a_dns_the_records_to_copy_are_still_there(settings):

    checks = examine(dataclasses.replace(settings, dns_server="127.0.0.1:9", smtp_url=None))
    assert {check.state for check in checks} <= {State.UNKNOWN, State.DOUBT}
    assert "nous n’avons pas pu regarder" in checks[SPF].said
    assert (checks[SPF].record, checks[DMARC].record) == (
        "v=spf1 mx ~all",
        "v=DMARC1; p=none; rua=mailto:dmarc@example.org",
    )


def test_the_page_says_what_to_mend(signed_in, setting):
    with zone({"example.org TXT": ['"v=spf1 mx -all"']}) as (server, _):
        setting(dns_server=server, smtp_url=None)
        page = signed_in(awa()).get("/gestion/lettres/sante/")
    assert page.status_code == 200
    assert "à corriger" in page.text
    assert "v=DMARC1; p=none; rua=mailto:dmarc@example.org" in page.text


def test_the_page_works_without_a_dns(signed_in, setting):
    setting(dns_server="127.0.0.1:9")
    page = signed_in(awa()).get("/gestion/lettres/sante/")
    assert page.status_code == 200
    assert "nous n’avons pas pu regarder" in page.text


@pytest.fixture
def key(tmp_path):
    subprocess.run(["openssl", "genrsa", "-out", tmp_path / "clef.pem", "2048"], check=True,
                   capture_output=True)  # fmt: skip
    return tmp_path / "clef.pem"


def test_the_key_to_publish_is_that_of_openssl(key):
    shown = subprocess.run(["openssl", "rsa", "-in", key, "-pubout"], check=True,
                           capture_output=True, text=True)  # fmt: skip
    wanted = "".join(line for line in shown.stdout.splitlines() if "-----" not in line)
    assert signature.public_record(key) == f"v=DKIM1; k=rsa; p={wanted}"


def test_the_key_that_signs_must_be_the_one_published(look, key):
    record = signature.public_record(key)
    published = {"s1._domainkey.example.org TXT": [f'"{record[:200]}" "{record[200:]}"']}
    assert look(published, dkim_key=key)[DKIM].state is State.GOOD
    other = look(dkim_key=key)[DKIM]
    assert (other.state, other.record) == (State.WRONG, record)
