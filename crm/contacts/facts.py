"""Facts: what a card says, and how each thing is read, changed, and told in the journal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any

from crm.contacts.cells import language_name
from crm.contacts.details import Detail, DetailKind
from crm.contacts.identifiers import spaced
from crm.contacts.organisations import LinkKind, Organisation
from crm.contacts.people import Channel, Person
from crm.contacts.terms import Term, Vocabulary
from crm.db import now

Contact = Organisation | Person


@dataclass(frozen=True)
class Fact:
    """One thing a card says. `shown` is how people read a value of it."""

    name: str
    label: str
    said: str  # « téléphones changés »
    get: Callable[[Any], Any]
    set: Callable[[Any, Any], None]
    shown: Callable[[Any], str]
    several: bool = False  # the text lists several values

    def text(self, contact: Contact) -> str:
        """What the card says today, as people read it."""
        return self.shown(self.get(contact))


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _listed(values: Sequence[str]) -> str:
    return ", ".join(values)


def _day(value: date | None) -> str:
    return f"{value:%d/%m/%Y}" if value else ""


def _yes(value: bool) -> str:
    return "oui" if value else "non"


def _title(value: Organisation | None) -> str:
    return value.title if value else ""


def _languages(codes: Sequence[str] | None) -> str:
    return _listed([language_name(code) for code in codes or ()])


def _plain(
    name: str, label: str, said: str, shown: Callable[[Any], str] = _text, empty: Any = None
) -> Fact:
    """A plain column; `empty` is what it holds when nothing is said, if not the value itself."""

    def put(contact: Contact, value: Any) -> None:
        setattr(contact, name, empty if value in ("", None) else value)

    start = label if label.isupper() else f"{label[:1].lower()}{label[1:]}"
    return Fact(name, label, f"{start} {said}", attrgetter(name), put, shown)


def _words(name: str, label: str, said: str) -> Fact:
    return _plain(name, label, said, empty="")


def _number(name: str, label: str, said: str) -> Fact:
    return _plain(name, label, said, lambda value: spaced(value or ""))


def _details(name: str, label: str, kind: DetailKind) -> Fact:
    def get(contact: Contact) -> list[str]:
        return [detail.value for detail in contact.current(kind)]

    def put(contact: Contact, values: Sequence[str]) -> None:
        contact.use_details(kind, values)

    return Fact(name, label, f"{label.lower()} changés", get, put, _listed, several=True)


def _terms(name: str, vocabulary: Vocabulary, said: str) -> Fact:
    def get(contact: Contact) -> list[Term]:
        return [term for term in contact.terms if term.vocabulary is vocabulary]

    def put(contact: Contact, terms: Sequence[Term]) -> None:
        others = [term for term in contact.terms if term.vocabulary is not vocabulary]
        contact.terms = [*others, *sorted(terms, key=_rank)]

    def shown(terms: Sequence[Term]) -> str:
        return _listed([term.label for term in sorted(terms, key=_rank)])

    return Fact(name, vocabulary.label, said, get, put, shown, several=True)


def _rank(term: Term) -> tuple[int, str]:
    return term.position, term.label


def _names(name: str, label: str, *, former: bool) -> Fact:
    def get(organisation: Organisation) -> list[str]:
        return organisation.names(former=former)

    def put(organisation: Organisation, names: Sequence[str]) -> None:
        organisation.rename_others(names, former=former)

    return Fact(name, label, f"{label.lower()} changés", get, put, _listed, several=True)


def _forgotten() -> Fact:
    """Mails and numbers to forget for good: someone's typing mistake, or their wish."""

    def get(_contact: Contact) -> list[Detail]:
        return []

    def put(contact: Contact, details: Sequence[Detail]) -> None:
        for detail in details:
            contact.details.remove(detail)

    def shown(details: Sequence[Detail]) -> str:
        return _listed([detail.value for detail in details])

    return Fact(
        "forgotten", "Anciennes coordonnées", "anciennes coordonnées oubliées", get, put, shown
    )


def _links() -> Fact:
    def get(organisation: Organisation) -> list[tuple[LinkKind, Organisation]]:
        return [(link.kind, link.other) for link in organisation.links]

    def put(organisation: Organisation, links: Sequence[tuple[LinkKind, Organisation]]) -> None:
        organisation.link(links)

    def shown(links: Sequence[tuple[LinkKind, Organisation]]) -> str:
        return _listed([f"{kind.label} {other.title}" for kind, other in links])

    return Fact("links", "Liens", "liens changés", get, put, shown, several=True)


def _public() -> Fact:
    def get(organisation: Organisation) -> bool:
        return organisation.public_at is not None

    def put(organisation: Organisation, is_public: bool) -> None:
        organisation.public_at = (organisation.public_at or now()) if is_public else None

    return Fact("is_public", "Visible du public", "visibilité changée", get, put, _yes)


def _channel(value: Channel | None) -> str:
    return value.label if value else ""


_EMAILS = _details("emails", "Courriels", DetailKind.EMAIL)
_PHONES = _details("phones", "Téléphones", DetailKind.PHONE)
_TAGS = _terms("tags", Vocabulary.TAG, "étiquettes changées")

_OF_ORGANISATIONS = (
    _words("name", "Nom", "changé"),
    _words("acronym", "Sigle", "changé"),
    _names("called", "Autres noms", former=False),
    _names("former", "Anciens noms", former=True),
    Fact("actor_type", "Type d’acteur", "type d’acteur changé", attrgetter("actor_type"),
         lambda card, value: setattr(card, "actor_type", value),
         lambda value: value.label if value else ""),
    _plain("founded_year", "Année de création", "changée"),
    _number("siren", "SIREN", "changé"),
    _number("siret", "SIRET", "changé"),
    _plain("rna", "RNA", "changé"),
    _words("street", "Rue", "changée"),
    _words("postcode", "Code postal", "changé"),
    _words("commune", "Commune", "changée"),
    _words("department", "Département", "changé"),
    _words("postal_address", "Adresse postale", "changée"),
    _EMAILS,
    _PHONES,
    _forgotten(),
    _words("website", "Site", "changé"),
    _plain("languages", "Langues", "changées", _languages, empty=[]),
    _words("description", "Présentation", "changée"),
    _words("competences", "Compétences", "changées"),
    _terms("sectors", Vocabulary.SECTOR, "secteurs changés"),
    _terms("sdgs", Vocabulary.SDG, "objectifs de développement durable changés"),
    _terms("countries", Vocabulary.COUNTRY, "pays changés"),
    _TAGS,
    _plain("staff_count", "Salariés", "changés"),
    _plain("volunteer_count", "Bénévoles", "changés"),
    _links(),
    Fact("relay", "Suivie par le relais", "relais changé", attrgetter("relay"),
         lambda card, value: setattr(card, "relay", value), _title),
    _words("relay_territory", "Territoire du relais", "changé"),
    _plain("on_board_since", "Au conseil d’administration depuis", "changé", _day),
    _public(),
)  # fmt: skip

_OF_PEOPLE = (
    _words("first_name", "Prénom", "changé"),
    _words("last_name", "Nom", "changé"),
    _plain("language", "Langue", "changée", lambda code: language_name(code) if code else "", "fr"),
    _plain("channel", "Canal préféré", "changé", _channel),
    _EMAILS,
    _PHONES,
    _forgotten(),
    _words("commune", "Commune", "changée"),
    _words("department", "Département", "changé"),
    _TAGS,
)

ORGANISATION = {fact.name: fact for fact in _OF_ORGANISATIONS}
PERSON = {fact.name: fact for fact in _OF_PEOPLE}


def facts_of(contact: Contact) -> dict[str, Fact]:
    return PERSON if isinstance(contact, Person) else ORGANISATION
