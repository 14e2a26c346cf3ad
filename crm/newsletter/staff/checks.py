"""The checks of a number, before it leaves: what is found, and where each is mended."""

from collections.abc import Callable

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.auth import PUBLISH, READ, allow
from crm.db import db, now
from crm.filters import plural
from crm.jobs import enqueue
from crm.newsletter.checks import links, texts
from crm.newsletter.checks.findings import Finding, Where
from crm.newsletter.checks.look import departure, look
from crm.newsletter.desk.gestures import gesture
from crm.newsletter.issues import Issue
from crm.newsletter.probes import Probe
from crm.newsletter.staff.issues import draft, find

bp = Blueprint("checks", __name__)

LETTERS = "staff.newsletter"


@bp.get("/numeros/<int:issue_id>/verifications")
@allow(READ)
def show(issue_id: int) -> ResponseReturnValue:
    issue = find(issue_id)
    found = look(issue)
    probes = Probe.of(links.addresses(issue))
    return render_template(
        "staff/newsletter/checks/show.html",
        issue=issue,
        on=departure(issue),
        blocking=[one for one in found if one.is_blocking],
        advice=[one for one in found if not one.is_blocking],
        mend=lambda one: _mend(issue, one),
        where=Where,
        redirects={probe.id for probe in probes.values() if probe.leads_to},
        progress=links.progress(issue),
    )


def _mend(issue: Issue, found: Finding) -> tuple[str, str] | None:
    """Where to mend it, and what the link says."""
    desk = url_for(f"{LETTERS}.issues.show", issue_id=issue.id)
    row = found.row
    places: dict[Where, Callable[[], tuple[str, str]]] = {
        Where.TEXTS: lambda: (f"{desk}#textes", "Ouvrir les textes"),
        Where.SECTION: lambda: (f"{desk}#rubrique-{row}", "Voir la rubrique"),
        Where.RECIPE: lambda: (f"{desk}#rubrique-{row}", "Voir la rubrique"),
        Where.PLACEMENT: lambda: (
            url_for(f"{LETTERS}.placements.edit", placement_id=row), "Corriger"),
        Where.ITEM: lambda: (url_for(f"{LETTERS}.items.edit", item_id=row), "Corriger le contenu"),
        Where.READERS: lambda: (
            url_for(f"{LETTERS}.variants.index", issue_id=issue.id), "Voir les versions"),
        Where.IDENTITY: lambda: (url_for("staff.settings.identity.edit"), "Compléter l’identité"),
    }  # fmt: skip
    return places[found.where]() if found.where in places else None


@bp.post("/numeros/<int:issue_id>/verifications/liens")
@allow(PUBLISH)
def create(issue_id: int) -> ResponseReturnValue:
    """Have the links visited, in the background."""
    issue = find(issue_id)
    count = links.ask(issue, now(), again=True)
    db.session.commit()
    enqueue(links.visit_asked)
    flash(f"{plural(count, 'lien')} à visiter\u00a0: vous pouvez continuer pendant ce temps.")
    return redirect(url_for(".show", issue_id=issue.id))


@bp.get("/numeros/<int:issue_id>/verifications.json")
@allow(READ)
def progress(issue_id: int) -> Response:
    found = links.progress(find(issue_id))
    return jsonify(
        total=found.total,
        settled=found.answered,
        is_started=True,
        is_over=not found.waiting,
        pace="",
    )


@bp.post("/numeros/<int:issue_id>/verifications/typographie")
@allow(PUBLISH)
def typography(issue_id: int) -> ResponseReturnValue:
    """Set every text as French is printed, in one gesture."""
    issue = draft(issue_id)
    with gesture(issue, "corriger la typographie", by=current_user):
        count = texts.mend_typography(issue)
    db.session.commit()
    flash(f"{plural(count, 'texte corrigé', 'textes corrigés')}, dans ce numéro seulement.")
    return redirect(url_for(".show", issue_id=issue.id))


@bp.post("/numeros/<int:issue_id>/verifications/liens/<int:probe_id>")
@allow(PUBLISH)
def update(issue_id: int, probe_id: int) -> ResponseReturnValue:
    """Adopt the address one is sent to; or say that the link is right as it is."""
    probe = db.get_or_404(Probe, probe_id)
    if request.form.get("choix") == "adopter":
        issue = draft(issue_id)
        if not probe.leads_to:
            abort(409, "Ce lien ne mène plus ailleurs.")
        led = links.leading_to(issue, probe.url)
        with gesture(issue, "prendre une nouvelle adresse", by=current_user, led=led):
            links.adopt(issue, probe)
        flash("Le lien mène tout droit à la nouvelle adresse.")
    else:
        issue = find(issue_id)
        links.vouch(probe)
        flash("Le lien est gardé comme il est.")
    db.session.commit()
    return redirect(url_for(".show", issue_id=issue.id))
