"""The subscribers: who receives, since when, with which proof."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import defer, joinedload

from crm.acts import Did, record_mine
from crm.auth import READ, WORK, allow
from crm.config import Settings
from crm.db import db, now
from crm.forms import Form, as_choices, ask_again, choice, email, line, text
from crm.identity import Identity
from crm.newsletter.bounces import Bounce
from crm.newsletter.deliveries import Delivery
from crm.newsletter.issues import Issue, Publication
from crm.newsletter.readers import subscribe
from crm.newsletter.readers.departures import Departure
from crm.newsletter.readers.erase import erase as forget
from crm.newsletter.readers.facets import tell_search
from crm.newsletter.readers.moves import Move
from crm.newsletter.returns import suppress
from crm.newsletter.subscriptions import Basis, Rhythm, Subscription
from crm.text import one_line

bp = Blueprint("subscribers", __name__, url_prefix="/abonnes")

# One of them, several of them.
STATES = {
    "actifs": ("abonné", "abonnés"),
    "attente": ("personne en attente de confirmation", "personnes en attente de confirmation"),
    "partis": ("personne désinscrite", "personnes désinscrites"),
    "muets": ("adresse écartée", "adresses écartées"),
}


class SubscriberForm(Form):
    publication = choice("Lettre", [])
    email = email("Courriel", required=True)
    first_name = line("Prénom", 100)
    last_name = line("Nom", 100)
    organisation_name = line("Organisation", 300)
    basis = choice("Ce qui permet de lui écrire", [
        (Basis.STAFF.value, "Son accord"),
        (Basis.PROFESSION.value, "Sa profession\u00a0: adresse professionnelle, lettre liée à son "
                                 "métier, personne informée"),
    ])  # fmt: skip
    wording = text("Comment cette personne a-t-elle donné son accord, ou été informée ?",
                   1000, required=True,
                   hint="Gardé comme preuve : « demandé par téléphone le 3 mars », « liste "
                   "d’émargement du forum »…")  # fmt: skip


@bp.get("/")
@allow(READ)
def index() -> ResponseReturnValue:
    publications = list(db.session.scalars(Publication.open()))
    chosen = request.args.get("lettre", "")
    publication = next((p for p in publications if p.slug == chosen), publications[0])
    state = request.args.get("etat", "")
    state = state if state in STATES else "actifs"
    words = one_line(request.args.get("q"))[:200]
    query = Subscription.listed(publication, state, words)
    return render_template(
        "staff/newsletter/subscribers/index.html",
        page=db.paginate(query, per_page=50),
        publications=publications,
        publication=publication,
        state=state,
        states=STATES,
        words=words,
    )


@bp.route("/nouveau", methods=["GET", "POST"])
@allow(WORK)
def new() -> ResponseReturnValue:
    form = SubscriberForm(data={"basis": Basis.STAFF.value})
    publications = db.session.scalars(Publication.open())
    form.publication.choices = as_choices((p.slug, p.name) for p in publications)
    if form.is_valid_post() and _is_welcome(form):
        subscription = _subscribe(form)
        tell_search(subscription)
        db.session.commit()
        flash(f"{subscription.email} recevra {subscription.publication.name}.")
        return redirect(url_for(".show", subscription_id=subscription.id))
    code = 422 if form.errors else 200
    return render_template("staff/newsletter/subscribers/new.html", form=form), code


def _is_welcome(form: SubscriberForm) -> bool:
    """Neither subscribed already, nor gone: who left comes back by itself, never by us."""
    found = Subscription.of(Publication.named(form.publication.data), form.email.data)
    erased = Departure.includes(form.email.data, Settings.current().keys)
    if erased or (found is not None and found.left_at is not None):
        form.email.errors = [
            "Cette personne s’est désinscrite : elle seule peut se réabonner, sur la page publique."
        ]
    elif found is not None and found.is_active:
        form.email.errors = ["Cette adresse reçoit déjà cette lettre."]
    return not form.errors


def _subscribe(form: SubscriberForm) -> Subscription:
    publication = Publication.named(form.publication.data)
    found = Subscription.of(publication, form.email.data)
    subscription = found or Subscription(publication=publication, email=form.email.data)
    for name in ("first_name", "last_name", "organisation_name"):
        setattr(subscription, name, form[name].data or "")
    subscription.suppressed = ""
    source = f"saisie par {current_user.display_name}"
    subscription.consent(Basis(form.basis.data), form.wording.data, source, confirmed=True)
    db.session.add(subscription)
    db.session.flush()
    return subscription


@bp.get("/<int:subscription_id>")
@allow(READ)
def show(subscription_id: int) -> ResponseReturnValue:
    subscription = db.get_or_404(Subscription, subscription_id)
    told = joinedload(Delivery.issue).options(joinedload(Issue.publication), defer(Issue.content))
    deliveries = db.session.scalars(Delivery.of(subscription).options(told).limit(24)).all()
    return render_template(
        "staff/newsletter/subscribers/show.html",
        subscription=subscription,
        deliveries=deliveries,
        bounces=db.session.scalars(Bounce.of(subscription).limit(12)).all(),
        waiting=Move.waiting(subscription),
        Rhythm=Rhythm,
    )


@bp.post("/<int:subscription_id>/depart")
@allow(WORK)
def leave(subscription_id: int) -> ResponseReturnValue:
    subscription = db.get_or_404(Subscription, subscription_id)
    subscription.unsubscribe()
    tell_search(subscription)
    db.session.commit()
    flash(f"{subscription.email} ne recevra plus {subscription.publication.name}.")
    return redirect(url_for(".show", subscription_id=subscription.id))


@bp.post("/<int:subscription_id>/retablissement")
@allow(WORK)
def revive(subscription_id: int) -> ResponseReturnValue:
    """Write again to an address that was set aside: its owner said that it works."""
    subscription = db.get_or_404(Subscription, subscription_id)
    suppress.revive(subscription, now())
    db.session.commit()
    flash(f"Nous écrirons de nouveau à {subscription.email}.")
    return redirect(url_for(".show", subscription_id=subscription.id))


@bp.route("/<int:subscription_id>/effacement", methods=["GET", "POST"])
@allow(WORK)
def erase(subscription_id: int) -> ResponseReturnValue:
    """Forget someone who asks for it: every letter, every name."""
    subscription = db.get_or_404(Subscription, subscription_id)
    if ask_again():
        return render_template(
            "staff/newsletter/subscribers/erase.html",
            subscription=subscription,
            others=Subscription.at(subscription.email),
        )
    forget(subscription.email, Settings.current().keys)
    record_mine(Did.ERASED, detail="les abonnements d’une personne")
    db.session.commit()
    flash("Cette personne est effacée\u00a0: aucune liste ne la réinscrira.")
    return redirect(url_for(".index", lettre=subscription.publication.slug))


@bp.get("/formulaire")
@allow(READ)
def snippet() -> ResponseReturnValue:
    """What to paste on the network's own site: a frame, or a form."""
    settings, publications = Settings.current(), list(db.session.scalars(Publication.open()))
    return render_template(
        "staff/newsletter/subscribers/snippet.html",
        origins=settings.embed_origins,
        address=f"{settings.base_url}{url_for('public.newsletter.subscriptions.new')}",
        publications=publications,
        words=subscribe.wording(publications, Identity.current().name),
    )
