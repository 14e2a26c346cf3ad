"""What organisations are called, and the words that describe them."""

import random
import re

from crm.contacts.fold import fold
from crm.seed import patterns
from crm.seed.activities import ACTIVITIES
from crm.seed.french import at, capitals, typeset
from crm.seed.scene import Scene

# What some words of a name say about the sector.
_HINTS = {
    "eau": "eau", "puits": "eau", "sante": "sante", "dispensaire": "sante", "hopital": "sante",
    "soins": "sante", "soignants": "sante", "medecins": "sante", "ecole": "education",
    "ecoles": "education", "livres": "education", "cahiers": "education", "enfants": "education",
    "jardins": "agriculture", "paysanne": "agriculture", "agriculteurs": "agriculture",
    "agriculture": "agriculture", "semences": "agriculture", "femmes": "egalite",
    "jeunesse": "jeunesse", "etudiants": "jeunesse", "lumieres": "energie", "solaire": "energie",
    "energies": "energie", "dechets": "dechets", "eaux": "eau", "assainissement": "eau",
    "patrimoine": "culture", "forestiers": "environnement", "mediatheque": "culture",
    "accueil": "migrations", "urgence": "urgence",
}  # fmt: skip
_USUAL = {
    "collectivite": ("gouvernance", "eau", "jeunesse", "education", "culture", "dechets"),
    "epci": ("gouvernance", "eau", "environnement"),
    "enseignement": ("education", "ecsi", "jeunesse"),
    "universite": ("formation", "environnement", "gouvernance"),
    "sante": ("sante",),
    "entreprise": ("economie", "eau", "energie", "dechets"),
    "cooperative": ("economie", "agriculture"),
    "fondation": ("education", "sante", "egalite"),
    "chambre": ("agriculture", "economie"),
    "etablissement-public": ("eau", "environnement", "culture"),
    "etat": ("jeunesse", "egalite"),
    "media": ("culture", "ecsi"),
    "collectif": ("ecsi", "jeunesse"),
    "education-populaire": ("jeunesse", "ecsi", "culture"),
}
_MORE = (
    "Une mission sur place chaque année.",
    "Un partenaire local suit les réalisations tout au long de l’année.",
    "Repas solidaire à l’automne et vente d’artisanat en décembre.",
    "Cherche des bénévoles pour la recherche de fonds.",
    "Intervient volontiers dans les écoles et les centres sociaux.",
    "Le bureau a été renouvelé récemment.",
    "Accueille chaque année une délégation de ses partenaires.",
)
_SKILLS = (
    "montage de projets", "évaluation", "interculturel", "recherche de fonds", "communication",
    "animation de débats", "gestion comptable", "volontariat international", "plaidoyer",
)  # fmt: skip
_TRADES = {
    "eau": "forages et pompage", "agriculture": "maraîchage", "sante": "soins infirmiers",
    "education": "pédagogie", "energie": "énergie solaire", "formation": "formation de formateurs",
    "environnement": "agroforesterie", "culture": "restauration du bâti", "dechets": "compostage",
}  # fmt: skip


class Names:
    """Draws names, none of them twice."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.taken: set[str] = set()

    def keep(self, name: str) -> None:
        self.taken.add(fold(name))

    def draw(self, kind: str) -> tuple[str, Scene]:
        """A new name for that type of actor, and the scene it was drawn from."""
        choices = patterns.PATTERNS[kind]
        weights = [weight for weight, _ in choices]
        while True:
            pattern = self.rng.choices(choices, weights)[0][1]
            scene = Scene.drawn(self.rng, pattern)
            name = scene.tell(pattern)
            if fold(name) not in self.taken:
                self.keep(name)
                return name, scene

    def former(self, scene: Scene) -> str:
        """A name the same people may have had before, in the same place."""
        pattern = self.rng.choice(
            ("Échanges et amitié {village}", "{commune} Solidarité", "Comité {village}",
             "{image} {ajout}", "Coopération {commune} – {village}")
        )  # fmt: skip
        return Scene(self.rng, scene.place, scene.country).tell(pattern)


def sectors(rng: random.Random, kind: str, name: str) -> list[str]:
    """One to three sectors, the one its name tells first."""
    told = [_HINTS[word] for word in fold(name).split() if word in _HINTS]
    usual = _USUAL.get(kind, tuple(ACTIVITIES))
    drawn = rng.sample(usual, min(rng.randint(1, 2), len(usual)))
    return list(dict.fromkeys(told[:1] + drawn))


def misspelt(rng: random.Random, name: str) -> str:
    """The same name, as someone in a hurry writes it."""
    writings = (
        name.replace("Saint-", "St-").replace("Sainte-", "Ste-").replace("-", " "),
        name.replace("Association", "Asso").replace("Comité de jumelage", "Comité jumelage"),
        re.sub(r"([lmnrst])\1", r"\1", name, count=1),
        re.sub(r"^(Les|Le|La) ", "", name),
    )
    others = [writing for writing in writings if writing != name]
    return rng.choice(others) if others and rng.random() < 0.75 else capitals(name)


def describe(rng: random.Random, kind: str, scene: Scene, sectors: list[str]) -> str:
    """A sentence or two, for those who told the network what they do."""
    if rng.random() > 0.45:
        return ""
    lieu = f"{at(scene.village)} ({scene.country.name})"
    activity = rng.choice(ACTIVITIES[sectors[0]]).format(lieu=lieu)
    if kind in ("collectivite", "epci"):
        return typeset(f"Coopération décentralisée avec {scene.village} ({scene.country.name}) : "
                       f"{activity.replace(f' {lieu}', '')}.")  # fmt: skip
    text = f"{activity[0].upper()}{activity[1:]}."
    if kind in ("association", "osim") and rng.random() < 0.5:
        text = f"{text} {rng.choice(_MORE)}"
    return typeset(text)


def competences(rng: random.Random, sectors: list[str]) -> str:
    """What they can help others with, for those who said."""
    if rng.random() > 0.2:
        return ""
    trades = [_TRADES[sector] for sector in sectors if sector in _TRADES]
    return ", ".join([*trades[:1], *rng.sample(_SKILLS, rng.randint(1, 2))]).capitalize()
