"""A page has one address: endpoint, view and template agree."""

import inspect
import re

from crm.config import ROOT

HOUSE = {"static", "bootstrap.static", "public.health"}


def pages(app):
    return [
        (endpoint, inspect.unwrap(view))
        for endpoint, view in app.view_functions.items()
        if endpoint not in HOUSE
    ]


def test_an_endpoint_names_its_module_and_its_view(app):
    for endpoint, view in pages(app):
        side, *middle, name = endpoint.split(".")
        expected = {
            ".".join(["crm", *middle]),
            ".".join(["crm", middle[0], side, *middle[1:]]),
            f"crm.{side}" if middle == ["home"] else "",
        }
        assert view.__module__ in expected, endpoint
        assert view.__name__ == name, endpoint


def test_a_view_renders_the_templates_of_its_own_address(app):
    for endpoint, view in pages(app):
        folder = "/".join(endpoint.split(".")[:-1])
        source = inspect.getsource(inspect.getmodule(view))
        for template in re.findall(r'"([a-z_/]+\.html)"', source):
            assert template.startswith(f"{folder}/"), (endpoint, template)


def test_every_template_of_a_page_exists_and_says_its_title_once(app):
    for file in (ROOT / "templates").rglob("*.html"):
        text = file.read_text()
        name = str(file.relative_to(ROOT / "templates"))
        if "{% extends" in text and not name.startswith(("layouts/", "mail/", "errors/")):
            assert text.count("{% set title") == 1, name
            assert "<h1" not in text, f"{name}: the layout writes the h1"


def test_templates_hold_no_inline_script_or_style(app):
    for file in (ROOT / "templates").rglob("*.html"):
        name = str(file.relative_to(ROOT / "templates"))
        if name.startswith("mail/") or ".mjml" in name:
            continue
        text = file.read_text()
        assert " style=" not in text, name
        assert "<style" not in text, name
        assert "onclick" not in text, name
        assert "<script>" not in text, name
