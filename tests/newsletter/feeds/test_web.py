"""Reading someone else's site: what it may do wrong, and where it may not lead."""

import contextlib
import gzip
import ipaddress
import socket
import ssl
import subprocess
import threading
import time

import pytest
import requests
from feed_server import serving

from crm.newsletter.feeds import web
from crm.newsletter.feeds.reach import Unreachable, is_allowed

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
PRIVATE = "L’adresse mène à un réseau privé\u00a0: elle n’est pas suivie."
GONE = "Le site ne répond pas."


@pytest.fixture
def site():
    with serving() as server:
        yield server


def get(url, **options):
    return web.get(url, **{"allow": LOOPBACK} | options)


def refusal(url, **options) -> str:
    with pytest.raises(Unreachable) as raised:
        get(url, **options)
    return str(raised.value)


@pytest.fixture
def names(monkeypatch):
    """A name server of the tests: `names["site.example.org"] = ["127.0.0.1"]`; what was asked."""
    known, asked, usual = {}, [], socket.getaddrinfo

    def answer(host, port, *arguments, **options):
        asked.append(host)
        answers = known.get(host)
        if answers is None:
            return usual(host, port, *arguments, **options)
        address = answers.pop(0) if len(answers) > 1 else answers[0]
        found = address if isinstance(address, list) else [address]
        return [entry for one in found for entry in usual(one, port, *arguments, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    known["asked"] = asked
    return known


def test_a_page_is_read(site):
    page = get(site.give("/flux", "bonjour", "text/plain", ETag='"1"', Last_Modified="hier"))
    assert page == web.Page(site.at("/flux"), b"bonjour", "text/plain", '"1"', "hier")
    assert "Maillage" in site.asked("/flux")[0]["User-Agent"]


def test_an_unchanged_page_says_so(site):
    url = site.give_conditional("/flux", "bonjour")
    page = get(url, etag='"v1"')
    assert (page.is_unchanged, page.content, page.etag) == (True, b"", '"v1"')
    assert refusal(site.give("/faux", status=304)) == (
        "Le site ne donne pas la page (réponse 304).")  # fmt: skip


def test_headers_kept_from_before_cannot_add_headers(site):
    get(site.give("/flux", "x"), etag='"1"\r\nX-Evil: 1', last_modified="é")
    asked = site.asked("/flux")[0]
    assert not {"X-Evil", "If-None-Match", "If-Modified-Since"} & {*asked}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirection_is_followed(site, status):
    final = site.give("/l%C3%A0", "bonjour", "text/plain")
    page = get(site.redirect("/ici", "/l%C3%A0", status))
    assert (page.url, page.content) == (final, b"bonjour")


def test_five_redirections_are_followed_and_not_six(site):
    for step in range(6):
        site.redirect(f"/{step}", f"/{step + 1}")
    site.give("/6", "bout")
    assert get(site.at("/1")).content == b"bout"
    assert refusal(site.at("/0")).startswith("Trop de redirections")


def test_a_redirection_without_end_is_left(site):
    assert refusal(site.redirect("/tour", "/tour")).startswith("Trop de redirections")
    assert len(site.asked("/tour")) == 6


@pytest.mark.parametrize("target", [
    "http://10.1.2.3/", "http://169.254.169.254/latest", "http://[::1]/",
    "http://[::ffff:10.0.0.1]/", "http://0x0a000001/", "http://192.168.1.1:22/",
])  # fmt: skip
def test_a_redirection_to_a_private_address_is_refused(site, target):
    assert refusal(site.redirect("/ici", target)) == PRIVATE


def test_loopback_is_refused_unless_it_is_allowed(site):
    url = site.give("/flux", "x")
    assert refusal(url, allow=()) == PRIVATE
    assert refusal(url.replace("127.0.0.1", "localhost"), allow=()) == PRIVATE
    assert refusal(url.replace("127.0.0.1", "2130706433"), allow=()) == PRIVATE
    assert site.requests == []


@pytest.mark.parametrize("url", [
    "", "flux", "ftp://a.example.org/", "file:///etc/passwd", "http://", "javascript:alert(1)",
    "http://[::1", "http://a.example.org:99999/", "gopher://127.0.0.1/"
])  # fmt: skip
def test_what_is_no_web_address_is_refused(url):
    assert refusal(url).startswith("L’adresse n’est pas complète")


def test_a_password_in_the_address_is_refused(site):
    assert "mot de passe" in refusal(site.at("/").replace("//", "//moi:secret@"))


@pytest.mark.parametrize("host", ["nulle-part.invalid", "a" * 70 + ".example.org", "..example.org"])
def test_a_name_that_leads_nowhere_is_said(host):
    assert refusal(f"http://{host}/") == "Le site est introuvable\u00a0: vérifiez l’adresse."


def test_a_name_is_resolved_once_and_that_address_is_used(site, names):
    port = site.url.rpartition(":")[2]
    names["site.example.org"] = ["127.0.0.1", "10.0.0.1"]
    site.give("/flux", "bonjour")
    assert get(f"http://site.example.org:{port}/flux").content == b"bonjour"
    assert names["asked"] == ["site.example.org"]
    assert site.asked("/flux")[0]["Host"] == f"site.example.org:{port}"


def test_a_name_is_checked_again_after_a_redirection(site, names):
    port = site.url.rpartition(":")[2]
    names["site.example.org"] = ["127.0.0.1", "10.0.0.1"]
    site.redirect("/ici", f"http://site.example.org:{port}/ailleurs")
    assert refusal(f"http://site.example.org:{port}/ici") == PRIVATE
    assert site.asked("/ailleurs") == []


def test_of_several_addresses_only_the_allowed_ones_are_tried(site, names):
    port = site.url.rpartition(":")[2]
    names["site.example.org"] = [["10.0.0.1", "127.0.0.9", "127.0.0.1"]]
    site.give("/flux", "bonjour")
    assert get(f"http://site.example.org:{port}/flux").content == b"bonjour"


def test_no_proxy_is_used(site, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert get(site.give("/flux", "bonjour")).content == b"bonjour"


def test_a_site_that_is_down_is_said():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        assert refusal(f"http://127.0.0.1:{probe.getsockname()[1]}/") == GONE


def test_a_connection_cut_on_the_way_is_said(site):
    assert refusal(site.reset("/rst")) == GONE
    start = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n<rss>"
    assert refusal(site.reset("/coupe", start)).startswith("La connexion a été coupée")


@pytest.mark.parametrize("way", ["drip", "drip_headers", "silence"])
def test_a_slow_site_is_left_in_time(site, way):
    start = time.monotonic()
    sentence = refusal(getattr(site, way)("/lent"), seconds=0.6)
    assert time.monotonic() - start < 3
    assert sentence.startswith("Le site ne répond pas")


def test_a_slow_handshake_is_left_in_time():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        start = time.monotonic()
        refusal(f"https://127.0.0.1:{mute.getsockname()[1]}/", seconds=0.5)
    assert time.monotonic() - start < 3


def test_nothing_keeps_running_after_a_visit(site):
    before = threading.active_count()
    get(site.give("/flux", "x"))
    deadline = time.monotonic() + 2
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before


HEAVY = "La page est trop lourde (plus de 5 Mo)."


def test_a_heavy_page_is_left(site):
    assert refusal(site.endless("/50", 50 * web.MEGABYTE)) == HEAVY
    assert refusal(site.give("/6", b"x" * 6 * web.MEGABYTE)) == HEAVY
    assert len(get(site.give("/5", b"x" * web.MAX_BYTES)).content) == web.MAX_BYTES


def test_a_page_heavy_once_unpacked_is_left(site):
    packed = gzip.compress(b"x" * 60 * web.MEGABYTE)
    assert len(packed) < 100_000
    assert refusal(site.give("/gz", packed, Content_Encoding="gzip")) == HEAVY


def test_a_packed_page_is_unpacked(site):
    url = site.give("/gz", gzip.compress(b"bonjour"), Content_Encoding="gzip")
    assert get(url).content == b"bonjour"
    bad = site.give("/mal", b"bonjour", Content_Encoding="gzip")
    assert refusal(bad) == "La page est illisible\u00a0: elle est mal compressée."


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (404, "La page n’existe pas ou n’existe plus (erreur 404)."),
        (403, "Le site refuse de donner cette page (erreur 403)."),
        (429, "Le site demande d’attendre avant de revenir (erreur 429)."),
        (503, "Le site est en panne (erreur 503)."),
        (418, "Le site ne donne pas la page (réponse 418)."),
        (204, "Le site ne donne pas la page (réponse 204)."),
    ],
)
def test_each_refusal_has_its_sentence(site, status, sentence):
    assert refusal(site.give("/x", status=status)) == sentence


@pytest.mark.parametrize("answer", [
    b"", b"\x00\xff\x00", b"220 mail ESMTP\r\n", b"HTTP/1.1 abc\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nx",
    b"HTTP/1.1 302 Found\r\nLocation: \xff\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500, b"HTTP/1.1 200 OK\r\nA: " + b"b" * 90_000,
])  # fmt: skip
def test_whatever_a_server_says_there_is_a_page_or_a_sentence(site, answer):
    site.answers["/x"] = lambda handler: handler.wfile.write(answer)
    with contextlib.suppress(Unreachable):
        assert get(site.at("/x"), seconds=3).url == site.at("/x")


@pytest.mark.parametrize("address", [
    "8.8.8.8", "2a00:1450:4007:80c::200e", "64:ff9b::808:808", "::ffff:8.8.8.8",
    "2002:808:808::1"
])  # fmt: skip
def test_public_addresses_are_allowed(address):
    assert is_allowed(address)


@pytest.mark.parametrize("address", [
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "0.0.0.0", "169.254.169.254",
    "100.64.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::",
    "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
    "2002:7f00:1::", "2002:a00:1::", "2001:0:0:0:0:0:f5ff:fffe", "2001:db8::1"
])  # fmt: skip
def test_private_addresses_are_refused(address):
    assert not is_allowed(address)


def test_an_allowed_network_opens_nothing_else():
    assert is_allowed("10.1.0.1", [ipaddress.ip_network("10.1.0.0/16")])
    assert is_allowed("::ffff:10.1.0.1", [ipaddress.ip_network("10.1.0.0/16")])
    assert not is_allowed("10.2.0.1", [ipaddress.ip_network("10.1.0.0/16")])
    assert not is_allowed("::1", [ipaddress.ip_network("10.1.0.0/16")])


@contextlib.contextmanager
def secure_site(folder, name):
    """A site over TLS whose certificate is for `name`; its port, and the names it was called by."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", key,
         "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    called = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.sni_callback = lambda _socket, name, _context: called.append(name)

    def serve():
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(line, server_side=True) as secure:
                    secure.recv(4096)
                    secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            except OSError:
                line.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1], called, certificate
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_the_certificate_is_checked_against_the_name(tmp_path, names, monkeypatch):
    names["site.example.org"] = names["autre.example.org"] = ["127.0.0.1"]
    with secure_site(tmp_path, "site.example.org") as (port, called, certificate):
        unknown = refusal(f"https://site.example.org:{port}/")
        monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(certificate))
        page = get(f"https://site.example.org:{port}/")
        wrong = refusal(f"https://autre.example.org:{port}/")
    assert unknown == wrong == "Le certificat du site n’est pas valable."
    assert page.content == b"ok"
    assert called == ["site.example.org", "site.example.org", "autre.example.org"]
