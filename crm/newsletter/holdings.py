"""Holdings: what the letters keep about people, table by table, and why."""

from crm.newsletter.authors import HOLDING, PROPOSITIONS
from crm.personal import Holding, Processing

LETTERS = Processing(
    key="lettres",
    name="Lettres d’information",
    aims="Envoyer les lettres à qui les a demandées, prouver chaque accord, respecter chaque "
    "départ, ne plus écrire aux adresses qui ne répondent plus, compter les envois.",
    basis="Consentement confirmé par courriel (RGPD, art. 6 §1 a\u00a0; CPCE, art. L34-5). Pour "
    "une adresse professionnelle, intérêt légitime, la personne étant informée et libre de partir "
    "(art. 6 §1 f). Mesurer les ouvertures demande un accord à part.",
    people="Les abonnés aux lettres, présents et passés.",
    data="Votre adresse, votre nom et votre organisation si vous les donnez, la preuve de votre "
    "accord, les numéros envoyés et ceux qui vous sont revenus.",
    recipients="L’équipe du réseau\u00a0; le serveur de courriel qui achemine les lettres.",
    kept="Trois ans après le dernier signe venu de la personne\u00a0; on lui demande alors une "
    "fois si elle veut continuer. Les lignes des envois restent ensuite, sans adresse, pour les "
    "chiffres\u00a0; de qui s’est opposé à recevoir, seule reste une empreinte de l’adresse, qui "
    "ne permet pas de la retrouver.",
)
PROCESSINGS = (LETTERS, PROPOSITIONS)

ABOUT_NOBODY = (
    "publications", "recipe_sections", "sections", "feeds", "pictures", "links", "probes",
    "courtesy",
    "sending_rules", "sending_paces", "delivery_pulses", "asides", "desk_looks",
)  # fmt: skip

_WRITTEN = "Sans limite\u00a0: ce qui a été publié est archivé."

HOLDINGS = (
    Holding("subscriptions", "lettres", "adresse, nom, organisation et rythme de chaque abonné",
            own=("email", "first_name", "last_name", "organisation_name", "department",
                 "suppressed")),
    Holding("consents", "lettres", "preuve de chaque accord\u00a0: quand, comment, et le texte "
            "montré",
            own=("wording", "source")),
    Holding("deliveries", "lettres", "quel numéro a été remis à qui", own=("response",),
            other=("claimed_by",)),
    Holding("bounces", "lettres", "courriels revenus et plaintes", own=("words",), free=("words",),
            other=("fingerprint", "status")),
    Holding("moves", "lettres", "changements d’adresse", own=("old_email", "new_email")),
    Holding("departures", "lettres", "empreintes des adresses qui ont demandé l’oubli",
            other=("digest",), kept="Sans limite\u00a0: c’est elle qui empêche de réécrire."),
    Holding("clicks", "lettres", "clics de l’heure, sous une empreinte changée chaque jour",
            other=("visitor",), kept="Une heure\u00a0; ensuite, seuls restent des nombres."),
    Holding("issues", "lettres", "numéros envoyés, dont les textes peuvent nommer quelqu’un",
            free=("review_note",), published=("subject", "preheader", "editorial", "content"),
            other=("trouble", "audience_name", "reviewed_digest"), kept=_WRITTEN),
    Holding("items", "lettres", "contenus relayés, dont les textes peuvent nommer quelqu’un",
            published=("title", "summary", "picture_alt", "place", "organisation", "kept"),
            other=("url", "canonical_url", "picture_url", "department", "tags", "guid",
                   "link_error"),
            kept=_WRITTEN),
    Holding("placements", "lettres", "ce qu’un numéro dit d’un contenu",
            published=("own_title", "own_summary", "own_source", "own_alt"),
            other=("own_url", "only"), kept=_WRITTEN),
    Holding("desk_gestures", "lettres", "ce qui a été fait d’un brouillon, pour le défaire",
            free=("words", "before", "after"), other=("typing",)),
    Holding("issue_words", "lettres", "mots des numéros parus, pour les retrouver",
            published=("words",), kept=_WRITTEN),
    HOLDING,
)  # fmt: skip
