"""The few organisations and people that are the same in every size: relays, a federation."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """An organisation written by hand."""

    name: str
    acronym: str
    kind: str
    commune: str
    founded: int | None
    description: str
    former: str = ""
    territory: str = ""
    departments: tuple[str, ...] = ()


RELAYS = [
    Known(
        "Solidarités bourbonnaises", "", "association", "Moulins", 1991,
        "Relais d’Arvalia dans l’Allier : accueil des porteurs de projets le mercredi, prêt "
        "d’expositions, animation du collectif du festival des solidarités.",
        territory="Allier", departments=("03",),
    ),
    Known(
        "Drôme-Ardèche internationale", "DAI", "association", "Romans-sur-Isère", 1988,
        "Relais d’Arvalia entre Rhône et Diois. Réunit comités de jumelage, lycées et communes ; "
        "anime le réseau jeunesse des deux départements.",
        former="Romans Jumelages", territory="Ardèche et Drôme", departments=("07", "26"),
    ),
    Known(
        "Maison de l’international du Drac", "MID", "association", "Grenoble", 1996,
        "Relais d’Arvalia en Isère : un lieu ouvert au public, un centre de documentation, des "
        "salles prêtées aux associations de solidarité et aux diasporas.",
        territory="Isère", departments=("38",),
    ),
    Known(
        "Loire Mobilités solidaires", "LMS", "education-populaire", "Saint-Étienne", 2001,
        "Relais d’Arvalia dans la Loire et la Haute-Loire. Prépare les départs de jeunes, forme "
        "des animateurs et suit les chantiers internationaux.",
        territory="Loire et Haute-Loire", departments=("42", "43"),
    ),
    Known(
        "Carrefour lyonnais des solidarités", "CLS", "association", "Lyon", 1984,
        "Relais d’Arvalia dans le Rhône et l’Ain. Maison commune de soixante associations : "
        "bureaux partagés, formations, accueil de volontaires.",
        former="Collectif lyonnais pour le tiers-monde",
        territory="Rhône et Ain", departments=("69", "01"),
    ),
    Known(
        "Deux Savoie Solidarité", "DSS", "association", "Chambéry", 1987,
        "Relais d’Arvalia en Savoie et en Haute-Savoie : appui aux communes de montagne, "
        "coopération avec le Sahel, éducation à la citoyenneté mondiale.",
        territory="Savoie et Haute-Savoie", departments=("73", "74"),
    ),
    Known(
        "Cap Volcans international", "CVI", "association", "Clermont-Ferrand", 1999,
        "Relais d’Arvalia dans le Puy-de-Dôme et le Cantal. Conseil aux porteurs de projets, "
        "rencontres mensuelles, lien avec les universités.",
        territory="Cantal et Puy-de-Dôme", departments=("15", "63"),
    ),
]  # fmt: skip

FEDERATION = Known(
    "Fédération Lucien Garance", "FLG", "education-populaire", "Lyon", 1953,
    "Mouvement d’éducation populaire : centres de loisirs, formation d’animateurs, échanges "
    "internationaux de jeunes. Présente dans tous les départements de la région.",
    former="Ligue Lucien Garance",
)  # fmt: skip

OTHERS = [
    FEDERATION,
    Known(
        "Fédération Lucien Garance de l’Isère", "FLG 38", "education-populaire", "Grenoble", 1961,
        "Section iséroise de la fédération : chantiers de jeunes, échanges avec la Tunisie et le "
        "Sénégal.",
    ),
    Known(
        "Fédération Lucien Garance du Rhône", "FLG 69", "education-populaire", "Villeurbanne",
        1958, "Section rhodanienne de la fédération : volontariat et service civique.",
    ),
    Known(
        "Sahel-Isère Amitié", "SIA", "osim", "Grenoble", 2004,
        "Association de familles originaires du Mali et de leurs amis : école et maraîchage à "
        "Sanankoroni, soutien scolaire et fêtes de quartier à Grenoble.",
    ),
    Known(
        "Commune de Saint-Aubrac-en-Trièves", "", "collectivite", "Saint-Aubrac-en-Trièves", None,
        "Coopération décentralisée avec Keur Samba Diop (Sénégal) : eau potable, état civil et "
        "échanges de jeunes.",
    ),
    Known(
        "Comité de jumelage de Saint-Aubrac-en-Trièves", "", "association",
        "Saint-Aubrac-en-Trièves", 1994,
        "Anime avec la commune l’amitié entre Saint-Aubrac et Keur Samba Diop (Sénégal).",
    ),
]  # fmt: skip

# (first name, family name, organisation, function): people one looks for while the phone rings.
PEOPLE = [
    ("Aminata", "Traoré", "Sahel-Isère Amitié", "présidente"),
    ("Moussa", "Traoré", "Sahel-Isère Amitié", "trésorier"),
    ("Fanta", "Traoré", "Maison de l’international du Drac", "chargée de projets jeunesse"),
    ("Ibrahima", "Traoré", "Fédération Lucien Garance de l’Isère", "animateur"),
    ("Hélène", "Vidal-Traoré", "Sahel-Isère Amitié", "secrétaire"),
    ("Marianne", "Courbon", "Fédération Lucien Garance", "déléguée générale"),
    ("Jean-Luc", "Peyron", "Commune de Saint-Aubrac-en-Trièves",
     "adjoint au maire, délégué à la coopération"),
]  # fmt: skip
