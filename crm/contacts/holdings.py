"""Holdings: what the directory keeps about people, table by table, and why."""

from crm.personal import Holding, Processing

DIRECTORY = Processing(
    key="annuaire",
    name="Annuaire des contacts",
    aims="Connaître les organisations du territoire et les personnes qui y travaillent ou s’y "
    "engagent, pour les informer, les conseiller et les mettre en relation\u00a0; garder "
    "l’historique des échanges.",
    basis="Mission d’intérêt public du réseau (RGPD, art. 6 §1 e) ou, pour une structure de droit "
    "privé, son intérêt légitime (art. 6 §1 f).",
    people="Membres, salariés, élus et bénévoles des organisations en relation avec le réseau.",
    data="Votre nom, vos coordonnées, vos fonctions et l’historique de nos échanges.",
    recipients="L’équipe du réseau, selon ses droits. Rien n’est public, sauf les organisations "
    "que l’équipe choisit de montrer.",
    kept="Trois ans après le dernier contact venu de la personne\u00a0; on lui demande alors une "
    "fois si elle veut rester, puis sa fiche est effacée.",
)
PROCESSINGS = (DIRECTORY,)

# Words, places and links of organisations: nobody in them.
ABOUT_NOBODY = (
    "terms", "organisation_terms", "organisation_links", "other_names", "import_mappings",
)  # fmt: skip

_HISTORY = "Comme la fiche\u00a0: l’historique d’une personne disparaît avec elle."

HOLDINGS = (
    Holding("people", "annuaire", "nom, prénom, langue, commune et département d’une personne",
            own=("first_name", "last_name", "language", "commune", "department")),
    Holding("details", "annuaire", "courriels et téléphones", own=("value", "key")),
    Holding("roles", "annuaire", "fonctions exercées, avec leurs dates", own=("title",)),
    Holding("person_terms", "annuaire", "étiquettes posées sur une personne"),
    Holding("organisations", "annuaire", "organisations, dont les textes peuvent nommer quelqu’un",
            free=("postal_address", "description", "competences"),
            other=("name", "acronym", "siren", "siret", "rna", "street", "postcode", "commune",
                   "department", "website", "languages", "relay_territory")),
    Holding("entries", "annuaire", "journal\u00a0: appels, notes, changements de la fiche",
            free=("text", "changes"), other=("link",), kept=_HISTORY),
    Holding("attachments", "annuaire", "documents joints au journal", own=("name", "content"),
            free=("name",), kept=_HISTORY),
    Holding("segments", "annuaire", "listes et recherches gardées", free=("name", "query")),
    Holding("segment_cards", "annuaire", "fiches d’une liste fixe"),
    Holding("person_pairs", "annuaire", "personnes qui semblent n’en faire qu’une",
            own=("reasons",)),
    Holding("organisation_pairs", "annuaire", "organisations qui semblent n’en faire qu’une",
            free=("reasons",)),
    Holding("merges", "annuaire", "fusions de fiches, avec de quoi les défaire",
            free=("before", "after", "dropped", "names"), other=("moved", "own"), kept=_HISTORY),
    Holding("imports", "annuaire", "fichiers de contacts repris, et ce qui en a été dit",
            own=("content",), free=("name", "messages"),
            other=("fields", "decisions", "totals", "terms"),
            kept="Le fichier\u00a0: jusqu’à son application, un mois au plus s’il attend."),
    Holding("import_changes", "annuaire", "ce qu’un import a fait de chaque fiche",
            free=("before", "after", "added"),
            kept="Comme la fiche, ou jusqu’à l’annulation de l’import."),
)  # fmt: skip
