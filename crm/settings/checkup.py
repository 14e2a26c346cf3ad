"""« État de l’installation »: what `crm check` says, on a page."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from crm.auth import ADMIN, allow
from crm.config import Settings
from crm.keeping.checkup import examine
from crm.keeping.findings import State

bp = Blueprint("checkup", __name__, url_prefix="/etat")


@bp.get("/")
@allow(ADMIN)
def show() -> ResponseReturnValue:
    worst_first = [State.WRONG, State.DOUBT, State.GOOD]
    findings = sorted(examine(Settings.current()), key=lambda one: worst_first.index(one.state))
    return render_template(
        "staff/settings/checkup/show.html",
        findings=findings,
        wrong=sum(one.state is State.WRONG for one in findings),
        doubtful=sum(one.state is State.DOUBT for one in findings),
    )
