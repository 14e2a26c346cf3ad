"""Features: who is asked about someone, in the order a file tells it and an erasure goes."""

from collections.abc import Iterator

from crm.contacts import personal as contacts
from crm.events import personal as events
from crm.newsletter.readers import personal as newsletter
from crm.personal import Feature, Holding, Processing
from crm.privacy import house
from crm.requests import personal as requests

# The cards go last but one: the others are found by them. The house’s mails go with everything.
FEATURES: tuple[Feature, ...] = (requests, events, newsletter, contacts, house)


def processings() -> list[Processing]:
    """The lines of the register, the directory first."""
    order = (contacts, requests, newsletter, events, *FEATURES)
    found = (one for feature in dict.fromkeys(order) for one in feature.PROCESSINGS)
    return list(found)


def holdings() -> Iterator[Holding]:
    """What every table declares to hold."""
    for feature in FEATURES:
        yield from feature.HOLDINGS


def about_nobody() -> set[str]:
    """The tables declared to say nothing of anybody."""
    return {table for feature in FEATURES for table in feature.ABOUT_NOBODY}
