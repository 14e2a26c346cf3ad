"""What a password must be: long enough, and not one that is tried first."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import argon2
from zxcvbn import zxcvbn

# CNIL, délibération 2022-100: where attempts are limited, 50 bits are enough; twelve characters
# that are not guessed at once hold more. No rule on kinds of characters (OWASP ASVS 6.2.5).
MIN_PASSWORD = 12
MAX_PASSWORD = 200
MIN_BESIDES = 8  # characters, beside the words that whoever knows the person tries
# Ten million guesses must not be enough (a power of ten).
MIN_GUESSES = 7

# RFC 9106 §4, second choice: 64 MiB, 3 passes. Hashes made with others are remade at sign-in.
PARAMETERS = argon2.profiles.RFC_9106_LOW_MEMORY

_READ = 72  # characters that the estimate looks at: its time grows with the square of the length


def weakness(password: str, words: Iterable[str] = ()) -> str | None:
    """Why `password` is refused, in French, or None. `words` are those one thinks of first: the
    person's name, their address, the network."""
    if len(password) < MIN_PASSWORD:
        return f"Le mot de passe compte au moins {MIN_PASSWORD} caractères."
    if len(password) > MAX_PASSWORD:
        return f"Le mot de passe compte au plus {MAX_PASSWORD} caractères."
    if len(_without(password.lower(), words)) < MIN_BESIDES:
        return "Ce mot de passe contient surtout votre nom, votre adresse ou celui du réseau."
    guesses = zxcvbn(password[:_READ], user_inputs=[*common_words()])["guesses_log10"]
    if guesses < MIN_GUESSES:
        return (
            "Ce mot de passe se devine trop vite\u00a0: quatre ou cinq mots sans lien entre eux "
            "résistent bien mieux."
        )
    return None


@cache
def common_words() -> tuple[str, ...]:
    """What people of France type first; English words and passwords are in the library's lists."""
    lines = Path(__file__).with_name("common.txt").read_text("utf-8").splitlines()
    return tuple(word for line in lines if not line.startswith("#") for word in line.split())


def _without(password: str, words: Iterable[str]) -> str:
    """What is left without the words, nor their parts: « awa.diallo@example.org » has four."""
    parts = {part for word in words for part in re.split(r"[\W_]+", word.lower())}
    for part in sorted((part for part in parts if len(part) > 2), key=len, reverse=True):
        password = password.replace(part, "")
    return password
