"""Personal links."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.tokens import Signer

numbers = st.integers(min_value=0, max_value=2**64 - 1)


@given(numbers)
def test_a_token_gives_its_number_back(number):
    signer = Signer(["secret"], "leave")
    assert signer.read(signer.sign(number)) == number


def test_a_token_survives_a_change_of_secret():
    old = Signer(["old"], "leave").sign(42)
    assert Signer(["new", "old"], "leave").read(old) == 42
    assert Signer(["new"], "leave").read(old) is None


def test_a_token_opens_one_purpose_only():
    token = Signer(["secret"], "leave").sign(42)
    assert Signer(["secret"], "preferences").read(token) is None


@given(numbers, st.integers(0, 60), st.characters())
def test_an_altered_token_is_refused(number, place, character):
    signer = Signer(["secret"], "leave")
    token = signer.sign(number)
    altered = token[: place % len(token)] + character + token[place % len(token) + 1 :]
    assert altered == token or signer.read(altered) is None


@pytest.mark.parametrize("token", ["", "A", "é" * 30, "A" * 5000, "====", " ", "../../etc"])
def test_what_is_not_a_token_is_refused(token):
    assert Signer(["secret"], "leave").read(token) is None
