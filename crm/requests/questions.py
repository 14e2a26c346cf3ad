"""The questions of the public form: which ones follow from the kind of request, and the consent."""

from dataclasses import dataclass

from crm.requests.kinds import RequestKind

K = RequestKind

# Asked beside those that everybody is asked. Anything else that is sent is not kept.
ASKED: dict[str, frozenset[RequestKind]] = {
    "stage": frozenset({K.PROJECT, K.YOUTH, K.FUNDING, K.PARTNER}),
    "country": frozenset({K.PROJECT, K.FUNDING, K.PARTNER}),
    "sector": frozenset({K.PROJECT, K.YOUTH, K.FUNDING, K.PARTNER}),
    "due_on": frozenset({K.PROJECT, K.YOUTH, K.FUNDING, K.PARTNER, K.OTHER}),
    "availability": frozenset({K.PROJECT, K.YOUTH, K.FUNDING, K.PARTNER}),
}

# Changes with the words below, so that each proof says which ones were shown.
CONSENT_VERSION = "formulaire de demande, version 1"


@dataclass(frozen=True)
class Help:
    """What one may say of one's need, according to what one asks for."""

    kind: RequestKind
    words: str


HELP = (
    Help(K.INFORMATION, "Ce que vous cherchez à savoir, et ce que vous avez déjà trouvé."),
    Help(K.PROJECT, "Où, avec qui, pour qui, et ce qui vous manque aujourd’hui."),
    Help(K.YOUTH, "L’âge et le nombre des jeunes, l’idée, et le calendrier."),
    Help(K.FUNDING, "Ce qu’il y a à financer, le montant, et l’appel visé s’il y en a un."),
    Help(K.PARTNER, "Le partenaire espéré, et ce que vous feriez ensemble."),
    Help(K.OTHER, "Tout ce qui nous aidera à vous répondre."),
)


def is_asked(name: str, kind: RequestKind) -> bool:
    return kind in ASKED.get(name, frozenset(RequestKind))


def consent_words(network: str) -> tuple[str, str]:
    """What is beside the box to tick, then what is below it (RGPD art. 7 §1 and 13)."""
    return (
        f"J’accepte que {network} garde ces informations pour traiter ma demande et me répondre.",
        "Elles ne sont données à personne d’autre sans mon accord, et sont effacées au plus tard "
        "trois ans après notre dernier échange. Le lien personnel que je recevrai me permet de les "
        "revoir et de les effacer à tout moment.",
    )


def consent_text(network: str) -> str:
    """The exact words that were shown, kept with each request."""
    return " ".join(consent_words(network))
