"""What a number became once it was sent: who received it, what was followed, what came back."""

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from crm.auth import READ, allow
from crm.db import db
from crm.newsletter.bounces import Bounce, Kind
from crm.newsletter.counting import compare, count
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.issues import Issue
from crm.newsletter.staff.issues import find

bp = Blueprint("figures", __name__)

# What large mail providers ask of senders: above it, letters go to the spam folder.
MOST_COMPLAINTS = 0.003
RECEIVED = (State.SENT, State.COMPLAINED)


@bp.get("/numeros/<int:issue_id>/chiffres")
@allow(READ)
def show(issue_id: int) -> ResponseReturnValue:
    issue = find(issue_id)
    links = count.figures(issue)
    compared = compare.outcomes(issue) if issue.started_at else []
    return render_template(
        "staff/newsletter/figures/show.html",
        issue=issue,
        links=links,
        people=sum(figure.people for figure in links),
        robots=sum(figure.robots for figure in links),
        kinds=Kind,
        compared=compared,
        usual=compare.usual_rate(compared[:-1]),
        **_outcome(issue),
    )


def _outcome(issue: Issue) -> dict[str, Any]:
    """Who received it, what came back and why, who was seen opening it."""
    counts = Delivery.counts(issue)
    received = sum(counts[state] for state in RECEIVED)
    returns = select(Bounce.kind, func.count()).join(Delivery).where(Delivery.issue_id == issue.id)
    kinds = {row[0]: row[1] for row in db.session.execute(returns.group_by(Bounce.kind))}
    seen = select(func.count(Delivery.opened_at)).where(Delivery.issue_id == issue.id)
    complaints = kinds.get(Kind.COMPLAINT, 0)
    return {
        "received": received,
        "returns": dict.fromkeys(Kind, 0) | kinds,
        "opened": db.session.scalar(seen) or 0,
        "is_disliked": received >= 300 and complaints / received > MOST_COMPLAINTS,
    }
