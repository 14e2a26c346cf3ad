"""Accueil: what needs doing today."""

from dataclasses import dataclass

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import defer, joinedload

from crm.auth import READ, allow, may
from crm.db import db, now
from crm.events.head_counts import count_missing
from crm.filters import day, near, number, plural, today
from crm.keeping.backups import LATE, Backup
from crm.newsletter import review
from crm.newsletter.compose import count_new
from crm.newsletter.delivery.lateness import question
from crm.newsletter.issues import Issue, Publication
from crm.newsletter.items import Feed
from crm.newsletter.propositions import Proposition
from crm.requests.queue import MINE, View, count_suspects, overview
from crm.soon import soon

bp = Blueprint("dashboard", __name__)


@dataclass(frozen=True)
class Thing:
    """One line of the list: what to do, where, and a word about it."""

    text: str
    url: str
    icon: str
    detail: str = ""


@bp.get("/")
@allow(READ)
def index() -> ResponseReturnValue:
    todo = [*_backups(), *_requests(), *_reviews(), *_head_counts(), *_drafts(), *_leaving(),
            *_to_compose(), *_proposed(), *_feeds()]  # fmt: skip
    saved = Backup.last_good() if may("staff.settings.backups.index") else None
    return render_template(
        "staff/dashboard/index.html", todo=todo, soon=soon(current_user), today=today(), saved=saved
    )


def _backups() -> list[Thing]:
    """A night without a good backup, for whoever can do something about it."""
    if not may("staff.settings.backups.index"):
        return []
    good, last = Backup.last_good(), Backup.last()
    is_late = good is not None and good.asked_at < now() - LATE
    if not is_late and (last is None or not last.trouble):
        return []
    said = f"la dernière bonne date de {near(good.made_at)}" if good else "il n’y en a aucune"
    return [Thing("Voir pourquoi la sauvegarde a échoué",
                  url_for("staff.settings.backups.index"), "shield-exclamation", said)]  # fmt: skip


def _requests() -> list[Thing]:
    """The requests that wait for somebody: for whoever looks, then for anybody."""
    index = "staff.requests.queue.index"
    told, doubtful = overview(), count_suspects()
    unread, new = told.counts[View.UNREAD], told.counts[View.NEW]
    mine, to_read = told.whose.get(current_user.id, 0), told.unread.get(current_user.id, 0)
    things = (
        (unread, Thing(f"Lire {plural(unread, 'réponse')} de demandeurs",
                       url_for(index, etat=View.UNREAD), "envelope-exclamation",
                       f"dont {number(to_read)} pour vous" if to_read else "")),
        (new, Thing(f"Confier {plural(new, 'demande nouvelle', 'demandes nouvelles')}",
                    url_for(index, etat=View.NEW), "chat-left-text",
                    f"la plus ancienne est arrivée {near(told.new_since)}")),
        (mine, Thing(f"Suivre {plural(mine, 'demande')} dont vous avez la charge",
                     url_for(index, qui=MINE), "person-check")),
        (doubtful, Thing(f"Vérifier {plural(doubtful, 'envoi douteux', 'envois douteux')}",
                         url_for("staff.requests.suspects.index"), "shield-exclamation",
                         "des robots, sans doute")),
    )  # fmt: skip
    return [thing for count, thing in things if count]


def _head_counts() -> list[Thing]:
    """Past events of which nobody has said how many came."""
    count = count_missing()
    if not count or not may("staff.events.headcounts.index"):
        return []
    text = f"Donner {plural(count, 'effectif manquant', 'effectifs manquants')}"
    mine = count_missing(current_user)
    detail = f"dont {plural(mine, 'événement')} dont vous avez la charge" if mine else ""
    return [Thing(text, url_for("staff.events.headcounts.index"), "people", detail)]


def _drafts() -> list[Thing]:
    return [
        Thing(
            f"Finir {issue.title}",
            url_for("staff.newsletter.issues.show", issue_id=issue.id),
            "pencil",
            f"prévu le {day(issue.planned_on)}",
        )
        for issue in db.session.scalars(Issue.drafts().options(joinedload(Issue.publication)))
    ]


def _reviews() -> list[Thing]:
    """The numbers that wait for somebody else's eyes, for whoever may be that one."""
    if not may("staff.newsletter.reviews.decide"):
        return []
    waiting = db.session.scalars(review.waiting().options(joinedload(Issue.publication)))
    return [
        Thing(
            f"Relire {issue.title}",
            url_for("staff.newsletter.reviews.show", issue_id=issue.id),
            "eyeglasses",
            f"proposé {near(issue.review_asked_at)}",
        )
        for issue in waiting
        if not review.is_author(issue, current_user)
    ]


def _leaving() -> list[Thing]:
    leaving = (
        select(Issue)
        .where(Issue.scheduled_at.is_not(None), Issue.sent_at.is_(None))
        .order_by(Issue.scheduled_at)
        .options(joinedload(Issue.publication), defer(Issue.content))
    )
    return [
        Thing(
            f"{issue.title} {_course(issue)}",
            url_for("staff.newsletter.sending.show", issue_id=issue.id),
            "send",
            near(issue.started_at or issue.scheduled_at),
        )
        for issue in db.session.scalars(leaving)
    ]


def _course(issue: Issue) -> str:
    if question(issue, now()) is not None:
        return "attend votre réponse avant de partir"
    return "part en ce moment" if issue.started_at else "est programmé"


def _to_compose() -> list[Thing]:
    """A letter that has news to tell and no draft yet."""
    drafted = select(Issue.publication_id).where(Issue.frozen_at.is_(None))
    waiting = db.session.scalars(Publication.open().where(Publication.id.not_in(drafted)))
    counted = [(publication, count_new(publication)) for publication in waiting]
    return [
        Thing(
            f"Composer le prochain numéro de {publication.name}",
            url_for("staff.newsletter.issues.index"),
            "magic",
            f"{plural(count, 'contenu')} depuis le dernier",
        )
        for publication, count in counted
        if count
    ]


def _proposed() -> list[Thing]:
    """What was proposed for the letters, for whoever answers."""
    count = Proposition.count_waiting() if may("staff.newsletter.propositions.create") else 0
    said = plural(count, "proposition")
    url = url_for("staff.newsletter.propositions.index")
    return [Thing(f"Répondre à {said}", url, "inbox", "pour les lettres")] if count else []


def _feeds() -> list[Thing]:
    feeds = db.session.scalars(Feed.in_trouble()).all()
    text = f"Voir {plural(len(feeds), 'source')} en difficulté"
    url = url_for("staff.newsletter.feeds.index")
    named = ", ".join(feed.name for feed in feeds[:3]) + ("…" if len(feeds) > 3 else "")
    return [Thing(text, url, "exclamation-triangle", named)] if feeds else []
