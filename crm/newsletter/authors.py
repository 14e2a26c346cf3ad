"""Authors: those who proposed something, found, told what is kept of them, and forgotten."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from crm.db import db
from crm.filters import day, plural
from crm.newsletter.propose import erase
from crm.newsletter.propositions import Proposition
from crm.personal import Holding, Kept, Processing, Trace, Who

KIND = "proposition"
_MOST = 30

PROPOSITIONS = Processing(
    key="propositions",
    name="Propositions pour les lettres",
    aims="Recevoir ce que des organisations proposent de relayer, et leur répondre.",
    basis="Intérêt légitime à répondre à qui nous écrit (RGPD, art. 6 §1 f).",
    people="Les personnes qui proposent une actualité, un événement ou une offre.",
    data="Ce que vous proposez, votre nom, votre adresse, et notre réponse.",
    recipients="L’équipe du réseau.",
    kept="Trois mois après la réponse, un an s’il n’y en a pas\u00a0; les envois de robots, un "
    "mois. Le texte proposé reste, sans son auteur.",
)

HOLDING = Holding(
    "propositions", "propositions", "ce qui est proposé pour les lettres, et par qui",
    own=("name", "email", "consent_text", "key"),
    free=("word", "suspicion"),
    published=("title", "summary", "organisation", "place"),
    other=("url", "canonical_url", "department"),
)  # fmt: skip


def find(words: str) -> Iterator[Trace]:
    """Those who proposed something, by their address or their name."""
    query = sa.select(Proposition).where(Proposition.erased_at.is_(None))
    for word in words.split()[:5]:
        columns = (Proposition.email, Proposition.name)
        query = query.where(sa.or_(*(one.icontains(word, autoescape=True) for one in columns)))
    for one in db.session.scalars(query.order_by(Proposition.id.desc()).limit(_MOST)):
        yield Trace(f"{KIND}-{one.id}", one.name, one.email, f"a proposé «\u00a0{one.title}\u00a0»")


def resolve(row_id: int) -> Who | None:
    found = db.session.get(Proposition, row_id)
    if found is None or not found.email:
        return None
    return Who(emails=frozenset({found.email.lower()}))


def disclose(who: Who) -> Iterator[Kept]:
    for one in _of(who):
        yield Kept(f"Proposition «\u00a0{one.title}\u00a0»", {
            "Nom": one.name, "Courriel": one.email, "Proposée le": day(one.created_at),
            "Genre": one.kind.label, "Titre": one.title, "Texte": one.summary, "Lien": one.url,
            "Organisation": one.organisation, "Lieu": one.place, "Accord donné": one.consent_text,
            "Réponse": one.answer.label if one.answer else "", "Mot reçu": one.word,
        })  # fmt: skip


def foresee(who: Who) -> Iterator[str]:
    if count := len(_of(who)):
        yield f"{plural(count, 'proposition')}\u00a0: le texte reste, sans le nom ni l’adresse."


def forget(who: Who) -> None:
    for one in _of(who):
        erase(one)


def row_at(email: str) -> str | None:
    found = sa.select(Proposition.id).where(sa.func.lower(Proposition.email) == email.lower())
    row = db.session.scalar(found.order_by(Proposition.id.desc()).limit(1))
    return f"{KIND}-{row}" if row is not None else None


def signs() -> Any:
    """When each address proposed something."""
    return sa.select(
        sa.cast(sa.null(), sa.Integer), Proposition.email, Proposition.created_at,
        sa.literal("proposition"),
    ).where(Proposition.email != "", Proposition.suspected_at.is_(None))  # fmt: skip


def _of(who: Who) -> list[Proposition]:
    theirs = who.among(sa.func.lower(Proposition.email))
    return list(db.session.scalars(sa.select(Proposition).where(theirs, Proposition.email != "")))
