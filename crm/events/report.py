"""The report: the figures of a period as lines of a file, and as a PDF to print or to bind."""

from collections.abc import Iterator
from typing import Any

from crm.db import db
from crm.events import attendees, figures, who_came, yearly_table
from crm.events.figures import Count
from crm.events.past_tables import HEADINGS
from crm.filters import day, number, plural
from crm.identity import Identity
from crm.pdf import render
from crm.periods import Period
from crm.tables import Row

PRESENCES = (
    "Événement", "Date", "Nom", "Prénom", "Courriel", "Structure", "Fonction", "Département",
    "Places",
)  # fmt: skip


def totals(period: Period) -> Iterator[Row]:
    """Every number, one a line: its table, its value, events, participants, what is missing."""
    events = figures.read(period)
    whole, people = figures.total(events), who_came.people(period)
    yield "Total", period.label, whole.events, whole.participants, whole.missing
    yield "Personnes différentes, connues par leur nom", period.label, None, people.people, None
    yield "Structures différentes", period.label, None, people.structures, None
    for one in people.by_type:
        yield "Structures par type d’acteur", one.label, None, one.number, None
    for dimension, found in figures.tables(period, events):
        for row in found:
            yield dimension.title, row.label, row.events, row.participants, row.missing


def presence_rows(period: Period, what: str) -> Iterator[Row]:
    """Who came by name, one row for each event they came to, some at a time."""
    query = attendees.presences(period, what).execution_options(yield_per=1000)
    for one in db.session.scalars(query):
        structure = one.organisation.name if one.organisation else one.organisation_name
        yield (one.event.title, day(one.event.first_day), one.last_name, one.first_name,
               one.email, structure, one.function, one.department, one.seats)  # fmt: skip


def sentence(whole: Count, period: Period) -> str:
    """« En 2021, 49 événements ont réuni 807 participants ; 10 effectifs manquent. »"""
    if not whole.events:
        return f"Aucun événement n’a eu lieu {period.label}."
    label = period.label[:1].upper() + period.label[1:]
    verb = "ont réuni" if whole.events > 1 else "a réuni"
    gaps = plural(whole.missing, "effectif manque", "effectifs manquent")
    said = f"{label}, {plural(whole.events, 'événement')} {verb} "
    said += plural(whole.participants, "participant")
    return said + (f"\u00a0; {gaps}." if whole.missing else ".")


def as_pdf(period: Period) -> bytes:
    """The figures and the printed table as a tagged PDF (PDF/UA-1)."""
    events = figures.read(period)
    whole, identity = figures.total(events), Identity.current()
    table = yearly_table.table(period.starts, period.ends)
    return render(
        "events",
        {
            "title": f"Événements {period.label}",
            "network": identity.name,
            "brand": identity.brand,
            "sentence": sentence(whole, period),
            "beside": beside(period, whole),
            "people": _people(period),
            "parts": [_part(dimension, found) for dimension, found in
                      figures.tables(period, events) if found],
            "headings": list(HEADINGS.values()),
            "table": [list(yearly_table.cells(event).values()) for event in table],
        },
    )  # fmt: skip


def beside(period: Period, whole: Count) -> list[str]:
    """What the figures leave out, in words."""
    left, said = figures.apart(period), []
    if whole.missing:
        gaps = plural(whole.missing, "événement est", "événements sont")
        said.append(f"{gaps} sans nombre de participants\u00a0: le total est un minimum.")
    if left.cancelled:
        words = plural(left.cancelled, "événement annulé n’est", "événements annulés ne sont")
        said.append(f"{words} pas comptés." if left.cancelled > 1 else f"{words} pas compté.")
    if left.coming:
        words = plural(left.coming, "événement à venir n’est", "événements à venir ne sont")
        said.append(f"{words} pas encore comptés." if left.coming > 1
                    else f"{words} pas encore compté.")  # fmt: skip
    return said


def _people(period: Period) -> list[str]:
    people = who_came.people(period)
    if not people.people and not people.structures:
        return []
    said = [f"{plural(people.people, 'personne différente', 'personnes différentes')}, "
            f"de {plural(people.structures, 'structure')}."]  # fmt: skip
    share = people.share_outside
    if share is not None:
        rest = (
            f"\u00a0; {plural(people.untyped, 'structure')} de type inconnu"
            if people.untyped
            else ""
        )
        said.append(f"{number(round(100 * share))}\u00a0% des structures sont hors secteur{rest}.")
    return said


def _part(dimension: figures.Dimension, found: list[Count]) -> dict[str, Any]:
    most = max((one.participants for one in found), default=0) or 1
    return {
        "title": dimension.title,
        "column": _column(dimension),
        "rows": [
            {"label": one.label, "events": number(one.events),
             "participants": number(one.participants), "share": one.participants / most,
             "missing": number(one.missing) if one.missing else ""}
            for one in found if one.events
        ],
    }  # fmt: skip


def _column(dimension: figures.Dimension) -> str:
    """« Par mission » heads a column « Mission »."""
    words = dimension.title.removeprefix("Par ") if dimension.key != "comptage" else "comptage"
    return words[:1].upper() + words[1:]
