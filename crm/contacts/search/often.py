"""Often: the words that so many cards have that who has them is counted in advance."""

from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa

from crm.contacts.search.store import SHORT, beginning_form, word_form, words_in
from crm.contacts.search.tables import documents
from crm.db import db

_OFTEN = 2000  # documents in which a word is worth a bitmap…
_OFTEN_SHARE = 200  # … when they are one in 200 at least
_SAMPLE = 20  # one document in 20 says which words are often there


@dataclass(frozen=True)
class Often:
    """The words, and the beginnings of words, that many documents have, each with its form."""

    words: dict[str, str]
    starts: dict[str, str]

    def forms(self, text: str) -> set[str]:
        """The forms of these words that a document which says `text` has."""
        found = set()
        for word in words_in(text):
            if word in self.words:
                found.add(self.words[word])
            for size in range(1, SHORT + 1):
                form = self.starts.get(word[:size])
                if form is None:  # then a longer beginning is rarer still
                    break
                found.add(form)
        return found


def found_often() -> Often | None:
    """What a sample of the documents shows to be in many of them; none when they are few."""
    its = documents.c
    total = db.session.scalar(sa.select(sa.func.count()).select_from(documents)) or 0
    least = max(_OFTEN, total // _OFTEN_SHARE)
    if total < least:
        return None
    words, starts = Counter[str](), Counter[str]()
    sample = sa.select(its.names, its.words).where(its.id % (2 * _SAMPLE) < 2)
    for row in db.session.execute(sample.execution_options(yield_per=10_000)):
        said = words_in(f"{row.names} {row.words}")
        words.update(said)
        starts.update({word[:size] for word in said for size in range(1, SHORT + 1)})
    least //= _SAMPLE
    return Often(
        {word: word_form(word) for word, count in words.items() if count >= least},
        {start: beginning_form(start) for start, count in starts.items() if count >= least},
    )
