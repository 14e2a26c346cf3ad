"""Versions of a letter: what they cost when it leaves, beside the same letter for everybody."""

import time
from collections.abc import Callable

import sqlalchemy as sa

from benchmarks.delivery import PARAGRAPH, _deliver, _issue, _placements, _sink
from crm.config import Settings
from crm.contacts.terms import Term, Vocabulary
from crm.db import db, now
from crm.filters import number, today
from crm.newsletter.delivery import schedule
from crm.newsletter.delivery.deliver import messages_of
from crm.newsletter.delivery.editions import editions
from crm.newsletter.issues import Issue, Publication, Section
from crm.newsletter.subscriptions import Subscription

RECIPIENTS = 4_000
ROUNDS = 2
DEPARTMENTS = ("01", "03", "07", "15", "26", "38", "42", "43", "63", "69", "73", "74")


def run() -> None:
    """Print the time of the grid, and messages per second with one letter and with many."""
    with _sink() as port, _issue(RECIPIENTS, f"smtp://127.0.0.1:{port}"):
        _deliver()  # warms up
        _spread()
        times = {False: 0.0, True: 0.0}
        for _ in range(ROUNDS):
            for is_varied in times:
                issue = _compose(is_varied=is_varied)
                if is_varied:
                    grid, letters = _grid(issue)
                schedule.schedule(issue, now())
                db.session.commit()
                times[is_varied] += _timed(_deliver)
        made = _prepared()
    one, many = (RECIPIENTS * ROUNDS / times[is_varied] for is_varied in (False, True))
    alone = RECIPIENTS * ROUNDS / (times[True] - ROUNDS * made)
    print(f"\nVersions d’une lettre, {number(RECIPIENTS)} abonnés, SQLite")
    print(f"  la grille de {letters} lettres                {grid * 1000:>8.0f} ms")
    print(f"  les écrire toutes, une fois          {made * 1000:>8.0f} ms")
    print(f"  envoi, la même pour tous             {one:>8.0f} messages/s")
    print(f"  envoi, {letters} lettres                      {many:>8.0f} messages/s")
    print(f"  le même, une fois écrites            {alone:>8.0f} messages/s   × {alone / one:.2f}")


def _prepared() -> float:
    """Seconds to write every letter of an issue that begins to leave."""
    issue = _compose(is_varied=True)
    schedule.schedule(issue, now())
    schedule.start(issue, now())
    db.session.commit()
    return _timed(lambda: messages_of(issue, Settings.current()))


def _spread() -> None:
    """Readers of six types in twelve departments."""
    types = db.session.scalars(Term.of(Vocabulary.ACTOR_TYPE).limit(6)).all()
    for rank, term in enumerate(types):
        some = sa.update(Subscription).where(Subscription.id % 6 == rank)
        db.session.execute(some.values(actor_type_id=term.id))
    for rank, code in enumerate(DEPARTMENTS):
        some = sa.update(Subscription).where(Subscription.id / 6 % 12 == rank)
        db.session.execute(some.values(department=code))
    db.session.commit()


def _compose(*, is_varied: bool) -> Issue:
    publication = Publication.find("resaclic")
    assert publication is not None
    types = db.session.scalars(Term.of(Vocabulary.ACTOR_TYPE).limit(2)).all()
    section = Section(position=1, title="Actualités", kinds=["news"], placements=_placements())
    issue = Issue(
        publication=publication, number=publication.next_number(), subject="Un été solidaire",
        planned_on=today(), editorial=PARAGRAPH * 10, sections=[section],
    )  # fmt: skip
    if is_varied:
        for place, code in enumerate(DEPARTMENTS):
            section.placements[place].only = {"departments": [code]}
        for place, term in enumerate(types, len(DEPARTMENTS)):
            section.placements[place].only = {"actor_types": [term.id]}
    db.session.add(issue)
    db.session.flush()
    return issue


def _grid(issue: Issue) -> tuple[float, int]:
    """Seconds, and how many letters there are."""
    start = time.perf_counter()
    letters = len(editions(issue))
    return time.perf_counter() - start, letters


def _timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


if __name__ == "__main__":
    run()
