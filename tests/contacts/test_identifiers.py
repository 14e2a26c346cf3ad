"""SIREN, SIRET and RNA: what is one, what is not, and why."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.contacts import identifiers
from crm.contacts.identifiers import agree, follows_luhn, rna, siren, siret, spaced

HUGE = "9" * 100_000


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("732829320", "732829320"),
        ("732 829 320", "732829320"),
        ("732.829.320", "732829320"),
        (" 356 000 000 ", "356000000"),
    ],
)
def test_a_siren_is_kept_as_nine_digits(typed, kept):
    assert siren(typed) == kept


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Un SIREN compte 9 chiffres\u00a0: «\u00a0\u00a0» n’en est pas un."),
        ("12345", "Un SIREN compte 9 chiffres, celui-ci 5."),
        ("73282932A", "Un SIREN compte 9 chiffres\u00a0: «\u00a073282932A\u00a0» n’en est pas un."),
        ("٧٣٢٨٢٩٣٢٠", "Un SIREN compte 9 chiffres\u00a0: «\u00a0٧٣٢٨٢٩٣٢٠\u00a0» n’en est pas un."),
        ("732829321", "Ce SIREN n’existe pas\u00a0: un chiffre est faux, ou deux sont inversés."),
        ("000000000", "Ce SIREN n’existe pas\u00a0: un chiffre est faux, ou deux sont inversés."),
        (HUGE, "Un SIREN compte 9 chiffres, celui-ci 100000."),
    ],
)
def test_what_is_not_a_siren_is_told(typed, said):
    with pytest.raises(ValueError, match="SIREN") as refused:
        siren(typed)
    assert str(refused.value) == said


def test_a_siret_follows_luhn():
    assert siret("732 829 320 00074") == "73282932000074"
    with pytest.raises(ValueError, match=r"^Ce SIRET n’existe pas"):
        siret("73282932000075")
    with pytest.raises(ValueError, match=r"^Un SIRET compte 14 chiffres, celui-ci 9\.$"):
        siret("732829320")


def test_the_offices_of_la_poste_follow_their_own_rule():
    """Their digits add up to a multiple of five; Luhn's rule does not hold for them."""
    office = "35600000000051"
    assert not follows_luhn(office)
    assert sum(map(int, office)) % 5 == 0
    assert siret(office) == office
    with pytest.raises(ValueError, match=r"^Ce SIRET n’existe pas"):
        siret("35600000000052")
    # The same sum saves nobody else's number.
    with pytest.raises(ValueError, match=r"^Ce SIRET n’existe pas"):
        siret("73282932000004")


def test_the_head_office_of_la_poste_follows_luhn():
    assert siret("35600000000048") == "35600000000048"


@pytest.mark.parametrize("typed", ["W691012345", "w 691 012 345", "W2A1000012", "W2b.200.0034"])
def test_an_rna_is_w_and_nine_characters(typed):
    assert rna(typed).startswith("W")
    assert len(rna(typed)) == 10


@pytest.mark.parametrize("typed", ["", "W69101234", "W6910123456", "691012345", "W3A1000012", HUGE])
def test_what_is_not_an_rna_is_told(typed):
    with pytest.raises(ValueError, match=r"^Un numéro RNA s’écrit W et 9 chiffres"):
        rna(typed)


def test_a_siret_begins_with_its_siren():
    assert agree("732829320", "73282932000074")
    assert agree("", "73282932000074")
    assert agree("732829320", "")
    assert not agree("356000000", "73282932000074")


def test_numbers_are_read_aloud_in_threes():
    assert spaced("732829320").replace("\u00a0", " ") == "732 829 320"
    assert spaced("73282932000074").replace("\u00a0", " ") == "732 829 320 00074"
    assert spaced("") == ""


@given(st.integers(0, 99_999_999), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen(body, place, shift):
    """Luhn's promise: change one digit of a right number, and it is wrong."""
    start = f"{body:08}"
    right = next(f"{start}{key}" for key in range(10) if identifiers.follows_luhn(f"{start}{key}")
                 or f"{start}{key}" == "0" * 9)  # fmt: skip
    wrong = right[:place] + str((int(right[place]) + shift) % 10) + right[place + 1 :]
    assert not follows_luhn(wrong)


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_refused(typed):
    for read in (siren, siret, rna):
        with contextlib.suppress(ValueError):
            assert read(typed).isascii()
