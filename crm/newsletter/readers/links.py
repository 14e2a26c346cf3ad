"""Personal links: leaving, preferences, confirmation, each opened by a token of its own."""

from functools import cache

from crm.config import Settings
from crm.tokens import Signer

LEAVE, PREFERENCES, CONFIRM, MOVE = "quitter", "preferences", "confirmer", "adresse"
OPENED = "ouverture"
_PATHS = {
    LEAVE: "desinscription",
    PREFERENCES: "preferences",
    CONFIRM: "confirmation",
    MOVE: "adresse",
    OPENED: "ouverture",
}


@cache
def signer(keys: tuple[str, ...], purpose: str, *, folded: bool = False) -> Signer:
    """What signs and reads the tokens of one purpose; `keys` as `Settings.keys`."""
    return Signer(keys, purpose, folded=folded)


def prefix(settings: Settings, purpose: str) -> str:
    """What the addresses of one purpose have in common; the token follows."""
    return f"{settings.base_url}/lettres/{_PATHS[purpose]}/"


def leave_token(subscription_id: int) -> str:
    return _token(LEAVE, subscription_id)


def preferences_token(subscription_id: int) -> str:
    return _token(PREFERENCES, subscription_id)


def confirm_token(subscription_id: int) -> str:
    return _token(CONFIRM, subscription_id)


def leave_url(subscription_id: int) -> str:
    return _url(LEAVE, subscription_id)


def preferences_url(subscription_id: int) -> str:
    return _url(PREFERENCES, subscription_id)


def confirm_url(subscription_id: int) -> str:
    return _url(CONFIRM, subscription_id)


def move_url(move_id: int) -> str:
    """The link that confirms a change of address."""
    return _url(MOVE, move_id)


def read_move(token: str) -> int | None:
    return _read(MOVE, token)


def read_opened(token: str) -> int | None:
    """The delivery whose reader, having agreed to it, has just opened it."""
    return _read(OPENED, token)


def read_leave(token: str) -> int | None:
    """The subscription that this token lets leave, or None when it is not one of ours."""
    return _read(LEAVE, token)


def read_preferences(token: str) -> int | None:
    return _read(PREFERENCES, token)


def read_confirm(token: str) -> int | None:
    return _read(CONFIRM, token)


def _token(purpose: str, subscription_id: int) -> str:
    return signer(Settings.current().keys, purpose).sign(subscription_id)


def _url(purpose: str, subscription_id: int) -> str:
    return prefix(Settings.current(), purpose) + _token(purpose, subscription_id)


def _read(purpose: str, token: str) -> int | None:
    return signer(Settings.current().keys, purpose).read(token)
