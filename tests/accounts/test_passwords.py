"""What a password must be, and how it is kept."""

import argon2
import factories
import pytest

from crm import users
from crm.accounts.passwords import MAX_PASSWORD, PARAMETERS, weakness


@pytest.mark.parametrize(
    "password",
    [
        "court", "onze signe", "123456789012", "aaaaaaaaaaaa", "motdepasse2026", "azertyuiop12",
        "Azertyuiop123!", "qwertyuiop123", "Password1234!", "longpassword123", "administrateur1",
        "awa.diallo2026", "maillage2026", "resaclic2026", "x" * (MAX_PASSWORD + 1),
    ],
)  # fmt: skip
def test_what_is_tried_first_is_refused(password):
    assert weakness(password, ("Awa Diallo", "awa.diallo@example.org"))


@pytest.mark.parametrize(
    "password",
    [factories.PASSWORD, "bonjour-arvalia", "douze caractères au moins", "cheval agrafe batterie",
     "ñandú 🐦 sobre el río", "x7#kQ9!mPz2w", "un deux trois quatre " * 9],
)  # fmt: skip
def test_any_characters_will_do_when_they_are_many(password):
    assert weakness(password, ("Awa Diallo", "awa.diallo@example.org")) is None


def test_the_network_s_own_name_is_tried_too():
    assert weakness("arvalia-2026") is None
    assert weakness("arvalia-2026", ("Arvalia",))


def test_a_very_long_password_costs_no_time():
    assert weakness("ab" * 100) is not None


def test_passwords_are_hashed_as_rfc_9106_asks():
    """OWASP ASVS 11.4.2: argon2id, 64 MiB, three passes."""
    made = argon2.PasswordHasher.from_parameters(PARAMETERS)
    assert (made.memory_cost, made.time_cost, made.type) == (64 * 1024, 3, argon2.Type.ID)


def test_a_hash_with_former_parameters_is_made_again_at_sign_in(visitor):
    awa = factories.awa()
    awa.password_hash = argon2.PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(
        factories.PASSWORD
    )
    former = awa.password_hash
    visitor.post("/connexion", data={"email": awa.email, "password": factories.PASSWORD})
    assert awa.password_hash != former
    assert not users.hasher.check_needs_rehash(awa.password_hash)
    assert awa.has_password(factories.PASSWORD)


def test_a_broken_hash_opens_nothing():
    for kept in ("", "x", "$argon2id$v=19$m=8,t=1,p=1$", "motdepasse"):
        assert not users.matches(kept, "")
        assert not users.matches(kept, kept)
