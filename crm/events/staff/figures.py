"""The figures of a period: the sentence, the pictures, the printed table, the rows behind each."""

from collections.abc import Iterable

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_sqlalchemy.pagination import Pagination

from crm import downloads
from crm.auth import PUBLISH, READ, allow
from crm.contacts.terms import Term, Vocabulary
from crm.db import db
from crm.events import figures, report, who_came, yearly_table
from crm.events.afterwards import EventRules
from crm.events.events import Event
from crm.events.past_tables import HEADINGS
from crm.filters import today
from crm.forms import Form, as_choices, checkboxes
from crm.periods import Period
from crm.tables import Row

bp = Blueprint("figures", __name__, url_prefix="/bilan")

_SHOWN = 100  # lines of the printed table on the page; the files have them all


class Lines(Pagination):
    """Events whose numbers are known, some at a time."""

    def _query_items(self) -> list[Event]:
        ids = self._query_args["ids"]
        return yearly_table.some(ids[self._query_offset : self._query_offset + self.per_page])

    def _query_count(self) -> int:
        return len(self._query_args["ids"])


class RulesForm(Form):
    inside = checkboxes(
        "Types d’acteurs du secteur",
        hint="Les structures des autres types comptent comme «\u00a0hors secteur\u00a0».",
    )

    def __init__(self, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        types = db.session.scalars(Term.of(Vocabulary.ACTOR_TYPE))
        self.inside.choices = as_choices((term.code, term.label) for term in types)


@bp.get("")
@allow(READ)
def index() -> ResponseReturnValue:
    period = Period.read(request.args)
    events = figures.read(period)
    table = yearly_table.table(period.starts, period.ends, limit=_SHOWN)
    return render_template(
        "staff/events/figures/index.html",
        period=period,
        total=figures.total(events),
        tables=figures.tables(period, events),
        people=who_came.people(period),
        apart=figures.apart(period),
        compared=figures.years(period),
        table=[(event, yearly_table.cells(event)) for event in table],
        headings=HEADINGS,
        years=range(today().year, today().year - 6, -1),
    )


@bp.get("/lignes")
@allow(READ)
def show() -> ResponseReturnValue:
    """The events of one number: `par` and `valeur`; all of the period otherwise."""
    period = Period.read(request.args)
    name, events = _asked(period)
    return render_template(
        "staff/events/figures/show.html",
        period=period,
        name=name,
        total=figures.total(events),
        page=Lines(ids=[one.id for one in events], per_page=50),
        cells=yearly_table.cells,
    )


def _asked(period: Period) -> tuple[str, list[figures.Held]]:
    apart = figures.APART.get(request.args.get("ecartes", ""))
    if apart is not None:
        return apart.title, figures.read(period, apart.where(period))
    events = figures.read(period)
    dimension = figures.BY_KEY.get(request.args.get("par", ""))
    name = "Événements"
    if dimension is not None:
        value = request.args.get("valeur", figures.NOTHING)[:320]
        rest = figures.unsaid(dimension) if value == figures.NOTHING else ""
        label = dimension.labels(period, events).get(value, rest)
        if not label:
            abort(404, "Cette valeur n’existe pas.")
        name, events = f"{dimension.title}\u00a0: {label}", figures.having(dimension, value, events)
    if request.args.get("manque"):
        return f"{name}, sans effectif", [one for one in events if one.participants is None]
    return name, events


@bp.route("/secteur", methods=["GET", "POST"])
@allow(PUBLISH)
def edit() -> ResponseReturnValue:
    """Which types of actors are « du secteur »."""
    rules = EventRules.current()
    form = RulesForm(data={"inside": rules.inside})
    if form.is_valid_post():
        rules.inside = form.inside.data
        db.session.add(rules)
        db.session.commit()
        flash("C’est noté\u00a0: les parts «\u00a0hors secteur\u00a0» sont recalculées.")
        return redirect(url_for(".index"))
    code = 422 if form.errors else 200
    return render_template("staff/events/figures/edit.html", form=form), code


@bp.get("/tableau.<form>")
@allow(READ)
def table(form: str) -> Response:
    """The printed table, as it goes in and comes out."""
    period = Period.read(request.args)
    events = yearly_table.table(period.starts, period.ends)
    return _file("evenements", form, list(HEADINGS.values()), yearly_table.rows(events), period)


@bp.get("/totaux.<form>")
@allow(READ)
def totals(form: str) -> Response:
    """Every number of the page, one a line."""
    period = Period.read(request.args)
    headings = ("Tableau", "Valeur", "Événements", "Participants", "Effectifs manquants")
    return _file("totaux", form, headings, report.totals(period), period)


@bp.get("/lignes.<form>")
@allow(READ)
def rows(form: str) -> Response:
    """The events of one number, as a file."""
    period = Period.read(request.args)
    _, events = _asked(period)
    told = yearly_table.rows(yearly_table.some([one.id for one in events]))
    return _file("lignes", form, list(HEADINGS.values()), told, period)


@bp.get("/rapport.pdf")
@allow(READ)
def pdf() -> Response:
    """Pages ready for the yearly report."""
    period = Period.read(request.args)
    response = Response(report.as_pdf(period), mimetype="application/pdf")
    name = f"evenements-{period.starts:%Y-%m-%d}-{period.ends:%Y-%m-%d}.pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _file(name: str, form: str, headings: Row, rows: Iterable[Row], period: Period) -> Response:
    dates = f"{period.starts:%Y-%m-%d}-{period.ends:%Y-%m-%d}"
    return downloads.table(f"{name}-{dates}.{form}", headings, rows, sheet="Événements")
