"""Kinds: an organisation or a person, the two sorts of contact."""

from enum import StrEnum


class ContactKind(StrEnum):
    ORGANISATION = "organisation"
    PERSON = "person"

    @property
    def label(self) -> str:
        return {"organisation": "Organisations", "person": "Personnes"}[self]
