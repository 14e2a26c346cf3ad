"""The sender's health: what the DNS says of us, whether returns are read, and what they told."""

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from crm import signature
from crm.auth import PUBLISH, allow
from crm.config import Settings
from crm.db import db, now
from crm.jobs import told
from crm.newsletter.bounces import Bounce, Kind
from crm.newsletter.returns import health
from crm.newsletter.returns.collect import TOLD

bp = Blueprint("health", __name__, url_prefix="/sante")

LATELY = timedelta(days=30)


@bp.get("/")
@allow(PUBLISH)
def show() -> ResponseReturnValue:
    settings = Settings.current()
    checks = health.examine(settings)
    return render_template(
        "staff/newsletter/health/show.html",
        domain=signature.domain(settings),
        checks=checks,
        wrong=sum(check.state is health.State.WRONG for check in checks),
        doubtful=sum(check.state is health.State.DOUBT for check in checks),
        reading=_reading(settings),
        returns=_returns(),
        unattributed=db.session.scalars(Bounce.unattributed().limit(10)).all(),
    )


def _reading(settings: Settings) -> dict[str, Any] | None:
    """When the mailbox was read last, and what stood in the way."""
    if not settings.bounces_mailbox:
        return None
    said = told(TOLD) or {}
    at = datetime.fromisoformat(said["at"]) if "at" in said else None
    return {"at": at, "messages": said.get("messages", 0), "trouble": said.get("trouble", "")}


def _returns() -> dict[Kind, int]:
    lately = select(Bounce.kind, func.count()).where(Bounce.created_at > now() - LATELY)
    return {row[0]: row[1] for row in db.session.execute(lately.group_by(Bounce.kind))}
