"""The journal of sensitive acts: who exported, merged, erased, sent, changed rights, signed in.

The database itself refuses to change an act, and to delete one before a year (migration 0007). An
act holds no personal data but who acted: what it is about is a table's name and a row's number.
"""

from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from flask_login import current_user
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Base, Model, change, db, now, start_writing
from crm.jobs import every
from crm.users import User

# CNIL, délibération 2021-122 du 14 octobre 2021: six months to a year for such journals.
KEPT = timedelta(days=366)


class Did(StrEnum):
    SIGNED_IN = "connexion"
    REFUSED = "refus"
    THROTTLED = "essais"
    SIGNED_OUT = "deconnexion"
    ENDED_SESSIONS = "sessions"
    ASKED_RESET = "oubli"
    CHANGED_PASSWORD = "mot_de_passe"  # noqa: S105 — a name
    SET_FACTOR = "second_facteur"
    REMOVED_FACTOR = "sans_second_facteur"
    RENEWED_CODES = "codes"
    SPENT_CODE = "code_de_secours"
    INVITED = "invitation"
    CHANGED_RIGHTS = "droits"
    CLOSED_ACCOUNT = "compte_ferme"
    OPENED_ACCOUNT = "compte_ouvert"
    CHANGED_POLICY = "regle"
    EXPORTED = "export"
    IMPORTED = "import"
    MERGED = "fusion"
    UNMERGED = "fusion_annulee"
    ERASED = "effacement"
    SCHEDULED = "programmation"
    STOPPED = "arret_envoi"
    SENT = "envoi"
    BACKED_UP = "sauvegarde"
    RESTORED = "restauration"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def is_alarming(self) -> bool:
        """Worth a look: somebody was refused, or something was weakened."""
        return self in {Did.REFUSED, Did.THROTTLED, Did.REMOVED_FACTOR, Did.SPENT_CODE}


_LABELS = {
    Did.SIGNED_IN: "Connexion",
    Did.REFUSED: "Connexion refusée",
    Did.THROTTLED: "Trop d’essais de connexion",
    Did.SIGNED_OUT: "Déconnexion",
    Did.ENDED_SESSIONS: "Sessions fermées",
    Did.ASKED_RESET: "Mot de passe oublié",
    Did.CHANGED_PASSWORD: "Mot de passe changé",
    Did.SET_FACTOR: "Second facteur ajouté",
    Did.REMOVED_FACTOR: "Second facteur retiré",
    Did.RENEWED_CODES: "Codes de secours refaits",
    Did.SPENT_CODE: "Code de secours utilisé",
    Did.INVITED: "Invitation",
    Did.CHANGED_RIGHTS: "Droits changés",
    Did.CLOSED_ACCOUNT: "Compte fermé",
    Did.OPENED_ACCOUNT: "Compte ouvert",
    Did.CHANGED_POLICY: "Règle de connexion changée",
    Did.EXPORTED: "Export",
    Did.IMPORTED: "Import",
    Did.MERGED: "Fusion",
    Did.UNMERGED: "Fusion annulée",
    Did.ERASED: "Effacement",
    Did.SCHEDULED: "Envoi programmé",
    Did.STOPPED: "Envoi arrêté",
    Did.SENT: "Envoi",
    Did.BACKED_UP: "Sauvegarde",
    Did.RESTORED: "Restauration",
}


class Act(Model):
    """One act, by someone of the team, or by the command line or a visitor (no user)."""

    __tablename__ = "acts"

    at: Mapped[datetime] = mapped_column(default=now, index=True)
    kind: Mapped[Did] = mapped_column(index=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"), index=True)
    about: Mapped[str] = mapped_column(sa.String(40), default="")
    about_id: Mapped[int | None]
    detail: Mapped[str] = mapped_column(sa.String(200), default="")

    user: Mapped[User | None] = relationship()

    @classmethod
    def latest(cls) -> "sa.Select[Act]":
        return sa.select(cls).order_by(cls.at.desc(), cls.id.desc())


def record(kind: Did, about: Base | None = None, detail: str = "", by: User | None = None) -> Act:
    """Write an act down; the caller commits it with what it tells.

    `detail` is a few French words without any personal data: « 412 fiches, xlsx ».
    """
    act = Act(
        kind=kind,
        user_id=by.id if by is not None else None,
        about=about.__tablename__ if about is not None else "",
        about_id=about.id if about is not None else None,
        detail=detail,
    )
    db.session.add(act)
    return act


def record_mine(kind: Did, about: Base | None = None, detail: str = "") -> Act:
    """`record`, by who is signed in (a visitor or the command line is nobody)."""
    known = current_user.id if current_user and current_user.is_authenticated else None
    act = record(kind, about, detail)
    act.user_id = known
    return act


def record_reading(kind: Did, about: Base | None = None, detail: str = "") -> None:
    """`record_mine` from a page that only reads and hands data over: writes at last, and commits.

    What the page has to show must be ready: it is read again if it is used after.
    """
    start_writing()
    record_mine(kind, about, detail)
    db.session.commit()


@every(hours=24)
def forget_acts() -> None:
    """Delete the acts of more than a year: the database lets only those go."""
    change(sa.delete(Act).where(Act.at < now() - KEPT))
