"""Register: the processing of personal data, as the software really does it (RGPD art. 30 §1)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crm.filters import day, today
from crm.identity import Identity
from crm.pdf import render
from crm.personal import Holding, Processing
from crm.privacy.features import holdings, processings
from crm.privacy.notices import Notice

MEASURES = (
    "Accès par comptes nominatifs, mots de passe hachés (argon2id), droits par rôle refusés par "
    "défaut.",
    "Liens personnels signés et impossibles à deviner\u00a0; échanges chiffrés (HTTPS).",
    "Aucune donnée personnelle dans les journaux techniques\u00a0; les fichiers de la base sont "
    "réécrits après chaque effacement, sans ce qui est parti.",
    "Sauvegardes vérifiées, restauration éprouvée.",
    "Aucun suivi individuel des clics\u00a0; ouvertures mesurées seulement avec un accord à part.",
)
TRANSFERS = "Aucun transfert hors de l’Union européenne n’est fait par le logiciel."


@dataclass(frozen=True)
class Line:
    """One processing, with what its tables hold."""

    processing: Processing
    holdings: list[Holding]


def lines() -> list[Line]:
    """Every processing with its data, in the order of the register."""
    known = list(holdings())
    return [
        Line(one, [held for held in known if held.processing == one.key]) for one in processings()
    ]


def as_pdf() -> bytes:
    """The register as a tagged PDF (PDF/UA-1)."""
    identity, notice = Identity.current(), Notice.current()
    return render("register", {
        "title": "Registre des traitements",
        "network": identity.name,
        "brand": identity.brand,
        "when": day(today()),
        "controller": list(_controller(identity, notice)),
        "measures": list(MEASURES),
        "transfers": TRANSFERS,
        "processors": notice.processors.splitlines(),
        "lines": [_told(line) for line in lines()],
    })  # fmt: skip


def _controller(identity: Identity, notice: Notice) -> Iterator[str]:
    """Who answers for it all, and whom to write to (art. 30 §1 a)."""
    address = ", ".join(line.strip() for line in identity.postal_address.splitlines())
    yield ", ".join(filter(None, (identity.name, notice.legal_form, address)))
    if notice.officer or notice.officer_email:
        who = " – ".join(filter(None, (notice.officer, notice.officer_email)))
        yield f"Délégué à la protection des données\u00a0: {who}"


def _told(line: Line) -> dict[str, Any]:
    one = line.processing
    facts = (
        ("Finalités", one.aims), ("Base légale", one.basis), ("Personnes", one.people),
        ("Destinataires", one.recipients), ("Durée", one.kept),
    )  # fmt: skip
    return {
        "name": one.name,
        "facts": [list(fact) for fact in facts],
        "data": [[held.data, held.kept or "comme le traitement"] for held in line.holdings],
    }
