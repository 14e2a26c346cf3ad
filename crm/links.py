"""Personal links: tokens signed with the keys of this installation; some can be renewed."""

from functools import cache

from crm.config import Settings
from crm.tokens import Signer

_VERSIONS = 256  # of one link: after so many renewals, the first would open again


@cache
def _signer(keys: tuple[str, ...], purpose: str) -> Signer:
    return Signer(keys, purpose)


def sign(purpose: str, number: int) -> str:
    """The token of a number, good for this purpose alone."""
    return _signer(Settings.current().keys, purpose).sign(number)


def read(purpose: str, token: str) -> int | None:
    """The number that was signed for this purpose, or None when the token is not one of ours."""
    return _signer(Settings.current().keys, purpose).read(token)


def sign_renewable(purpose: str, number: int, version: int) -> str:
    """The token of a row whose link opens nothing any more once its version has changed."""
    return sign(purpose, number * _VERSIONS + version % _VERSIONS)


def read_renewable(purpose: str, token: str) -> tuple[int, int] | None:
    """The number and the version of such a token; see `is_current`."""
    number = read(purpose, token)
    return None if number is None else divmod(number, _VERSIONS)


def is_current(version: int, said: int) -> bool:
    """Whether a token that says this version still opens a row that has `version` now."""
    return version % _VERSIONS == said
