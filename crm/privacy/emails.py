"""The mail of retention: asked once, whether someone wants to stay."""

from datetime import timedelta
from functools import cache

from crm.config import Settings
from crm.db import now
from crm.filters import day
from crm.mail import Mail, post
from crm.privacy.lapses import Lapse, Retention
from crm.tokens import Signer

_PURPOSE = "conservation"


def ask(lapse: Lapse, to: str, rule: Retention) -> Mail:
    """« Souhaitez-vous rester en contact ? », with the personal link that answers."""
    return post(
        to,
        "privacy/ask",
        subject="Souhaitez-vous rester en contact\u00a0?",
        years=rule.years,
        until=day(now() + timedelta(days=rule.days)),
        answer_url=answer_url(lapse),
    )


def answer_url(lapse: Lapse) -> str:
    """The personal link of someone who was asked."""
    settings = Settings.current()
    return f"{settings.base_url}/vie-privee/{_signer(settings.keys).sign(lapse.id)}"


def read_answer(token: str) -> int | None:
    """The lapse that this link answers, or None when it is not one of ours."""
    return _signer(Settings.current().keys).read(token)


@cache
def _signer(keys: tuple[str, ...]) -> Signer:
    return Signer(keys, _PURPOSE)
