"""Reading feeds of every format, and what is not one."""

import contextlib
import json
from datetime import UTC, date, datetime

import pytest
from feed_server import jsonfeed, rss, sample
from hypothesis import given
from hypothesis import strategies as st

from crm.newsletter.feeds.entries import Unreadable, department_in, moment
from crm.newsletter.feeds.read import decode, read
from crm.newsletter.feeds.syndication import CUT

URL = "https://site.example.org/flux/"
AT = datetime(2026, 3, 2, tzinfo=UTC)
MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)


def entries(text: str | bytes, content_type="") -> tuple:
    content = text.encode() if isinstance(text, str) else text
    return read(content, content_type, URL).entries


def entry(text: str | bytes, content_type=""):
    (only,) = entries(text, content_type)
    return only


ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://base.example.org/a/">
<title>Le site</title><entry><title type="text">Un &amp; deux</title><id>tag:1</id>
<link href="un"/><published>2026-03-02T09:00:00+01:00</published>
<author><name>Région Entre-Monts</name></author><category term="Eau"/>
<summary type="html">&lt;p&gt;Du texte&lt;/p&gt;</summary></entry></feed>"""
RDF = """<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><channel rdf:about="x"><title>S</title>
</channel><item rdf:about="https://site.example.org/un"><title>Un</title>
<link>https://site.example.org/un</link><description>Du texte</description>
<dc:date>2026-03-02T09:00:00+01:00</dc:date></item></rdf:RDF>"""


def test_rss_is_read():
    found = entry(rss({
        "title": "Un", "link": "/un?utm_source=rss", 'guid isPermaLink="false"': "n-1",
        "pubDate": "Mon, 02 Mar 2026 09:00:00 +0100", "category": "Eau",
        "description": "&lt;p&gt;Du&amp;nbsp;texte&lt;/p&gt;",
    }))  # fmt: skip
    assert (found.guid, found.title, found.summary) == ("n-1", "Un", "Du texte")
    assert found.url == "https://site.example.org/un?utm_source=rss"
    assert found.canonical_url == "site.example.org/un"
    assert (found.published_at, found.tags) == (MORNING, ("Eau",))


def test_atom_is_read_with_its_base_and_its_author():
    found = entry(ATOM)
    assert (found.guid, found.title, found.summary) == ("tag:1", "Un & deux", "Du texte")
    assert found.url == "https://base.example.org/a/un"
    assert (found.published_at, found.organisation) == (MORNING, "Région Entre-Monts")


def test_rdf_is_read():
    found = entry(RDF)
    assert (found.title, found.url, found.published_at) == (
        "Un", "https://site.example.org/un", MORNING)  # fmt: skip


def test_json_feed_is_read():
    found = entry(jsonfeed({
        "id": 7, "title": "Un", "url": "/un", "content_html": "<p>Du <b>texte</b></p>",
        "date_published": "2026-03-02T09:00:00+01:00", "image": "/a.jpg", "tags": ["Eau", 3],
        "author": {"name": "Terres en commun"}, "_poste": {"lieu": "Lyon (69)"},
    }))  # fmt: skip
    assert (found.guid, found.title, found.summary) == ("7", "Un", "Du texte")
    assert (found.url, found.picture_url) == (
        "https://site.example.org/un", "https://site.example.org/a.jpg")  # fmt: skip
    assert (found.published_at, found.tags) == (MORNING, ("Eau", "3"))
    assert (found.organisation, found.place, found.department) == (
        "Terres en commun", "Lyon (69)", "69")  # fmt: skip


def test_wordpress_is_read_with_its_terms_its_picture_and_its_fields():
    document = read(sample("evenements.json", AT).encode(), "application/json", URL)
    first, *others = document.entries
    assert first.guid == "https://passerelles.example.org/?post_type=evenement&#038;p=881"
    assert first.title == "Rencontres régionales : « Coopérer autrement »"
    assert first.summary == "Deux journées d’ateliers et de tables rondes. Inscription gratuite."
    assert first.tags == ("Rencontres", "Agenda")
    assert first.picture_url == "https://passerelles.example.org/images/rencontres.jpg"
    assert first.picture_alt == "Une salle pleine, vue du fond"
    assert (first.starts_on, first.ends_on) == (date(2026, 4, 4), date(2026, 4, 5))
    assert (first.place, first.department, first.organisation) == (
        "Clermont-Ferrand (63)", "63", "Réseau Passerelles")  # fmt: skip
    assert first.published_at == datetime(2026, 2, 27, 8, tzinfo=UTC)
    assert [one.title for one in others] == [
        "Petit déjeuner des élus à l’international", "Projection-débat : « Le Puits »",
        "Marché solidaire"]  # fmt: skip


@pytest.mark.parametrize(("name", "count"), [("actualites.xml", 5), ("financements.atom", 4),
    ("emplois.json", 4), ("evenements.json", 4), ("ressources.xml", 3),
    ("formations.xml", 3)])  # fmt: skip
def test_the_samples_are_whole(name, count):
    document = read(sample(name).encode(), "", URL)
    assert (len(document.entries), document.warning) == (count, "")
    assert all(one.title and one.summary and one.url and one.published_at
               for one in document.entries)  # fmt: skip


def test_the_words_about_a_picture_are_not_those_of_the_entry():
    found = read(sample("actualites.xml").encode(), "", URL).entries[0]
    assert found.picture_alt == "Une carte de la région couverte d’épingles de couleur"
    assert found.summary.startswith("2 940 associations") or found.summary.startswith("2\xa0940")


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("L&#8217;appel", "L’appel"),
        ("L&amp;#8217;appel", "L’appel"),
        ("Un &lt;b&gt;grand&lt;/b&gt; pas", "Un grand pas"),
        ("<![CDATA[Un <em>grand</em> pas & demi]]>", "Un grand pas & demi"),
        ("Un\n  titre\tcoupé", "Un titre coupé"),
        ("Un&#x202E; titre", "Un titre"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Bonjour", "Bonjour"),
        ("mot " * 100, "mot " * 74 + "mot…"),
        ("x" * 400, "x" * 299 + "…"),
    ],
)
def test_a_title_is_plain_and_on_one_line(written, title):
    found = entry(rss({"title": written, "link": "/un"})).title
    assert found == title
    assert len(found) <= 300


def test_a_summary_keeps_no_markup_and_ends_after_a_word():
    hostile = (
        "<style>p{}</style><p>Bon</p><p onclick='x()'>jour</p><script>alert('non')</script>"
        "<iframe src=//x>non</iframe><!-- non --><form><input value=non>non</form>"
        "<svg><text>non</text></svg><a href='javascript:x'>tous</a> " + "mot " * 300
    )
    found = entry(rss({"title": "T", "description": f"<![CDATA[{hostile}]]>"})).summary
    assert found.startswith("Bon jour tous mot mot")
    assert found.endswith(" mot…")
    assert len(found) <= 600


@pytest.mark.parametrize("tail", ["[&hellip;]", "[...]", "Lire la suite »",
    "<p>L’article <a>Un</a> est apparu en premier sur <a>Le site</a>.</p>",
    "<p>The post Un appeared first on Le site.</p>"])  # fmt: skip
def test_what_blogs_add_at_the_end_is_left_out(tail):
    found = entry(rss({"title": "T", "description": f"<![CDATA[<p>Du texte.</p> {tail}]]>"}))
    assert found.summary == "Du texte."


def test_links_that_are_not_pages_are_dropped():
    found = entry(jsonfeed({"id": "1", "title": "T", "url": "javascript:alert(1)",
                            "image": "data:image/png;base64,AAAA"}))  # fmt: skip
    assert (found.url, found.canonical_url, found.picture_url) == ("", "", "")


def test_the_first_true_picture_of_the_text_is_taken():
    text = ("<img src='/t.gif' width=1 height=1><img src='data:image/gif;base64,R0'>"
            "<img src='photo.jpg' alt='La &quot;salle&quot;'><img src='b.jpg'>")  # fmt: skip
    found = entry(rss({"title": "T", "link": "/dossier/un", "description": f"<![CDATA[{text}]]>"}))
    assert found.picture_url == "https://site.example.org/dossier/photo.jpg"
    assert found.picture_alt == 'La "salle"'


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "cp1252", "utf-16"])
@pytest.mark.parametrize("said", ["", "utf-8", "iso-8859-1", "klingon"])
def test_an_encoding_that_lies_is_seen_through(encoding, said):
    declaration = f'<?xml version="1.0" encoding="{said}"?>' if said else ""
    text = declaration + rss({"title": "Été à Besançon – déjà"}).replace("–", "-")
    assert (
        entry(text.encode(encoding), f"text/xml; charset={said}").title == "Été à Besançon - déjà"
    )


def test_an_encoding_that_tells_the_truth_is_heard():
    text = "Zażółć gęślą jaźń".encode("iso-8859-2")
    assert decode(text, "text/xml; charset=iso-8859-2") == "Zażółć gęślą jaźń"


def test_one_bad_byte_does_not_spoil_the_accents():
    text = rss({"title": "Été à Besançon, déjà " * 3}).encode()
    assert "Besançon" in entry(text.replace(b"B", b"B\xff", 1)).title


def test_a_feed_without_dates_or_identifiers_is_read():
    found = entries(rss({"title": "Un", "link": "/un"}, {"title": "Deux"}))
    assert [one.published_at for one in found] == [None, None]
    assert found[0].guid == "site.example.org/un"
    assert found[1].guid.startswith("sha256:")


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("Mon, 02 Mar 2026 09:00:00 +0100", MORNING),
        ("2026-03-02T08:00:00Z", MORNING),
        ("2026-03-02T09:00:00", MORNING),
        ("lun., 02 mars 2026 10:00:00 +0100", datetime(2026, 3, 1, 23, tzinfo=UTC)),
        ("0000-00-00T00:00:00Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("hier", None),
        ("", None),
        (None, None),
    ],
)
def test_a_moment_of_any_make_is_read(written, read_as):
    assert moment(written) == read_as


def test_a_french_date_in_a_feed_is_read():
    found = entry(rss({"title": "T", "pubDate": "lun., 02 mars 2026 10:00:00 +0100"}))
    assert found.published_at == datetime(2026, 3, 1, 23, tzinfo=UTC)


def test_event_and_job_extensions_are_read():
    found = entry(
        '<rss version="2.0" xmlns:ev="http://purl.org/rss/1.0/modules/event/" xmlns:job_listing='
        '"https://x.example.org"><channel><item><title>T</title>'
        "<ev:startdate>2026-06-03T09:00:00+02:00</ev:startdate><ev:enddate>2026-06-05</ev:enddate>"
        "<job_listing:location>38000 Grenoble</job_listing:location>"
        "<job_listing:company>Terres en commun</job_listing:company></item></channel></rss>"
    )
    assert (found.starts_on, found.ends_on) == (date(2026, 6, 3), date(2026, 6, 5))
    assert (found.place, found.department, found.organisation) == (
        "38000 Grenoble", "38", "Terres en commun")  # fmt: skip


@pytest.mark.parametrize(("place", "code"), [("Lyon (69)", "69"), ("97400 Saint-Denis", "974"),
    ("Ajaccio (2A)", "2A"), ("Dakar", ""), ("Salle 12345678", ""), ("(99)", "")])  # fmt: skip
def test_a_place_tells_its_department(place, code):
    assert department_in(place) == code


def test_a_cut_feed_gives_its_whole_entries_and_says_so():
    whole = rss(*({"title": f"Titre {n}", "link": f"/{n}"} for n in range(3)))
    document = read(whole[: whole.rindex("<link>") + 8].encode(), "", URL)
    assert [one.title for one in document.entries] == ["Titre 0", "Titre 1"]
    assert document.warning == CUT
    assert document.title == "Le site"


@pytest.mark.parametrize("text", [ATOM, RDF, rss({"title": "A", "link": "/a"}),
                                  jsonfeed({"id": "1", "title": "A"})])  # fmt: skip
def test_a_feed_cut_anywhere_gives_whole_entries_or_a_sentence(text):
    whole = entries(text)
    for length in range(len(text.rstrip("\n")) - 1):
        with contextlib.suppress(Unreadable):
            assert entries(text[:length]) == whole


def test_what_xml_does_not_know_is_mended():
    found = entry("<rss version='2.0'><channel><item><title>Caf&eacute; &nbsp;& th\x0b\xe9</title>"
                  "<link>/un?a=1&b=2</link></item></channel></rss>")  # fmt: skip
    assert found.title == "Café & thé"
    assert found.url == "https://site.example.org/un?a=1&b=2"


def test_a_bomb_of_entities_does_not_explode():
    layers = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    text = f'<!DOCTYPE rss [<!ENTITY a0 "ha">{layers}]>' + rss({"title": "T&a9;", "link": "/"})
    assert len(entry(text).title) <= 300


def test_no_file_is_read_through_an_entity(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("le secret")
    text = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{secret}">]>' + rss({"title": "T &x; suite"})
    assert "secret" not in entry(text).title


def test_two_entries_with_one_identifier_are_one():
    assert [one.title for one in entries(jsonfeed({"id": "1", "title": "A"},
                                                  {"id": "1", "title": "B"}))] == ["A"]  # fmt: skip


def test_an_empty_feed_is_a_feed():
    assert entries(rss()) == entries(jsonfeed()) == entries("[]") == ()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "La page est vide."),
        ("<!DOCTYPE html><html><title>Accueil</title></html>",
         "Cette adresse mène à une page web, pas à un flux."),
        ("<html><link href='/feed/' type='application/rss+xml' rel='alternate'></html>",
         "Cette adresse mène à une page web. Son flux est peut-être à "
         "https://site.example.org/feed/"),
        ("Bonjour", "Cette adresse ne mène pas à un flux\u00a0: le format n’est pas reconnu."),
        ("<opml/>", "Cette adresse ne mène pas à un flux\u00a0: le format n’est pas reconnu."),
        ("<rss><channel><item><title>Un", "Le flux est coupé avant son premier contenu complet."),
        ('{"items": [{"id"', "Le flux est illisible\u00a0: son JSON est coupé ou mal formé."),
        ("[" * 100_000, "Le flux est illisible\u00a0: son JSON est coupé ou mal formé."),
        ('{"code": "rest_no_route", "message": "Aucune route <b>correspondante</b>."}',
         "Le site a répondu par une erreur\u00a0: Aucune route correspondante."),
        ('{"a": 1}', "Cette adresse ne mène pas à un flux\u00a0: ce JSON n’en est pas un."),
        ("[1, 2]", "Cette adresse ne mène pas à un flux\u00a0: ce JSON n’en est pas un."),
    ],
)  # fmt: skip
def test_what_is_not_a_feed_is_said_in_french(content, sentence):
    with pytest.raises(Unreadable) as raised:
        read(content.encode(), "", URL)
    assert str(raised.value) == sentence


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content):
    with contextlib.suppress(Unreadable):
        read(content, "", URL)


@given(st.data())
def test_any_damaged_feed_is_read_or_refused(data):
    text = data.draw(st.sampled_from([ATOM, RDF, rss({"title": "Un", "description": "D"})]))
    begin = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(begin, len(text)))
    damaged = text[:begin] + data.draw(st.text(max_size=30)) + text[end:]
    with contextlib.suppress(Unreadable):
        read(damaged.encode("utf-8", "surrogatepass"), "", URL)


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
keys = st.sampled_from(["id", "title", "url", "image", "tags", "author", "authors", "attachments",
    "rendered", "content", "excerpt", "acf", "meta", "_embedded", "wp:term", "wp:featuredmedia",
    "media_details", "sizes", "large", "date_gmt", "date_published", "name", "_x"])  # fmt: skip
trees = st.recursive(
    leaves,
    lambda t: st.lists(t, max_size=3) | st.dictionaries(keys, t, max_size=4),
    max_leaves=10,
)


@given(st.lists(st.dictionaries(keys, trees, max_size=6), max_size=3), st.booleans())
def test_any_json_is_read_or_refused(items, is_feed):
    posts = [{"title": None} | item for item in items]
    with contextlib.suppress(Unreadable):
        read(json.dumps({"items": items} if is_feed else posts).encode(), "", URL)
