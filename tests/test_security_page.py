"""docs/security.md: what it cites exists, and nothing that applies is left out."""

import re

from crm.config import ROOT

PAGE = (ROOT / "docs/security.md").read_text()
CITED = re.compile(
    r"`((?:crm|tests|docs|migrations|templates|requirements|scripts)/[\w./-]+\.\w+|\w+\.(?:md|toml))`"
)
# How many requirements of each section of OWASP ASVS 5.0 are of levels 1 and 2, by number.
ASKED = {
    "1.1": "1 2", "1.2": "1 2 3 4 5 6 7 8 9", "1.3": "1 2 3 4 5 6 7 8 9 10 11", "1.4": "1 2 3",
    "1.5": "1 2", "2.1": "1 2 3", "2.2": "1 2 3", "2.3": "1 2 3 4", "2.4": "1", "3.2": "1 2",
    "3.3": "1 2 3 4", "3.4": "1 2 3 4 5 6", "3.5": "1 2 3 4 5", "3.7": "1 2", "4.1": "1 2 3",
    "4.2": "1", "4.3": "1 2", "4.4": "1 2 3 4", "5.1": "1", "5.2": "1 2 3", "5.3": "1 2",
    "5.4": "1 2 3", "6.1": "1 2 3", "6.2": "1 2 3 4 5 6 7 8 9 10 11 12", "6.3": "1 2 3 4",
    "6.4": "1 2 3 4", "6.5": "1 2 3 4 5", "6.6": "1 2 3", "6.8": "1 2 3 4", "7.1": "1 2 3",
    "7.2": "1 2 3 4", "7.3": "1 2", "7.4": "1 2 3 4 5", "7.5": "1 2", "7.6": "1 2", "8.1": "1 2",
    "8.2": "1 2 3", "8.3": "1", "8.4": "1", "9.1": "1 2 3", "9.2": "1 2 3 4", "10.1": "1 2",
    "10.2": "1 2", "10.3": "1 2 3 4", "10.4": "1 2 3 4 5 6 7 8 9 10 11", "10.5": "1 2 3 4 5",
    "10.6": "1 2", "10.7": "1 2 3", "11.1": "1 2", "11.2": "1 2 3", "11.3": "1 2 3",
    "11.4": "1 2 3 4", "11.5": "1", "11.6": "1", "12.1": "1 2 3", "12.2": "1 2",
    "12.3": "1 2 3 4", "13.1": "1", "13.2": "1 2 3 4 5", "13.3": "1 2", "13.4": "1 2 3 4 5",
    "14.1": "1 2", "14.2": "1 2 3 4", "14.3": "1 2 3", "15.1": "1 2 3", "15.2": "1 2 3",
    "15.3": "1 2 3 4 5 6 7", "16.1": "1", "16.2": "1 2 3 4 5", "16.3": "1 2 3 4", "16.4": "1 2 3",
    "16.5": "1 2 3",
}  # fmt: skip
BEYOND = {"1.2.10", "6.3.8"}  # of level 3, and wanted all the same


def answered():
    """The requirements the page answers, those without object included."""
    said = set(re.findall(r"\b\d+\.\d+(?:\.\d+)?\b", PAGE))
    return said | {f"{one}.{number}" for one in said if one in ASKED for number in every(one)}


def every(section):
    return ASKED[section].split()


def test_each_file_that_is_cited_exists():
    cited = CITED.findall(PAGE)
    assert len(cited) > 150
    assert [name for name in cited if not (ROOT / name).is_file()] == []


def test_no_requirement_of_the_first_two_levels_is_left_out():
    asked = {f"{section}.{number}" for section in ASKED for number in every(section)} | BEYOND
    assert sorted(asked - answered()) == []


def test_each_line_says_what_meets_it_or_no_and_why():
    for line in PAGE.splitlines():
        if re.match(r"\| \d", line):
            _, _, asked, met, _ = line.split("|")
            assert asked.strip()
            assert re.search(r"`|plus haut|hébergement|\*\*(Non|En partie)\*\*", met), line


def test_each_no_says_why():
    said = re.findall(r"\*\*(?:Non|En partie)\*\*([^|\n]*)", PAGE)
    assert len(said) > 8
    assert [why for why in said if len(why) < 40] == []
