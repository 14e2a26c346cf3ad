"""Where the links of a letter lead through, and the pictures that tell it was opened."""

import logging
from collections.abc import Callable

from flask import Blueprint, Response, abort, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError

from crm.db import begin_writing, db, now
from crm.newsletter.clicks import Link
from crm.newsletter.counting import count
from crm.newsletter.issues import Issue
from crm.newsletter.readers import links

log = logging.getLogger(__name__)

bp = Blueprint("counting", __name__)

# One transparent point.
GIF = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)


@bp.get("/<slug>/<int:number>/vers/<int:rank>")
def follow(slug: str, number: int, rank: int) -> ResponseReturnValue:
    """Lead to the link of this rank: only what was sent in this issue, so nowhere else."""
    issue = Issue.find(slug, number)
    link = issue and db.session.scalar(Link.of(issue.id).where(Link.rank == rank))
    if not link:
        abort(404, "Ce lien n’est pas dans ce numéro. Ouvrez-le depuis le courriel reçu.")
    url = link.url
    _write(lambda: count.click(link, _asked(), now()))
    answer = redirect(url)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/<slug>/<int:number>/ouverture.gif")
def opened_by_someone(slug: str, number: int) -> Response:
    issue = Issue.find(slug, number)
    if issue is not None and issue.is_public:
        _write(lambda: count.opened_by_someone(issue, _asked()))
    return _gif()


@bp.get("/ouverture/<token>")
def opened(token: str) -> Response:
    delivery_id = links.read_opened(token.removesuffix(".gif"))
    if delivery_id is not None:
        _write(lambda: count.opened(delivery_id, _asked(), now()))
    return _gif()


def _asked() -> count.Asked:
    headers = request.headers
    return count.Asked(
        address=request.remote_addr or "",
        agent=headers.get("User-Agent", ""),
        is_head=request.method == "HEAD",
        is_ahead="prefetch" in (headers.get("Sec-Purpose") or headers.get("Purpose") or ""),
        languages=headers.get("Accept-Language", ""),
    )


def _write(act: Callable[[], None]) -> None:
    """Count, if that is possible: a reader arrives where the link leads in any case."""
    db.session.commit()
    begin_writing()
    try:
        act()
        db.session.commit()
    except OperationalError:
        db.session.rollback()
        log.warning("un clic n’a pas été compté : la base est occupée")


def _gif() -> Response:
    headers = {"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(GIF, mimetype="image/gif", headers=headers)
