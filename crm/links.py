"""Personal links: tokens signed with the keys of this installation; some can be renewed."""

from functools import cache
from typing import Protocol, TypeVar

from crm.config import Settings
from crm.db import db
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


class Opened(Protocol):
    """A row that has a page of its own, opened by a link that can be renewed."""

    id: int
    link_version: int


Row = TypeVar("Row", bound=Opened)


def page_token(purpose: str, row: Opened) -> str:
    """What opens the page of a row. Renewed, it opens nothing any more."""
    return sign(purpose, row.id * _VERSIONS + row.link_version % _VERSIONS)


def opened(purpose: str, model: type[Row], token: str) -> Row | None:
    """The row whose page this token opens, or None when it opens nothing (any more)."""
    number = read(purpose, token)
    if number is None:
        return None
    row_id, version = divmod(number, _VERSIONS)
    row = db.session.get(model, row_id)
    return row if row is not None and row.link_version % _VERSIONS == version else None
