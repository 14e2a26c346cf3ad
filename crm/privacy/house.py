"""House: what the ground floor keeps about people: the team’s accounts, and the mails that leave.

The other parts of the house are in their own rooms; see crm.personal.
"""

import email
import email.policy
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import undefer

from crm.accounts.sessions import UserSession
from crm.config import Settings
from crm.db import change, db, now
from crm.filters import plural
from crm.mail import Mail
from crm.personal import Holding, Kept, Processing, Trace, Who
from crm.privacy.lapses import Lapse
from crm.privacy.needles import Needles
from crm.users import User

PROCESSINGS = (
    Processing(
        key="equipe",
        name="Comptes de l’équipe",
        aims="Ouvrir le logiciel aux seules personnes de l’équipe, chacune selon son rôle, et "
        "savoir qui a fait quoi.",
        basis="Mission d’intérêt public ou intérêt légitime du réseau (RGPD, art. 6 §1 e ou "
        "f)\u00a0; sécurité du traitement (art. 32).",
        people="Les membres de l’équipe du réseau.",
        data="Nom, adresse, rôle, connexions et actes sensibles.",
        recipients="L’administration du logiciel.",
        kept="Tant que le compte est ouvert\u00a0; ensuite, le nom reste attaché aux actes de "
        "l’équipe jusqu’à son effacement.",
    ),
    Processing(
        key="fonctionnement",
        name="Fonctionnement du site",
        aims="Acheminer les courriels, écarter les robots des formulaires, prouver que les droits "
        "des personnes ont été respectés.",
        basis="Intérêt légitime du réseau\u00a0: la sécurité et la preuve (RGPD, art. 6 §1 f et "
        "art. 5 §2).",
        people="Toute personne à qui le logiciel écrit, ou qui remplit un formulaire.",
        data="Les courriels que nous vous écrivons, et une empreinte de qui remplit un formulaire.",
        recipients="L’équipe du réseau\u00a0; le serveur de courriel.",
        kept="De deux jours (robots) à un an (courriels partis), selon ce dont il s’agit.",
    ),
)

ABOUT_NOBODY = ("ticks", "used_proofs", "identity", "notices", "retention", "sign_in_policy",
                "backups", "holds")  # fmt: skip

HOLDINGS = (
    Holding("users", "equipe", "nom, adresse et rôle de chaque membre de l’équipe",
            own=("email", "name", "password_hash", "totp_secret", "openid_subject")),
    Holding("user_sessions", "equipe", "qui est connecté, et sur quel appareil",
            own=("device",), other=("key_hash",), kept="Le temps de la connexion."),
    Holding("recovery_codes", "equipe", "codes de secours, hachés",
            other=("selector", "code_hash")),
    Holding("account_links", "equipe", "liens d’invitation et de mot de passe oublié, hachés",
            other=("token_hash",), kept="Une heure, ou le temps d’une invitation."),
    Holding("attempts", "equipe", "essais de connexion, sous une empreinte",
            other=("account", "address"), kept="Quelques jours."),
    Holding("forgotten", "fonctionnement",
            "empreintes de ce qui a été effacé, pour qu’une sauvegarde restaurée ne le ramène pas",
            other=("kind", "mark"), kept="Aussi longtemps que les sauvegardes."),
    Holding("acts", "equipe", "journal des actes sensibles\u00a0: qui a exporté, fusionné, effacé…",
            other=("about", "detail"), kept="Un an."),
    Holding("mails", "fonctionnement", "courriels à une personne\u00a0: adresse, objet et, jusqu’à "
            "leur départ, texte", own=("recipient", "message"), free=("subject", "response"),
            kept="Un an."),
    Holding("postings", "fonctionnement", "empreintes de qui a rempli un formulaire",
            other=("form", "address", "network", "text"), kept="Deux jours."),
    Holding("lapses", "fonctionnement", "qui n’a plus donné signe de vie, et ce qu’on lui a "
            "demandé", own=("email",), free=("kept_why",),
            kept="L’adresse et le nom partent avec la personne\u00a0; les dates restent."),
    Holding("erasures", "fonctionnement", "qu’une personne a été effacée, quand et pourquoi, sans "
            "dire qui", kept="Sans limite\u00a0: c’est la preuve que les droits sont respectés."),
)  # fmt: skip

KIND = "compte"
YEAR, _TOMORROW = timedelta(days=365), timedelta(days=1)
_NOBODY = "Ancien membre de l’équipe"


def find(words: str) -> Iterator[Trace]:
    """Accounts of the team by name or address."""
    query = sa.select(User).where(User.email.not_like("efface-%@compte.invalid"))
    for word in words.split()[:5]:
        columns = (User.email, User.name)
        query = query.where(sa.or_(*(one.icontains(word, autoescape=True) for one in columns)))
    for user in db.session.scalars(query.order_by(User.id).limit(30)):
        said = "compte de l’équipe" + ("" if user.is_active else ", fermé")
        yield Trace(f"{KIND}-{user.id}", user.name, user.email, said)


def resolve(kind: str, row_id: int) -> Who | None:
    user = db.session.get(User, row_id) if kind == KIND else None
    if user is None or user.email.endswith("@compte.invalid"):
        return None
    first, _, last = user.name.partition(" ")
    return Who(
        emails=frozenset({user.email}), names=((first, last),) if last else (), user_id=user.id
    )


def addresses(people: Iterable[int]) -> set[str]:
    """The directory’s cards have no account."""
    return set()


def disclose(who: Who) -> Iterator[Kept]:
    user = _user(who)
    if user is not None:
        facts = {
            "nom": user.name, "adresse": user.email, "rôle": user.role.label,
            "ouvert": user.created_at, "dernière connexion": user.last_login_at,
            "fermé": user.disabled_at,
        }  # fmt: skip
        yield Kept("Compte de l’équipe", facts)
    mails = [
        {"le": one.created_at, "à": one.recipient, "objet": one.subject, "parti": one.sent_at}
        for one in db.session.scalars(_to(who))
    ]
    if mails:
        yield Kept("Courriels envoyés", mails)


def foresee(who: Who) -> Iterator[str]:
    user = _user(who)
    if user is not None and user.is_active:
        yield "Son compte de l’équipe est ouvert\u00a0: il reste. Fermez-le d’abord."
    elif user is not None:
        yield "Son compte de l’équipe, fermé, perd son nom\u00a0; ce qu’elle a fait reste compté."
    count = len(db.session.scalars(_to(who)).all())
    if count:
        yield f"{plural(count, 'courriel')} écrits à son adresse\u00a0: effacés de nos listes."
    files = len(list(_files(who)))
    if files:
        yield f"{plural(files, 'courriel écrit', 'courriels écrits')} sur le disque\u00a0: effacés."
    chosen = Settings.current()
    if chosen.requests_mailbox or chosen.bounces_mailbox:
        yield (
            "Les messages qu’elle a envoyés par courriel restent dans la boîte relevée, chez votre "
            "hébergeur de courriel\u00a0: supprimez-les là-bas."
        )


def erase(who: Who, keys: Sequence[str], *, objects: bool) -> None:
    """Mails to them or about them, on the disk too; a closed account loses its name."""
    change(sa.delete(Mail).where(Mail.recipient.in_(sorted(who.emails))))
    needles = Needles.of(who)
    waiting = sa.select(Mail).where(sa.func.length(Mail.message) > 0).options(undefer(Mail.message))
    for mail in db.session.scalars(waiting):
        if needles.are_in(_said(email.message_from_bytes(mail.message, policy=_POLICY))):
            db.session.delete(mail)
    for file in _files(who):
        file.unlink(missing_ok=True)
    user = _user(who)
    if user is not None and not user.is_active:
        user.name, user.email = _NOBODY, f"efface-{user.id}@compte.invalid"
        user.password_hash, user.totp_secret, user.openid_subject = "", None, None
        change(sa.delete(UserSession).where(UserSession.user_id == user.id))
    db.session.flush()


def reread(table: str, ids: Iterable[int]) -> None:
    """Nothing here is found by its texts."""


def row_at(email: str) -> str | None:
    user = User.find(email)
    return f"{KIND}-{user.id}" if user else None


def signs() -> Iterator[Any]:
    """Those who answered that they want to stay; the team, who is in touch by working here."""
    answered = sa.literal("a voulu rester")
    yield sa.select(Lapse.person_id, Lapse.email, Lapse.answered_at, answered).where(
        Lapse.answered_at.is_not(None)
    )
    nobody, seen = sa.cast(sa.null(), sa.Integer), sa.literal("compte de l’équipe")
    used = sa.select(
        nobody, User.email, sa.func.coalesce(User.last_login_at, User.created_at), seen
    )
    yield used.where(User.disabled_at.is_not(None))
    # Whoever works here today is never silent.
    here = sa.literal(now() + _TOMORROW, Lapse.answered_at.type)
    yield sa.select(nobody, User.email, here, seen).where(User.disabled_at.is_(None))


def consents() -> Iterator[Any]:
    """Nothing here rests on a consent."""
    yield from ()


def tidy() -> None:
    """Forget the mails that left, or were given up, more than a year ago."""
    change(sa.delete(Mail).where(Mail.created_at < now() - YEAR, Mail.next_try_at.is_(None)))


_POLICY = email.policy.default


def _user(who: Who) -> User | None:
    return db.session.get(User, who.user_id) if who.user_id else None


def forget_lapses(who: Who) -> None:
    """That somebody was asked whether they stay: when, and no more whom. Call it while their card
    is there: a lapse is found by it."""
    theirs = who.among(Lapse.email, Lapse.person_id)
    change(sa.update(Lapse).where(theirs).values(email="", person_id=None, kept_why="",
                                                 erased_at=now()))  # fmt: skip


def _to(who: Who) -> sa.Select[Mail]:
    return sa.select(Mail).where(Mail.recipient.in_(sorted(who.emails))).order_by(Mail.id)


def _files(who: Who) -> Iterator[Path]:
    """The mails on the disk that are to them, or speak of them."""
    folder, needles = Settings.current().mail_folder, Needles.of(who)
    written = [one.encode() for one in who.emails]
    for file in folder.glob("*.eml"):
        raw = file.read_bytes()
        is_theirs = any(one in raw.lower() for one in written)
        # A letter names its reader only: no need to decode thousands of them.
        if not is_theirs and b"\nList-Unsubscribe:" not in raw:
            is_theirs = needles.are_in(_said(email.message_from_bytes(raw, policy=_POLICY)))
        if is_theirs:
            yield file


def _said(message: EmailMessage) -> str:
    """All that a mail says: its headers, then its texts."""
    texts = [f"{name}: {value}" for name, value in message.items()]
    for part in message.walk():
        if part.get_content_maintype() == "text":
            content = part.get_content()
            texts.append(content if isinstance(content, str) else "")
    return "\n".join(texts)
