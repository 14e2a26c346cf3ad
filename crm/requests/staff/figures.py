"""The figures of a period: the sentence, the pictures, the tables, and the rows of each number."""

from collections.abc import Iterable

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement

from crm import downloads
from crm.auth import READ, WORK, allow
from crm.filters import clock, local, today
from crm.listing import Listing
from crm.periods import Period
from crm.requests import figures
from crm.requests.figures import BY_KEY, FIGURE_BY_KEY, FIGURES
from crm.requests.lines import every_line, lines
from crm.tables import Row

bp = Blueprint("figures", __name__, url_prefix="/chiffres")


@bp.get("/")
@allow(READ)
def index() -> ResponseReturnValue:
    period = Period.read(request.args)
    return render_template(
        "staff/requests/figures/index.html",
        period=period,
        figures=[(one, figures.total(period, *one.where())) for one in FIGURES],
        tables=figures.tables(period),
        total=figures.total(period),
        requests=figures.total(period, figures.C.source == figures.REQUEST),
        median=figures.median_delay(period),
        years=range(today().year, today().year - 5, -1),
    )


@bp.get("/lignes")
@allow(READ)
def show() -> ResponseReturnValue:
    """The rows of one number: `chiffre`, or `par` and `valeur`; all of the period otherwise."""
    period = Period.read(request.args)
    title, rule, where = _asked(period)
    total = figures.total(period, *where)
    page = min(Listing.asked_page(), max(1, -(-total // Listing.SIZE)))
    found = lines(period, where, offset=(page - 1) * Listing.SIZE, limit=Listing.SIZE)
    return render_template(
        "staff/requests/figures/show.html",
        period=period,
        name=title,
        rule=rule,
        listing=Listing(found, total, page),
    )


def _asked(period: Period) -> tuple[str, str, list[ColumnElement[bool]]]:
    figure = FIGURE_BY_KEY.get(request.args.get("chiffre", ""))
    if figure is not None:
        return figure.title, figure.rule, list(figure.where())
    dimension = BY_KEY.get(request.args.get("par", ""))
    if dimension is None:
        return "Demandes et réponses brèves", "", []
    value = request.args.get("valeur", figures.NOTHING)[:60]
    label = dimension.labels(period).get(value, "non précisé" if value == "-" else "")
    if not label:
        abort(404, "Cette valeur n’existe pas.")
    return f"{dimension.title} : {label}", "", figures.having(dimension, value, period)


@bp.get("/tableau.<form>")
@allow(READ)
def table(form: str) -> Response:
    """Every number of the page, one a line."""
    period = Period.read(request.args)
    rows: list[Row] = [
        ("Rapport", one.title, figures.total(period, *one.where())) for one in FIGURES
    ]
    rows += [
        (dimension.title, one.label, one.number)
        for dimension, found in figures.tables(period)
        for one in found
    ]
    return _file("chiffres", form, ("Tableau", "Valeur", "Nombre"), rows, period)


@bp.get("/lignes.<form>")
@allow(WORK)
def rows(form: str) -> Response:
    """The rows of one number, as a file."""
    period = Period.read(request.args)
    _, _, where = _asked(period)
    headings = ("Quoi", "Référence", "Date", "Heure", "Objet", "Genre", "Moyen", "Thème",
                "Département", "Public", "Suite", "Par")  # fmt: skip
    told = (
        ("Demande" if one.source == figures.REQUEST else "Réponse brève", one.reference,
         local(one.at).date().isoformat(), clock(one.at), one.title, one.kind, one.channel,
         one.theme, one.department, one.public, one.outcome, one.officer)
        for one in every_line(period, where)
    )  # fmt: skip
    return _file("lignes", form, headings, told, period)


def _file(name: str, form: str, headings: Row, rows: Iterable[Row], period: Period) -> Response:
    dates = f"{period.starts:%Y-%m-%d}-{period.ends:%Y-%m-%d}"
    return downloads.table(f"{name}-{dates}.{form}", headings, rows, sheet="Chiffres")
