"""Two writings of one page agree; two pages never do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.newsletter.feeds.addresses import LONGEST, canonical_url, is_home, web_address

PAGE = "https://site.example.org/actualites/un-nouvel-atlas"


@pytest.mark.parametrize(
    "other",
    [
        "http://site.example.org/actualites/un-nouvel-atlas",
        "https://www.site.example.org/actualites/un-nouvel-atlas/",
        "HTTPS://SITE.Example.org:443/actualites/un-nouvel-atlas",
        "http://site.example.org:80//actualites//un-nouvel-atlas",
        "https://site.example.org./actualites/un-nouvel-atlas#suite",
        PAGE + "?utm_source=flux&utm_medium=rss",
        PAGE + "?fbclid=abc&gclid=1&mc_cid=2&mc_eid=3&pk_campaign=x&mtm_source=y",
        PAGE + "?xtor=RSS-1&ref=lettre&source=flux",
        PAGE + "?v=20261121&couleur=bleu",
        PAGE + "/index.php",
        PAGE + ";jsessionid=12AB",
        PAGE + "?",
    ],
)
def test_two_writings_of_a_page_agree(other):
    assert canonical_url(other) == canonical_url(PAGE)


def test_index_parameters_and_their_order():
    assert canonical_url("https://a.example.org/index.php?b=2&a=1") == canonical_url(
        "http://www.a.example.org/?a=1&b=2"
    )


def test_accents_are_written_in_one_way():
    assert canonical_url("https://a.example.org/été-à-lyon") == canonical_url(
        "https://a.example.org/%c3%a9t%C3%A9-%C3%A0-lyon"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/?p=123", "/?p=124"),
        ("/?p=123", "/"),
        ("/spip.php?article12", "/spip.php?article13"),
        ("/spip.php?page=article&id_article=1", "/spip.php?page=article&id_article=2"),
        ("/offre?id=3", "/offre?id=4"),
        ("/nos-offres?offre=3", "/nos-offres?offre=4"),
        ("/fiche-detail?tx_news_pi1[news]=3", "/fiche-detail?tx_news_pi1[news]=4"),
        ("/page?n=1", "/page?n=2"),
        ("/recherche?q=eau", "/recherche?q=sante"),
        ("/Atelier", "/atelier"),
        ("/un", "/deux"),
    ],
)
def test_two_pages_stay_apart(one, other):
    assert canonical_url("https://a.example.org" + one) != canonical_url(
        "https://a.example.org" + other
    )


def test_another_port_is_another_site():
    assert canonical_url("https://a.example.org:8443/x") == "a.example.org:8443/x"


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "/relative", "mailto:a@b.org",
    "http://", "http://[::1", "https://a:99999/", "http://a:0/"])  # fmt: skip
def test_what_names_no_page_has_no_canonical_address(url):
    assert canonical_url(url) == ""


@pytest.mark.parametrize(("url", "home"), [("", True), ("/", True), ("/fr/", True),
    ("/index.php?utm_source=x", True), ("/agenda", False), ("/?p=3", False)])  # fmt: skip
def test_a_home_page_is_known(url, home):
    assert is_home(canonical_url("https://www.example.org" + url)) is home


@given(st.text(max_size=80), st.text(max_size=40))
def test_a_canonical_address_is_stable(path, query):
    canonical = canonical_url(f"https://a.example.org/{path}?{query}")
    assert canonical_url(f"http://www.{canonical}") == canonical


@given(st.text())
def test_any_text_is_taken(text):
    assert len(canonical_url(text)) <= LONGEST
    assert web_address(text, "https://a.example.org/b/") == "" or len(text) <= LONGEST


@given(st.text(min_size=1, max_size=30, alphabet="aé/"), st.integers(2000, 2300))
def test_a_very_long_address_fits_its_column(piece, length):
    path = (piece * length)[:length]
    assert len(canonical_url("https://a.example.org/" + path)) <= LONGEST


@pytest.mark.parametrize(
    ("link", "whole"),
    [
        ("../images/a.jpg", "https://a.example.org/images/a.jpg"),
        ("//b.example.org/x", "https://b.example.org/x"),
        (" https://b.example.org/un deux\n", "https://b.example.org/un%20deux"),
        ('https://b.example.org/"onclick="x', "https://b.example.org/%22onclick=%22x"),
        ("java\tscript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("file:///etc/passwd", ""),
        (None, ""),
        (12, ""),
    ],
)
def test_a_link_becomes_a_whole_web_address(link, whole):
    assert web_address(link, "https://a.example.org/flux/") == whole
