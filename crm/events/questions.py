"""Questions: what the form of an event asks beside names, and how answers are kept and read."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from crm.contacts.fold import fold
from crm.events.events import Event
from crm.events.kinds import QuestionKind
from crm.text import one_line

MOST = 12
_CHOOSES = (QuestionKind.CHOICE, QuestionKind.SEVERAL)


@dataclass(frozen=True)
class Question:
    """One question. Its key stays when its words change: answers are kept under it."""

    key: str
    label: str
    kind: QuestionKind = QuestionKind.LINE
    choices: list[str] = field(default_factory=list)
    is_required: bool = False

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        return cls(
            key=str(kept["key"]),
            label=str(kept["label"]),
            kind=QuestionKind(kept["kind"]),
            choices=[str(one) for one in kept.get("choices", [])],
            is_required=bool(kept.get("is_required")),
        )

    @property
    def is_choice(self) -> bool:
        return self.kind in _CHOOSES

    def said(self, answer: Any) -> str:
        """An answer as people read it."""
        if self.kind is QuestionKind.YES:
            return "oui" if answer else "non"
        return ", ".join(map(str, answer)) if isinstance(answer, list) else str(answer or "")


def questions_of(event: Event) -> list[Question]:
    return [Question.read(one) for one in event.questions]


def keep(questions: Sequence[Question]) -> list[dict[str, Any]]:
    """The questions as an event keeps them."""
    return [asdict(one) | {"kind": one.kind.value} for one in questions]


class BadQuestion(ValueError):
    """Why a question cannot be asked, in one French sentence."""


def compose(rows: Sequence[Mapping[str, Any]], before: Sequence[Question]) -> list[Question]:
    """The questions typed in these rows (label, kind, choices a line each, is_required), blanks
    left out; each keeps the key it had. Raises BadQuestion."""
    keys = {one.key: one for one in before}
    made: list[Question] = []
    for row in rows:
        label = one_line(row.get("label"))[:200]
        if not label:
            continue
        kind = QuestionKind(row.get("kind") or QuestionKind.LINE)
        choices = list(dict.fromkeys(filter(None, map(one_line, _lines(row.get("choices"))))))
        if kind in _CHOOSES and len(choices) < 2:
            said = f"«\u00a0{label}\u00a0»\u00a0: donnez au moins deux réponses, une par ligne."
            raise BadQuestion(said)
        key = str(row.get("key") or "")
        key = key if key in keys else _new_key(label, {*keys, *(one.key for one in made)})
        made.append(
            Question(key, label, kind, choices if kind in _CHOOSES else [],
                     bool(row.get("is_required")))
        )  # fmt: skip
    if len(made) > MOST:
        raise BadQuestion(f"{MOST} questions au plus.")
    return made


def _lines(text: object) -> list[str]:
    return str(text or "").splitlines()


def _new_key(label: str, used: set[str]) -> str:
    stem = "".join(letter if letter.isalnum() else "_" for letter in fold(label))[:30] or "question"
    key, number = stem, 1
    while key in used:
        number += 1
        key = f"{stem}_{number}"
    return key


def answered(event: Event, answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The answers that were given, as people read them, in the order of the questions."""
    return [
        (one.label, one.said(answers[one.key]))
        for one in questions_of(event)
        if answers.get(one.key) not in (None, "", [])
    ]
