"""Réglages: identity, accounts, and the mails written to disk."""

import zlib
from email.message import EmailMessage

import pytest
import sqlalchemy as sa
from factories import awa, benoit, nadia
from feed_server import picture
from requests import Request

from crm.colours import is_readable
from crm.db import db
from crm.identity import Identity

IDENTITY, MAILS = (f"/gestion/reglages/{name}/" for name in ("identite", "courriels"))
HUGE = "x" * 100_000
NETWORK = {
    "name": "Réseau Horizons", "short_name": "Horizons", "tagline": "Coopérer",
    "postal_address": "12 rue des Acacias\r\n69003 Lyon", "email": "Contact@Example.org",
    "phone": "04 00 00 00 00", "website": "https://horizons.example.org",
    "brand": "#0b6e69", "attention": "#b4531c",
}  # fmt: skip


@pytest.fixture
def client(signed_in):
    return signed_in(nadia())


def send(client, form, logo=b""):
    """Post the identity as a browser does, the logo too if one was chosen."""
    files = {"logo": ("logo.png" if logo else "", logo)}
    body = Request("POST", "http://x", data=form, files=files).prepare()
    return client.post(IDENTITY, data=body.body, content_type=body.headers["Content-Type"])


def test_the_identity_is_on_public_pages_at_once(client, visitor):
    before = visitor.get("/").text
    assert send(client, NETWORK).location == IDENTITY
    identity = Identity.current()
    assert {name: getattr(identity, name) for name in NETWORK} == NETWORK | {
        "postal_address": "12 rue des Acacias\n69003 Lyon", "email": "contact@example.org",
    }  # fmt: skip
    page = visitor.get("/").text
    assert "Réseau Horizons" in page
    assert "69003 Lyon" in page
    assert "Réseau Horizons" not in before
    assert db.session.scalar(sa.select(sa.func.count(Identity.id))) == 1


def test_colours_are_those_of_the_style_sheet(client, visitor):
    send(client, NETWORK | {"brand": "#5a2a6e"})
    css = visitor.get("/identite.css").text
    assert css.startswith(":root{--brand:#5a2a6e;--attention:#b4531c}")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (dict.fromkeys(NETWORK, ""), "Ce champ est à remplir."),
        ({"name": HUGE}, "200 caractères au plus."),
        ({"postal_address": HUGE}, "500 caractères au plus."),
        ({"email": "contact"}, "Cette adresse n’est pas complète"),
        ({"website": "javascript:alert(1)"}, "Une adresse commence par https:// ou http://."),
        ({"brand": "teal"}, "Une couleur s’écrit #0b6e69."),
        ({"brand": "red;}"}, "Une couleur s’écrit #0b6e69."),
        ({"brand": "#0B6E6"}, "Une couleur s’écrit #0b6e69."),
    ],
)
def test_a_wrong_identity_comes_back_as_typed(client, changes, said):
    answer = send(client, NETWORK | {"tagline": "<b>Oui</b>"} | changes)
    assert answer.status_code == 422
    assert said in answer.text
    assert "tagline" in changes or "&lt;b&gt;Oui&lt;/b&gt;" in answer.text
    assert Identity.current().name == "Notre réseau"


@pytest.mark.parametrize(
    ("refused", "offered"), [("#ffff00", "#757500"), ("#ffffff", None), ("#8ec9c5", None)]
)
def test_a_colour_that_cannot_be_read_is_replaced_by_the_nearest(client, refused, offered):
    answer = send(client, NETWORK | {"brand": refused})
    assert answer.status_code == 422
    said = answer.text.partition('id="brand-erreur"')[2].partition("</p>")[0]
    shown = answer.text.partition('id="brand"')[2].partition('value="')[2][:7]
    assert refused in said
    assert shown in said
    assert is_readable(shown)
    assert offered in (None, shown)
    assert send(client, NETWORK | {"brand": shown}).status_code == 302


def test_a_logo_is_kept_shown_and_taken_away(client, visitor):
    content = picture(300, 90, form="png")
    send(client, NETWORK, content)
    identity = Identity.current()
    assert (identity.logo_type, identity.logo_width, identity.logo_height) == ("image/png", 300, 90)
    answer = visitor.get("/identite/logo")
    assert (answer.data, answer.mimetype) == (content, "image/png")
    assert 'src="/identite/logo?v=' in visitor.get("/").text
    send(client, NETWORK | {"remove_logo": "y"})
    assert (Identity.current().logo_type, visitor.get("/identite/logo").status_code) == ("", 404)


def bomb():
    """A PNG of a few kilobytes that says it is 30,000 by 30,000."""
    rows = zlib.compress(b"\0" * 100_000, 9)
    header = (30_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
        for kind, body in ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    )


def truncated():
    return picture(400, 300, form="png")[:-60]


@pytest.mark.parametrize(
    ("logo", "said"),
    [
        (b"<svg onload='alert(1)'/>", "n’est pas une image PNG, JPEG, GIF ou WebP."),
        (b"\x89PNG\r\n\x1a\n" + b"?" * 999, "n’est pas une image PNG, JPEG, GIF ou WebP."),
        (truncated(), "n’est pas une image PNG, JPEG, GIF ou WebP."),
        (bomb(), "n’est pas une image PNG, JPEG, GIF ou WebP."),
        (picture(2100, 2000, form="png"), "trop de points"),
        (picture() + b"0" * 1024 * 1024, "pèse plus de 1"),
    ],
    ids=["svg", "noise", "truncated", "bomb", "wide", "heavy"],
)
def test_a_logo_that_cannot_be_one_is_refused(client, logo, said):
    answer = send(client, NETWORK, logo)
    assert answer.status_code == 422
    assert said in answer.text
    assert (Identity.current().logo_type, Identity.current().name) == ("", "Notre réseau")


@pytest.fixture
def folder(app):
    """Where mails are written; emptied afterwards."""
    found = app.extensions["settings"].instance / "mail"
    found.mkdir(exist_ok=True)
    yield found
    for file in found.iterdir():
        file.unlink()


def write(folder, name, subject="Bonjour <b>à tous</b>", html="<p>Corps</p><script>1</script>"):
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject, "a@example.org", "chloe@example.org"
    mail["Date"] = "Tue, 03 Mar 2026 09:00:00 +0100"
    mail.set_content("Version texte")
    if html:
        mail.add_alternative(html, subtype="html")
    (folder / name).write_bytes(bytes(mail))


def test_mails_on_disk_are_listed_newest_first_and_shown(signed_in, folder):
    client = signed_in(benoit())
    write(folder, "20260303-090000-000001.eml", "Le premier")
    write(folder, "20260303-090001-000002.eml")
    page = client.get(MAILS).text
    assert "Bonjour &lt;b&gt;à tous&lt;/b&gt;" in page
    assert page.index("Bonjour") < page.index("Le premier")
    assert "Aucun serveur d’envoi n’est réglé" in page
    name = "20260303-090001-000002.eml"
    shown = client.get(f"{MAILS}{name}").text
    assert "Version texte" in shown
    assert "mardi 3 mars 2026 à 9\u00a0h" in shown
    body = client.get(f"{MAILS}{name}/html")
    assert "<p>Corps</p>" in body.text
    assert "default-src 'none'" in body.headers["Content-Security-Policy"]
    assert "sandbox" in body.headers["Content-Security-Policy"]


def test_a_mail_of_text_alone_is_shown(signed_in, folder):
    write(folder, "1.eml", html="")
    page = signed_in(awa()).get(f"{MAILS}1.eml").text
    assert "<iframe" not in page
    assert "Version texte" in page


def test_with_a_mail_server_the_page_says_that_mails_leave(signed_in, setting):
    client = signed_in(awa())
    assert "Rien pour l’instant." in client.get(MAILS).text
    setting(smtp_url="smtp://127.0.0.1:25")
    assert "Un serveur d’envoi est réglé" in client.get(MAILS).text


def test_mails_are_shown_fifty_a_page(signed_in, folder):
    for number in range(51):
        write(folder, f"{number:04}.eml", f"Numéro {number}", html="")
    client = signed_in(awa())
    first, second = client.get(MAILS).text, client.get(f"{MAILS}?page=2").text
    assert first.count("Numéro ") == 50
    assert second.count("Numéro ") == 1
    assert ">Numéro 0</a>" in second


@pytest.mark.parametrize(
    "name",
    ["..", "../crm.db", "..%2fcrm.db", "%2e%2e%2fsecret_key", "1.eml%00", "x.eml", ".eml", "2.eml",
     "1.eml/../../crm.db", "/etc/passwd", "1%5c..%5ccrm.db", "a" * 300 + ".eml"],
)  # fmt: skip
def test_no_other_file_is_ever_read(signed_in, folder, name):
    write(folder, "1.eml")
    client = signed_in(nadia())
    assert client.get(f"{MAILS}1.eml").status_code == 200
    for end in ("", "/html"):
        assert client.get(f"{MAILS}{name}{end}").status_code in (404, 308)
