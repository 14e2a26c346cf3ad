"""One's own subscription: ask, confirm, leave. A GET never changes anything."""

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from crm import mail
from crm.auth import limiter
from crm.config import Settings
from crm.csrf import embeddable, open_to_all_sites
from crm.db import db
from crm.forms import as_choices, checkboxes, email, line
from crm.identity import Identity
from crm.newsletter import emails
from crm.newsletter.issues import Publication
from crm.newsletter.readers import links, subscribe
from crm.newsletter.readers.facets import tell_search
from crm.newsletter.subscriptions import Subscription
from crm.spam import Honeypot

bp = Blueprint("subscriptions", __name__)


class SubscribeForm(Honeypot):
    publications = checkboxes("Ce que vous souhaitez recevoir", none="Cochez au moins une lettre.")
    email = email("Votre adresse de courriel", required=True)
    first_name = line("Prénom", 100, render_kw={"autocomplete": "given-name"})
    last_name = line("Nom", 100, render_kw={"autocomplete": "family-name"})
    organisation_name = line("Votre organisation", 300, render_kw={"autocomplete": "organization"})


@bp.route("/inscription", methods=["GET", "POST"])
@embeddable
@limiter.limit("20 per minute", methods=["POST"])
def new() -> ResponseReturnValue:
    publications = list(db.session.scalars(Publication.open()))
    form = SubscribeForm(data={"publications": [p.slug for p in publications[:1]]})
    form.publications.choices = as_choices((p.slug, p.name) for p in publications)
    words = subscribe.wording(publications, Identity.current().name)
    if form.is_valid_post():
        if not form.is_robot:
            _ask([p for p in publications if p.slug in form.publications.data], form)
        return render_template("public/newsletter/subscriptions/asked.html", form=form)
    code = 422 if form.errors else 200
    return render_template("public/newsletter/subscriptions/new.html", form=form, words=words), code


def _ask(chosen: list[Publication], form: SubscribeForm) -> None:
    words = subscribe.wording(chosen, Identity.current().name)
    details = {n: form[n].data or "" for n in ("first_name", "last_name", "organisation_name")}
    for publication in chosen:
        subscription = subscribe.ask(publication, form.email.data, words, _source(), **details)
        if subscription is not None:
            emails.confirm(subscription, links.confirm_url(subscription.id))
    db.session.commit()
    mail.wake()


def _source() -> str:
    """From where the form came: a site that may post it, a frame, or our own page."""
    origin = request.headers.get("Origin", "")
    listed = origin in Settings.current().embed_origins
    return subscribe.source(origin if listed else "", framed=request.args.get("cadre") == "1")


@bp.route("/confirmation/<token>", methods=["GET", "POST"])
def confirm(token: str) -> ResponseReturnValue:
    subscription = personal(links.read_confirm(token))
    if request.method == "POST":
        subscribe.confirm(subscription, Identity.current().name, Settings.current().keys)
        tell_search(subscription)
        db.session.commit()
    return render_template(
        "public/newsletter/subscriptions/confirm.html",
        subscription=subscription,
        words=subscribe.asked_words(subscription),
        is_done=request.method == "POST",
        preferences=links.preferences_url(subscription.id),
    )


@bp.route("/desinscription/<token>", methods=["GET", "POST"])
@open_to_all_sites
def leave(token: str) -> ResponseReturnValue:
    """GET asks, POST acts; a mail server's one-click POST gets a plain 200 (RFC 8058 §3.1)."""
    subscription = _any(links.read_leave(token))
    if request.method == "POST":
        _leave(subscription)
        if request.form.get("List-Unsubscribe") == "One-Click":
            return Response("Désinscription faite.\n", mimetype="text/plain")
    _refuse_erased(subscription)
    return render_template(
        "public/newsletter/subscriptions/leave.html",
        subscription=subscription,
        others=[s for s in Subscription.at(subscription.email) if s.is_active],
        confirm=links.confirm_url(subscription.id),
    )


def _leave(subscription: Subscription) -> None:
    left = subscribe.leave_all(subscription) if request.form.get("tout") else []
    subscription.unsubscribe()
    for one in {subscription, *left}:
        tell_search(one)
    db.session.commit()


def personal(number: int | None) -> Subscription:
    """The subscription a personal link opens; 404, with advice, for a link that is not ours."""
    found = _any(number)
    _refuse_erased(found)
    return found


def _any(number: int | None) -> Subscription:
    found = db.session.get(Subscription, number) if number is not None else None
    return found or abort(
        404, "Ce lien personnel est incomplet. Copiez-le en entier depuis le courriel reçu."
    )


def _refuse_erased(subscription: Subscription) -> None:
    if subscription.erased_at is not None:
        abort(410, "Vos données ont été effacées à votre demande\u00a0: vous ne recevez plus rien.")
