"""What people do in an organisation, by type of actor: (how often, as a woman, as a man)."""

Function = tuple[int, str, str]

_VOLUNTEERS: list[Function] = [
    (10, "présidente", "président"),
    (7, "trésorière", "trésorier"),
    (7, "secrétaire", "secrétaire"),
    (4, "vice-présidente", "vice-président"),
    (8, "bénévole", "bénévole"),
    (6, "membre du conseil d’administration", "membre du conseil d’administration"),
    (3, "responsable des parrainages", "responsable des parrainages"),
    (3, "référente projets", "référent projets"),
    (2, "correspondante communication", "correspondant communication"),
    (4, "chargée de projets", "chargé de projets"),
    (3, "coordinatrice", "coordinateur"),
    (2, "directrice", "directeur"),
]
_TEAM: list[Function] = [
    (3, "directrice", "directeur"),
    (4, "animatrice jeunesse", "animateur jeunesse"),
    (3, "coordinatrice", "coordinateur"),
    (2, "présidente", "président"),
    (3, "chargée de développement", "chargé de développement"),
    (2, "assistante administrative", "assistant administratif"),
]
_COMPANY: list[Function] = [
    (4, "gérante", "gérant"),
    (3, "directrice du développement", "directeur du développement"),
    (3, "ingénieure d’affaires", "ingénieur d’affaires"),
    (2, "responsable RSE", "responsable RSE"),
    (2, "cheffe de projet export", "chef de projet export"),
]
_TOWN: list[Function] = [
    (4, "maire", "maire"),
    (6, "adjointe aux relations internationales", "adjoint aux relations internationales"),
    (3, "conseillère municipale déléguée aux jumelages",
     "conseiller municipal délégué aux jumelages"),
    (3, "directrice générale des services", "directeur général des services"),
    (3, "chargée de mission coopération décentralisée",
     "chargé de mission coopération décentralisée"),
    (3, "responsable du service vie associative", "responsable du service vie associative"),
    (2, "secrétaire de mairie", "secrétaire de mairie"),
]  # fmt: skip
_PUBLIC: list[Function] = [
    (3, "directrice", "directeur"),
    (4, "chargée de mission", "chargé de mission"),
    (2, "responsable des partenariats", "responsable des partenariats"),
    (2, "technicienne eau et assainissement", "technicien eau et assainissement"),
    (2, "assistante de direction", "assistant de direction"),
]

FUNCTIONS: dict[str, list[Function]] = {
    "association": _VOLUNTEERS,
    "osim": _VOLUNTEERS,
    "collectif": _VOLUNTEERS,
    "collectivite": _TOWN,
    "epci": [
        (4, "vice-présidente", "vice-président"),
        (4, "chargée de mission coopération", "chargé de mission coopération"),
        (2, "directrice de l’environnement", "directeur de l’environnement"),
        (2, "animatrice du plan climat", "animateur du plan climat"),
    ],
    "enseignement": [
        (4, "professeure d’histoire-géographie", "professeur d’histoire-géographie"),
        (3, "professeure-documentaliste", "professeur-documentaliste"),
        (3, "proviseure", "proviseur"),
        (2, "principale adjointe", "principal adjoint"),
        (3, "conseillère principale d’éducation", "conseiller principal d’éducation"),
        (2, "référente mobilité internationale", "référent mobilité internationale"),
    ],
    "universite": [
        (4, "maîtresse de conférences", "maître de conférences"),
        (3, "responsable de l’international", "responsable de l’international"),
        (2, "professeure des universités", "professeur des universités"),
        (3, "doctorante", "doctorant"),
        (2, "chargée de la vie étudiante", "chargé de la vie étudiante"),
    ],
    "sante": [
        (4, "sage-femme", "médecin"),
        (4, "cadre de santé", "cadre de santé"),
        (3, "infirmière", "infirmier"),
        (2, "directrice", "directeur"),
        (2, "formatrice", "formateur"),
    ],
    "entreprise": _COMPANY,
    "cooperative": _COMPANY,
    "fondation": [
        (3, "déléguée générale", "délégué général"),
        (4, "chargée de programmes", "chargé de programmes"),
        (2, "administratrice", "administrateur"),
    ],
    "chambre": _PUBLIC,
    "etablissement-public": _PUBLIC,
    "etat": [
        (4, "conseillère d’éducation populaire", "conseiller d’éducation populaire"),
        (3, "cheffe de service", "chef de service"),
        (2, "déléguée départementale", "délégué départemental"),
    ],
    "media": [
        (4, "journaliste", "journaliste"),
        (2, "rédactrice en chef", "rédacteur en chef"),
        (2, "animatrice d’antenne", "animateur d’antenne"),
    ],
    "education-populaire": _TEAM,
}

# How many people one knows there, beside a first one: a town hall has more than a small company.
REACH = {
    "association": 10, "osim": 8, "collectif": 10, "collectivite": 16, "epci": 18,
    "enseignement": 8, "universite": 16, "sante": 8, "entreprise": 5, "cooperative": 6,
    "fondation": 8, "chambre": 8, "etablissement-public": 8, "etat": 10, "media": 5,
    "education-populaire": 10,
}  # fmt: skip
