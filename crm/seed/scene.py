"""A scene: one place, one country, one village, and the words a template asks for."""

import random
from collections.abc import Callable

from crm.contacts.departments import DEPARTMENTS
from crm.seed import countries, patterns, places
from crm.seed.countries import Country
from crm.seed.french import at, of
from crm.seed.names import HONOURED
from crm.seed.places import GRAMMAR, Place


class Scene(dict[str, str]):
    """What `{commune}`, `{au_pays}`, `{image}`… stand for; each asked twice answers the same."""

    def __init__(self, rng: random.Random, place: Place, country: Country, **given: str) -> None:
        super().__init__(given)
        self.rng, self.place, self.country = rng, place, country
        self.village = rng.choice(country.villages)

    @classmethod
    def drawn(cls, rng: random.Random, template: str = "", **given: str) -> "Scene":
        """A scene for `template`: in an invented town if it speaks of one."""
        if "ville}" in template:
            place = rng.choice(places.INVENTED)
        else:
            place = rng.choices(places.REAL, cum_weights=places.CUMULATED)[0]
        return cls(
            rng,
            place,
            rng.choices(countries.COUNTRIES, cum_weights=countries.CUMULATED)[0],
            **given,
        )

    def __missing__(self, key: str) -> str:
        self[key] = _WORDS[key](self)
        return self[key]

    def tell(self, template: str) -> str:
        return template.format_map(self)


def _elided(name: str) -> str:
    """« du Pays de… », « de la Vallée… », « des Monts… » before an invented stretch of country."""
    first = name.split(maxsplit=1)[0]
    if first in _FEMININE:
        return f"de la {name}"
    if first in _PLURAL:
        return f"des {name}"
    return of(name) if first == "Entre" else f"du {name}"


_FEMININE = {"Vallée", "Source", "Plaine"}
_PLURAL = {"Monts", "Rives", "Hautes", "Portes", "Balcons", "Coteaux", "Gorges", "Lacs", "Terres"}


def _one_of(words: list[str]) -> Callable[[Scene], str]:
    return lambda scene: scene.rng.choice(words)


_WORDS: dict[str, Callable[[Scene], str]] = {
    "commune": lambda scene: scene.place.commune,
    "a_commune": lambda scene: at(scene.place.commune),
    "de_commune": lambda scene: of(scene.place.commune),
    "ville": lambda scene: scene.place.commune,
    "a_ville": lambda scene: at(scene.place.commune),
    "de_ville": lambda scene: of(scene.place.commune),
    "departement": lambda scene: DEPARTMENTS[scene.place.department],
    "du_departement": lambda scene: GRAMMAR[scene.place.department][0],
    "en_departement": lambda scene: GRAMMAR[scene.place.department][1],
    "village": lambda scene: scene.village,
    "de_village": lambda scene: of(scene.village),
    "a_village": lambda scene: at(scene.village),
    "pays": lambda scene: scene.country.name,
    "le_pays": lambda scene: scene.country.the,
    "au_pays": lambda scene: scene.country.at,
    "du_pays": lambda scene: scene.country.of,
    "gens": lambda scene: scene.country.people,
    "femmes": lambda scene: scene.country.women,
    "image": _one_of(patterns.IMAGES),
    "ajout": _one_of(patterns.ADDITIONS),
    "mouvement": _one_of(patterns.MOVEMENTS),
    "arbres": _one_of(patterns.TREES),
    "marque": _one_of(patterns.BRANDS),
    "metier": _one_of(patterns.TRADES),
    "faculte": _one_of(patterns.FACULTIES),
    "recherche": _one_of(patterns.RESEARCH),
    "honneur": _one_of(HONOURED),
    "pays_nu": _one_of(places.LANDS),
    "pays_local": lambda scene: _elided(scene.rng.choice(places.LANDS)),
    "stem": _one_of(places.NICKNAMES),
}
