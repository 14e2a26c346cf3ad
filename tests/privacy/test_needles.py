"""How somebody may be named in a text about something else, and who is not them."""

import cards
import pytest

from crm.contacts.spelled import like
from crm.personal import Who
from crm.privacy.needles import Needles

WHO = Who(
    emails=frozenset({"zoe@example.org", "z+b@example.org"}),
    names=(("Zoé-Ève", "L’Hœrvak"),),
    phones=frozenset({"06 98 41 73 52"}),
)


@pytest.fixture
def needles(app):
    return Needles.of(WHO)


@pytest.mark.parametrize(
    "text",
    [
        "Zoé-Ève L’Hœrvak", "ZOE EVE L'HOERVAK", "l'hœrvak, zoé ève", "CV_L-Hoervak_Zoe-Eve.pdf",
        "q=Zo%C3%A9-%C3%88ve+L%E2%80%99H%C5%93rvak&page=1",
        "Zoe\u0301-E\u0300ve L’Hœrvak", "ZOE@example.org", "q=zoe%40example.org",
        "z%2Bb@example.org", "écrit dans 20260303-090000-0001-zoe@example.org.eml",
        "+33 6 98 41 73 52", "06+98+41+73+52",
    ],
)  # fmt: skip
def test_whatever_the_spelling_it_is_them(needles, text):
    assert needles.are_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "Zoé-Ève", "Zoé-Ève L’Hœrvakov", "Azoé-Ève L’Hœrvak", "jean.zoe@example.org",
        "jean-zoe@example.org", "zoe@example.org.uk", "zoe@example.organisme", "06 98 41 73 521",
    ],
)  # fmt: skip
def test_what_only_resembles_is_left(needles, text):
    assert needles.replaced({"texte": [text]}) == {"texte": [text]}


def test_somebody_called_the_same_without_accents_is_a_namesake(app):
    cards.begin()
    cards.person("ZOE EVE", "L'Hoervak")
    assert not Needles.of(WHO).are_in("Zoé-Ève L’Hœrvak")
    assert Needles.of(WHO).are_in("zoe@example.org")


def test_the_database_is_asked_for_what_may_be_written_otherwise():
    assert (like("Zylphée"), like("محمد")) == ("%lph%", "%")
