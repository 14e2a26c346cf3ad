"""Words of requests: finding one while typing, and those that are about the same thing."""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from crm.contacts.fold import fold
from crm.db import Model, change, db
from crm.requests.requests import SupportRequest

LONGEST = 30
MOST = 60  # words kept of one request: what it is about is said in the first lines
COMMON = 400  # a word that more requests have says nothing of what they are about

# Small words, and those that every request has, folded.
_SMALL = (
    "a afin ai ainsi alors apres as au aucun aussi autre autres aux avec avez avons avoir "
    "beaucoup besoin bien bonjour car ce cela ces cet cette ceux chez comme comment "
    "cordialement dans de demande depuis des dont du elle elles en encore entre est et etait "
    "ete etre eu fait faire faut fois ici il ils je jour la le les leur leurs lors lui ma "
    "madame mais me meme merci mes moi mon monsieur ne ni nos notre nous on ont ou par parce "
    "pas peu peut plus plusieurs pour pourquoi pouvez pouvoir pres projet puis que quel quelle "
    "quelles quels qui quoi sa sans se ses si son sont souhaite souhaitons sous suis sur ta te "
    "tes toi ton tous tout toute toutes tres trop tu un une vers vos votre vous y"
)
STOP = frozenset(_SMALL.split())

# One row per word of a request, folded; a plain table, so that it works alike on both databases.
request_words = sa.Table(
    "request_words",
    Model.metadata,
    # Words that begin alike follow each other, whatever the language of the server.
    sa.Column(
        "word",
        sa.String(LONGEST).with_variant(sa.String(LONGEST, collation="C"), "postgresql"),
        primary_key=True,
    ),
    sa.Column(
        "request_id",
        sa.ForeignKey("requests.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
    sqlite_with_rowid=False,
)


def words_of(request: SupportRequest) -> list[str]:
    """What a request is found by: its reference, who asks, where, and what it is about."""
    texts = (request.reference, request.name, request.organisation_name, request.email,
             request.commune)  # fmt: skip
    return list(dict.fromkeys([*_split(" ".join(texts)), *subjects_of(request)]))[:MOST]


def subjects_of(request: SupportRequest) -> list[str]:
    """What a request is about, whoever asks."""
    terms = (request.country, request.sector, request.theme)
    labels = (term.label for term in terms if term is not None)
    return _split(" ".join([*labels, request.subject, request.need]))


def _split(text: str) -> list[str]:
    """The words of a text worth keeping, each once, in their order."""
    words = (word[:LONGEST] for word in fold(text).split())
    return [word for word in dict.fromkeys(words) if len(word) > 1 and word not in STOP]


def learn(request: SupportRequest) -> None:
    """Let this request be found by what it says now."""
    db.session.flush()
    learn_all({request.id: words_of(request)})


def learn_all(said: Mapping[int, Iterable[str]]) -> None:
    """Let these requests, by number, be found by these words and no others."""
    change(sa.delete(request_words).where(request_words.c.request_id.in_(said)))
    rows = [{"word": word, "request_id": one} for one, words in said.items() for word in words]
    if rows:
        db.session.execute(sa.insert(request_words), rows)


def forget(request: SupportRequest) -> None:
    """Let this request be found by no word any more."""
    learn_all({request.id: ()})


def saying(text: str) -> list[sa.ColumnElement[bool]]:
    """Conditions on SupportRequest: each word typed begins one of its words."""
    typed = [word[:LONGEST] for word in fold(text).split()]
    wanted = [
        word for word in dict.fromkeys(typed)
        if word == typed[-1] or (word not in STOP and len(word) > 1)
    ]  # fmt: skip
    return [SupportRequest.id.in_(_beginning(word)) for word in wanted[:8]]


def _beginning(word: str) -> sa.Select[int]:
    column = request_words.c.word
    return sa.select(request_words.c.request_id).where(column >= word, column < word + "\uffff")


def sharing(words: Iterable[str], apart_from: int) -> dict[int, float]:
    """The requests that share these words, and how much: a rare word counts for more."""
    counts = {word: _count(word) for word in words}
    weights = {word: 1 / count for word, count in counts.items() if 1 < count < COMMON}
    if not weights:
        return {}
    found: dict[int, float] = {}
    rows: Iterable[Any] = db.session.execute(
        sa.select(request_words.c.request_id, request_words.c.word).where(
            request_words.c.word.in_(list(weights)), request_words.c.request_id != apart_from
        )
    )
    for request_id, word in rows:
        found[request_id] = found.get(request_id, 0) + weights[word] ** 0.5
    return found


def _count(word: str) -> int:
    """How many requests have this word; beyond COMMON it does not matter."""
    some = sa.select(request_words.c.word).where(request_words.c.word == word).limit(COMMON)
    return db.session.scalar(sa.select(sa.func.count()).select_from(some.subquery())) or 0
