"""Whatever is typed in an address or sent to it, the answer is a page, never a fault of ours."""

import re
from functools import cache

import factories
import pytest
from flask import render_template_string

from crm.config import ROOT
from crm.listing import Listing

HUGE = "99999999999999999999"  # no column holds it
ODD = ("%00", "%FF", "%ED%A0%80", "0001-01-01", HUGE, "-1", "9999-12-31", "%C2%B2", "", "a" * 300)
# Names that `url_for` would take for its own; a hostile link may hold them.
FOR_URL_FOR = "_scheme=javascript&_external=1&_anchor=%0Aalert(1)&endpoint=x&form=x&_method=x"
ARGUMENT = re.compile(r"""(?:args|form|typed|said|values)(?:\.get|\.getlist)?[([]\s*"([\w-]+)\"""")


def addresses(app, method):
    """Every address that takes this method, with values that no row has."""
    for rule in app.url_map.iter_rules():
        if method in rule.methods and rule.endpoint not in ("static", "bootstrap.static"):
            yield re.sub(r"<int:\w+>", HUGE, re.sub(r"<(?:string:)?\w+>", "%00%FF", rule.rule))


@cache
def names():
    """What the views of the house read."""
    found = {name for file in (ROOT / "crm").rglob("*.py")
             for name in ARGUMENT.findall(file.read_text())}  # fmt: skip
    assert len(found) > 60
    return sorted(found)


def typed(turn):
    """A quarter of these names, each with an odd value; others at each turn."""
    some = names()[turn % 4 :: 4]
    return "&".join(f"{name}={ODD[(place + turn) % len(ODD)]}" for place, name in enumerate(some))


def test_odd_addresses_get_a_page(app, signed_in):
    client = signed_in(factories.nadia())
    for turn, address in enumerate(addresses(app, "GET")):
        answer = client.get(f"{address}?{typed(turn)}")
        assert answer.status_code < 500, (address, answer.status_code)


def test_odd_forms_get_a_page(app, signed_in):
    nadia = factories.nadia()
    client = signed_in(nadia)
    for turn, address in enumerate(addresses(app, "POST")):
        if address == "/deconnexion":
            continue
        body, kind = typed(turn), "application/x-www-form-urlencoded"
        if turn % 5 == 0:
            body, kind = b'[{"key":1e999}]', "application/json"
        answer = client.post(address, data=body, content_type=kind)
        assert answer.status_code < 500, (address, answer.status_code)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_whose_midnight_does_not_exist_is_nobody_s_fault(signed_in, day):
    client = signed_in(factories.nadia())
    for address in ("reglages/journal/?du={}&au={}", "contacts/?inscription={}&demande={}"):
        assert client.get(f"/gestion/{address.format(day, day)}").status_code in (200, 404)


def test_what_is_typed_makes_no_other_address(app, signed_in):
    """An argument named « _scheme » is an argument: no link of ours becomes a script."""
    for file in (ROOT / "templates").rglob("*.html"):
        assert not re.search(r"(?:dict\(|\*\*)request\.args", file.read_text()), file.name
    client = signed_in(factories.nadia())
    for address in ("reglages/journal/", "evenements/bilan/lignes", "demandes/chiffres/lignes"):
        page = client.get(f"/gestion/{address}?{FOR_URL_FOR}")
        assert page.status_code in (200, 404), address
        assert not re.search(r'(?:href|action)="javascript', page.text)
    with app.test_request_context(f"/gestion/reglages/journal/?{FOR_URL_FOR}&a=1&a=2&page=7"):
        macro = '{% from "macros/lists.html" import pages with context %}{{ pages(page) }}'
        links = render_template_string(macro, page=Listing([], 500, 2))
    assert re.findall(r'href="([^"]*)"', links) == [
        f"?_scheme=javascript&amp;_external=1&amp;_anchor=%0Aalert%281%29&amp;endpoint=x"
        f"&amp;form=x&amp;_method=x&amp;a=1&amp;a=2&amp;page={page}"
        for page in (1, 3)
    ]


def test_the_name_a_visitor_asks_by_is_written_nowhere(app, visitor):
    """Links of public pages come from CRM_BASE_URL, not from a header anybody writes."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("public.") and not rule.arguments and "GET" in rule.methods:
            answer = visitor.get(rule.rule, headers={"Host": "autre.example.org"})
            assert "autre.example.org" not in answer.text, rule.rule
            assert "autre.example.org" not in answer.headers.get("Location", ""), rule.rule
