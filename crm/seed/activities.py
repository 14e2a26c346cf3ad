"""What organisations do, by sector, and the goals of sustainable development it serves."""

# What they do, by sector: `{lieu}` is « à Sanankoroni (Mali) ».
ACTIVITIES: dict[str, tuple[str, ...]] = {
    "agriculture": (
        "périmètres maraîchers et formation de groupements {lieu}",
        "greniers villageois, semences paysannes et transformation des récoltes {lieu}",
        "appui à un élevage familial et à la santé animale {lieu}",
    ),
    "eau": (
        "forages, bornes-fontaines et formation des comités de gestion de l’eau {lieu}",
        "réseaux d’eau potable et latrines scolaires {lieu}",
        "protection d’une source et assainissement des quartiers {lieu}",
    ),
    "sante": (
        "équipement d’un centre de santé et formation de sages-femmes {lieu}",
        "missions de soins dentaires et de dépistage {lieu}",
        "appui à une maternité et à la prévention {lieu}",
    ),
    "education": (
        "construction de classes et cantine scolaire {lieu}",
        "bibliothèque, parrainages et soutien scolaire {lieu}",
        "correspondance entre classes et formation d’enseignants {lieu}",
    ),
    "formation": (
        "centre d’apprentissage en menuiserie et en couture {lieu}",
        "bourses et stages pour de jeunes artisans {lieu}",
    ),
    "culture": (
        "résidences d’artistes et festival partagé {lieu}",
        "sauvegarde d’un patrimoine bâti avec les habitants {lieu}",
    ),
    "environnement": (
        "reboisement, foyers améliorés et pépinières {lieu}",
        "adaptation au changement climatique avec les communes {lieu}",
    ),
    "energie": (
        "électrification solaire d’écoles et de dispensaires {lieu}",
        "pompage solaire et formation de techniciennes {lieu}",
    ),
    "dechets": (
        "collecte des déchets et compostage avec la commune {lieu}",
        "filière de réemploi du plastique {lieu}",
    ),
    "economie": (
        "microcrédit et activités génératrices de revenus {lieu}",
        "appui à des coopératives de femmes {lieu}",
        "filière de commerce équitable avec des coopératives {lieu}",
    ),
    "gouvernance": (
        "coopération entre services municipaux {lieu}",
        "appui à l’état civil et au plan communal de développement {lieu}",
    ),
    "droits": (
        "défense des droits et accès à la justice {lieu}",
        "plaidoyer et soutien à des associations de défense des droits {lieu}",
    ),
    "egalite": (
        "alphabétisation et autonomie économique des femmes {lieu}",
        "prévention des violences avec les associations de femmes {lieu}",
    ),
    "jeunesse": (
        "chantiers de jeunes et service civique de réciprocité {lieu}",
        "échanges de jeunes et volontariat {lieu}",
    ),
    "ecsi": (
        "ateliers de citoyenneté mondiale dans les écoles et les centres sociaux",
        "expositions, jeux et débats sur les inégalités mondiales",
    ),
    "migrations": (
        "accueil et accompagnement de familles exilées, projets {lieu}",
        "projets portés par la diaspora {lieu}",
    ),
    "urgence": ("reconstruction d’habitations après les inondations {lieu}",),
    "sport": ("tournois, matériel et formation d’éducateurs sportifs {lieu}",),
}

# The goals a sector contributes to.
GOALS = {
    "agriculture": ("02", "12"), "eau": ("06", "03"), "sante": ("03",), "education": ("04",),
    "formation": ("04", "08"), "culture": ("11", "17"), "environnement": ("13", "15"),
    "energie": ("07", "13"), "dechets": ("11", "12"), "economie": ("08", "01"),
    "gouvernance": ("16", "17"), "droits": ("16", "10"), "egalite": ("05",),
    "jeunesse": ("04", "17"), "ecsi": ("04", "17"), "migrations": ("10",), "urgence": ("01", "11"),
    "sport": ("03", "10"),
}  # fmt: skip
