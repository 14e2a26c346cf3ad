"""Holdings: what events keep about people, table by table, and why."""

from crm.personal import Holding, Processing

EVENTS = Processing(
    key="evenements",
    name="Inscriptions aux événements",
    aims="Organiser les rencontres\u00a0: inscrire, prévenir, accueillir, tenir compte des "
    "besoins d’accessibilité, remettre des attestations et compter les participants.",
    basis="Exécution de la demande de la personne qui s’inscrit (RGPD, art. 6 §1 b)\u00a0; "
    "consentement pour les besoins d’accessibilité (art. 9 §2 a) et pour être prévenue des "
    "suivants.",
    people="Les personnes inscrites aux événements du réseau, et leurs intervenants.",
    data="Votre nom, vos coordonnées, vos réponses, vos besoins d’accessibilité et votre présence.",
    recipients="L’équipe du réseau\u00a0; les partenaires qui accueillent, pour la liste "
    "d’émargement.",
    kept="Trois ans après le dernier signe venu de la personne. Qu’une place a été prise, et si "
    "elle a servi, reste ensuite, sans nom, pour les bilans.",
)
PROCESSINGS = (EVENTS,)

ABOUT_NOBODY = ("event_themes", "event_rules")

_SHOWN = "Sans limite\u00a0: le programme publié est archivé."

HOLDINGS = (
    Holding("registrations", "evenements", "qui s’est inscrit, ses réponses, ses besoins, si la "
            "personne est venue",
            own=("first_name", "last_name", "email", "phone", "organisation_name", "function",
                 "department", "answers", "access_needs", "group_name", "suspicion"),
            free=("answers", "access_needs", "group_name"),
            other=("consent_text", "consent_version", "news_text")),
    Holding("events", "evenements", "événements, dont les textes peuvent nommer quelqu’un",
            free=("cancelled_why", "typed"), published=("title", "text"),
            other=("slug", "project", "audience", "online_url", "venue", "street", "postcode",
                   "commune", "department", "registration_url", "news", "questions", "replay_url",
                   "uid", "import_key"), kept=_SHOWN),
    Holding("event_series", "evenements", "suites d’événements", published=("title", "text"),
            kept=_SHOWN),
    Holding("event_sessions", "evenements", "séances", published=("title",), other=("uid",),
            kept=_SHOWN),
    Holding("event_documents", "evenements", "documents d’un événement",
            published=("name", "title"), other=("content",), kept=_SHOWN),
    Holding("event_follow_ups", "evenements", "remerciements d’après l’événement",
            published=("subject", "text"), kept=_SHOWN),
    Holding("event_files", "evenements", "listes de participants reprises d’un fichier",
            own=("content",), free=("name", "said"), other=("options",),
            kept="Le fichier\u00a0: jusqu’à son application, un mois au plus s’il attend."),
    Holding("event_opinions", "evenements", "avis sur un événement, sans nom",
            free=("liked", "better"), other=("answerer", "marks")),
    Holding("event_thanks", "evenements", "qui a été remercié"),
    Holding("certificates", "evenements", "attestations de présence", own=("facts",)),
    Holding("presences", "evenements", "qui est venu quel jour"),
    Holding("gestures", "evenements", "gestes faits à l’entrée", other=("key",)),
    Holding("event_steps", "evenements", "ce qui est arrivé à un événement", free=("text",)),
    Holding("partnerships", "evenements", "partenaires et intervenants",
            published=("name",), other=("name_key",), kept=_SHOWN),
)  # fmt: skip
