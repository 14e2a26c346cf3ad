"""Personal data: what each table declares to hold, and what a feature answers about someone.

Each feature has a module of declarations (`holdings.py`) beside its tables, and one of verbs
(`personal.py`) that knows how to find, tell and forget someone. The roof puts them together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import sqlalchemy as sa

GONE = "personne effacée"  # what a text says instead of a name
GONE_ADDRESS = "adresse effacée"
GONE_PHONE = "numéro effacé"


@dataclass(frozen=True)
class Processing:
    """One line of the register: why data is kept, on what ground, and who sees it (RGPD art. 30).

    Every text is French, as the register prints it.
    """

    key: str
    name: str
    aims: str
    basis: str  # RGPD art. 6 §1
    people: str  # whose data it is
    recipients: str
    kept: str  # how long, and what happens then
    data: str = ""  # what is kept, in short, for visitors


@dataclass(frozen=True)
class Holding:
    """What one table says about people, column by column.

    `own` goes away with the person. `free` are texts where others may be named too: their names
    and addresses are replaced. `published` is told and left, for somebody to decide. `other` says
    nothing about anybody. A test wants each column of text, data or bytes in one of the four.
    """

    table: str
    processing: str  # its key
    data: str  # what it holds, in French
    own: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    kept: str = ""  # when it differs from the processing's


@dataclass(frozen=True)
class Who:
    """Someone, as far as we know them: their addresses, their cards, and how they are called."""

    emails: frozenset[str] = frozenset()
    people: frozenset[int] = frozenset()  # ids of cards, merged ones included
    names: tuple[tuple[str, str], ...] = ()  # first name, last name
    phones: frozenset[str] = frozenset()
    user_id: int | None = None
    rows: frozenset[tuple[str, int]] = frozenset()  # (kind, id): theirs, though nothing says so

    def among(self, email: Any, person_id: Any = None) -> sa.ColumnElement[bool]:
        """Whether a row is theirs, by its column of addresses or that of cards."""
        theirs: sa.ColumnElement[bool] = email.in_(sorted(self.emails))
        if person_id is None:
            return theirs
        return sa.or_(theirs, person_id.in_(sorted(self.people)))


@dataclass(frozen=True)
class Trace:
    """A row that speaks of someone, as a search shows it. `key` opens a file: « demande-12 »."""

    key: str
    name: str
    email: str
    said: str  # « abonnée à RESA’CLIC »


@dataclass(frozen=True)
class Enclosed:
    """A file that someone sent, or that was kept about them."""

    name: str
    content: bytes


@dataclass
class Kept:
    """What one feature keeps about someone: plain data with French names, and files."""

    title: str
    facts: Any
    files: list[Enclosed] = field(default_factory=list)


class Feature(Protocol):
    """What the `personal` module of a feature answers. Nothing in it commits."""

    @property
    def PROCESSINGS(self) -> Sequence[Processing]: ...  # noqa: N802

    @property
    def HOLDINGS(self) -> Sequence[Holding]: ...  # noqa: N802

    @property
    def ABOUT_NOBODY(self) -> Sequence[str]: ...  # noqa: N802

    def find(self, words: str) -> Iterable[Trace]:
        """Rows of people whose name or address has these words, a few dozen at most."""

    def resolve(self, kind: str, row_id: int) -> Who | None:
        """Whom the row of a trace speaks of."""

    def addresses(self, people: Iterable[int]) -> set[str]:
        """The addresses of rows tied to these cards."""

    def disclose(self, who: Who) -> Iterable[Kept]:
        """All that is kept about someone (RGPD art. 15), files included."""

    def foresee(self, who: Who) -> Iterable[str]:
        """What erasing them will do, a French sentence for each kind of thing."""

    def erase(self, who: Who, keys: Sequence[str], *, objects: bool) -> None:
        """Forget them; figures stay true. `objects`: they must never be written to again."""

    def reread(self, table: str, ids: Iterable[int]) -> None:
        """Let searches know that texts of these rows were rewritten."""

    def row_at(self, email: str) -> str | None:
        """The key of a row with this address, as `Trace.key`."""

    def signs(self) -> Iterable[Any]:
        """Contacts that came from people: rows of (person_id, email, at, said), for retention.

        `said` is French: « demande ». Source of the rule: CNIL, référentiel relatif à la gestion
        commerciale (2022), §6: three years from the last contact that came from the person.
        """

    def consents(self) -> Iterable[Any]:
        """Consents and their proof: rows of (kind, id, email, given, confirmed, withdrawn,
        purpose, source, wording)."""

    def tidy(self) -> None:
        """Throw away what has outlived its time without concerning anybody in particular."""
