"""Texts: the subject, what is empty, and French typography."""

from collections.abc import Iterator

from crm.filters import plural
from crm.newsletter import variants
from crm.newsletter.checks.findings import Finding, Weight, Where, quoted
from crm.newsletter.content import Content
from crm.newsletter.desk import sense
from crm.newsletter.issues import Issue
from crm.newsletter.placements import Placement
from crm.newsletter.typography import is_right, mend

LONG_SUBJECT = 90  # characters a computer shows; a telephone shows about 40


def subject(issue: Issue) -> Iterator[Finding]:
    length = len(issue.subject.strip())
    if not length:
        yield Finding("L’objet est vide.", Where.TEXTS, weight=Weight.BLOCKING)
    elif length > LONG_SUBJECT:
        yield Finding(
            f"L’objet a {length}\u00a0caractères\u00a0: au-delà de {LONG_SUBJECT}, sa fin ne se "
            "voit pas.",
            Where.TEXTS,
        )
    said = f"{issue.subject} {issue.preheader}".casefold()
    for placement in issue.placements:
        own = placement.only or placement.section.only
        if own and len(placement.title) > 8 and placement.title.casefold() in said:
            yield Finding(
                f"L’objet ou l’aperçu, que tout le monde reçoit, dit {quoted(placement.title)}, "
                "qui est réservé à certains.",
                Where.TEXTS,
                weight=Weight.BLOCKING,
            )


def emptiness(issue: Issue) -> Iterator[Finding]:
    if not issue.placements and not issue.editorial.strip():
        words = "Ce numéro ne contient rien\u00a0: ni éditorial, ni contenu."
        yield Finding(words, Where.TEXTS, weight=Weight.BLOCKING)
    for section in issue.sections:
        if not section.placements:
            words = f"La rubrique {quoted(section.title)} est vide\u00a0: elle ne paraîtra pas."
            yield Finding(words, Where.SECTION, section.id)


def recipe(issue: Issue) -> Iterator[Finding]:
    """A section whose rule no longer makes sense, in this number and in those to come."""
    for place, words in sense.troubles(issue.sections).items():
        section = issue.sections[place]
        yield Finding(f"{quoted(section.title)}\u00a0: {words}", Where.RECIPE, section.id)
    for condition in variants.lost(Content.draw(issue)):
        words = f"Une partie est réservée aux {condition.label}\u00a0: personne ne la recevrait."
        yield Finding(words, Where.READERS, weight=Weight.BLOCKING)


def typography(issue: Issue) -> Iterator[Finding]:
    wrong = [name for name, text in _said(issue) if not is_right(text)]
    if wrong:
        where = ", ".join(dict.fromkeys(wrong[:4])) + ("…" if len(wrong) > 4 else "")
        yield Finding(
            f"Typographie à corriger dans {plural(len(wrong), 'texte')}\u00a0: apostrophes droites "
            "ou espaces sécables devant la ponctuation double.",
            Where.TYPOGRAPHY,
            detail=where,
        )


def mend_typography(issue: Issue) -> int:
    """Set every text of a draft as French is printed, in this number alone. Returns how many."""
    before = [text for _, text in _said(issue)]
    issue.subject, issue.preheader = mend(issue.subject), mend(issue.preheader)
    issue.editorial = mend(issue.editorial)
    for section in issue.sections:
        section.title = mend(section.title)
        for placement in section.placements:
            _mend(placement)
    return sum(old != new for old, (_, new) in zip(before, _said(issue), strict=True))


def _mend(placement: Placement) -> None:
    title, summary = mend(placement.title), mend(placement.summary)
    if (title, summary) != (placement.title, placement.summary):
        placement.reword(title[:300], summary)
    placement.own_source = mend(placement.own_source)


def _said(issue: Issue) -> Iterator[tuple[str, str]]:
    """What the number says, each text with the name of what says it."""
    yield "l’objet", issue.subject
    yield "l’aperçu", issue.preheader
    yield "l’éditorial", issue.editorial
    for section in issue.sections:
        yield quoted(section.title), section.title
        for placement in section.placements:
            for text in (placement.title, placement.summary, placement.own_source):
                yield quoted(placement.name, 40), text
