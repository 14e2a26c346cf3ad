"""Findings: one point of the check-up each, and how bad it is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from crm.config import Settings


class State(StrEnum):
    GOOD = "good"
    DOUBT = "wait"
    WRONG = "bad"

    @property
    def label(self) -> str:
        return {"good": "bien", "wait": "à regarder", "bad": "à corriger"}[self]

    @property
    def sign(self) -> str:
        return {"good": "✓", "wait": "!", "bad": "✗"}[self]


@dataclass(frozen=True)
class Finding:
    """One point: what is so, and what to do about it."""

    title: str
    state: State
    said: str
    advice: str = ""


Look = Callable[[Settings], Iterator[Finding]]
