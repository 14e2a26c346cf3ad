"""The parts: each has a licence we may use, and nothing is asked of anybody at run time."""

import re

import pytest

from crm.config import ROOT

# Permissive, or copyleft that stays within the library itself.
ALLOWED = {
    "0BSD", "Apache-2.0", "Apache-2.0 OR BSD-2-Clause", "Apache-2.0 OR BSD-3-Clause",
    "BSD-2-Clause", "BSD-3-Clause", "ISC", "LGPL-3.0-only", "LGPL-3.0-or-later", "MIT", "MIT-0",
    "MIT AND PSF-2.0", "MIT-CMU", "MPL-2.0", "OFL-1.1", "PSF-2.0", "PostgreSQL", "Python-2.0",
    "Unlicense", "Zlib",
}  # fmt: skip
ELSEWHERE = re.compile(
    r"""(?:<link[^>]*href=|src=|@import|url\()\s*["'(]?\s*(?:https?:)?//(?!www\.w3\.org)"""
)


def listed(title):
    """The table under this title of docs/licences.md."""
    text = (ROOT / "docs" / "licences.md").read_text().split(f"## {title}\n")[1].split("\n## ")[0]
    return dict(re.findall(r"(?m)^\| ([^|]+?) \| ([^|]+?) \|$", text.split("|---|---|\n")[1]))


def pinned(file):
    text = (ROOT / "requirements" / file).read_text()
    return {
        re.sub(r"[-_.]+", "-", name).lower()
        for name, when in re.findall(r"(?m)^([A-Za-z0-9._-]+)==[^ ;]+( ; [^\\\n]*)?", text)
        if not when  # the others are for another system
    }


def test_every_part_is_listed_with_a_licence_we_may_use():
    running, testing = listed("Pour faire tourner le site"), listed("Pour les tests")
    assert pinned("run.txt") - set(running) == set(), "lancez « make sbom »"
    assert pinned("test.txt") - set(running) - set(testing) == set(), "lancez « make sbom »"
    assert {name: licence for name, licence in (running | testing).items()
            if licence not in ALLOWED} == {}  # fmt: skip


@pytest.mark.parametrize(
    "folder", ["templates/public", "templates/staff", "templates/layouts", "crm/static"]
)
def test_no_page_asks_anything_of_another_site(folder):
    for file in (ROOT / folder).rglob("*"):
        if file.suffix in (".html", ".css", ".js") and ".mjml" not in file.name:
            assert ELSEWHERE.findall(file.read_text()) == [], file


def test_every_pinned_part_has_a_hash():
    for name in ("run.txt", "test.txt"):
        text = (ROOT / "requirements" / name).read_text()
        assert text.count("==") <= text.count("--hash=sha256:")
        assert "://" not in text
