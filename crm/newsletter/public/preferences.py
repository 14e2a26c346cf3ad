"""One's own preferences, by a personal link: letters, rhythm, address, data, leaving it all."""

import json
from datetime import datetime

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import BooleanField

from crm import mail
from crm.acts import Did, record_mine
from crm.auth import limiter
from crm.config import Settings
from crm.contacts.departments import DEPARTMENTS
from crm.contacts.terms import Term, Vocabulary
from crm.db import db
from crm.forms import Form, as_choices, checkboxes, choice, email, line
from crm.identity import Identity
from crm.newsletter import emails
from crm.newsletter.issues import Opens, Publication
from crm.newsletter.public.subscriptions import personal
from crm.newsletter.readers import disclose, links, prefer, relocate, subscribe
from crm.newsletter.readers.erase import erase as forget
from crm.newsletter.readers.facets import tell_search
from crm.newsletter.readers.moves import Move
from crm.newsletter.subscriptions import Purpose, Rhythm, Subscription

bp = Blueprint("preferences", __name__)

DETAILS = ("first_name", "last_name", "organisation_name", "department")


class PreferencesForm(Form):
    publications = checkboxes("Ce que vous recevez")
    rhythm = choice("À quel rythme", [(one.value, one.label.capitalize()) for one in Rhythm])
    opens = BooleanField()
    first_name = line("Prénom", 100, render_kw={"autocomplete": "given-name"})
    last_name = line("Nom", 100, render_kw={"autocomplete": "family-name"})
    organisation_name = line("Votre organisation", 300, render_kw={"autocomplete": "organization"})
    actor_type = choice("Type d’organisation", [])
    department = choice(
        "Votre département",
        [("", "Je ne le précise pas")] + [(c, f"{c} – {n}") for c, n in DEPARTMENTS.items()],
    )


class MoveForm(Form):
    email = email("Nouvelle adresse", required=True)


@bp.route("/preferences/<token>", methods=["GET", "POST"])
def edit(token: str) -> ResponseReturnValue:
    subscription = personal(links.read_preferences(token))
    offered = list(db.session.scalars(Publication.open()))
    form = _form(subscription, offered)
    is_saved = form.is_valid_post()
    if is_saved:
        _save(subscription, offered, form)
    return _page(subscription, form, MoveForm(), is_saved=is_saved)


@bp.post("/preferences/<token>/adresse")
@limiter.limit("5 per minute")
def move(token: str) -> ResponseReturnValue:
    """Write to the new address, which alone can say yes."""
    subscription = personal(links.read_preferences(token))
    form = MoveForm()
    if not form.is_valid_post():
        offered = list(db.session.scalars(Publication.open()))
        return _page(subscription, _form(subscription, offered, posted=False), form)
    asked = relocate.ask(subscription, form.email.data)
    if asked is not None:
        emails.move(asked, links.move_url(asked.id))
    db.session.commit()
    mail.wake()
    return render_template("public/newsletter/preferences/move.html", email=form.email.data)


@bp.route("/adresse/<token>", methods=["GET", "POST"])
def settle(token: str) -> ResponseReturnValue:
    """The new address answers for itself: GET asks, POST acts."""
    number = links.read_move(token)
    asked = db.session.get(Move, number) if number is not None else None
    if asked is None or not (asked.is_open or asked.confirmed_at):
        abort(404, "Ce lien a plus d’une semaine, ou un autre l’a remplacé. Refaites la demande.")
    if request.method == "POST":
        moved = relocate.confirm(asked)
        for subscription in moved:
            tell_search(subscription)
        if moved:
            emails.moved(asked)
        db.session.commit()
        mail.wake()
    return render_template("public/newsletter/preferences/settle.html", move=asked)


@bp.get("/preferences/<token>/donnees")
def data(token: str) -> ResponseReturnValue:
    subscription = personal(links.read_preferences(token))
    return render_template(
        "public/newsletter/preferences/data.html",
        data=disclose.everything(subscription),
        token=token,
    )


@bp.get("/preferences/<token>/donnees.json")
def download(token: str) -> Response:
    told = disclose.everything(personal(links.read_preferences(token)))
    return Response(
        json.dumps(told, ensure_ascii=False, indent=2, default=_iso),
        mimetype="application/json",
        headers={"Content-Disposition": 'attachment; filename="mes-donnees.json"'},
    )


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


@bp.post("/preferences/<token>/depart")
def leave(token: str) -> ResponseReturnValue:
    """Leave every letter at once."""
    subscription = personal(links.read_preferences(token))
    left = subscribe.leave_all(subscription)
    for one in left:
        tell_search(one)
    db.session.commit()
    return render_template(
        "public/newsletter/preferences/left.html", subscription=subscription, left=left, token=token
    )


@bp.route("/preferences/<token>/effacement", methods=["GET", "POST"])
def erase(token: str) -> ResponseReturnValue:
    subscription = personal(links.read_preferences(token))
    if request.method == "POST":
        forget(subscription.email, Settings.current().keys)
        record_mine(Did.ERASED, detail="abonnements, à la demande de la personne")
        db.session.commit()
    return render_template(
        "public/newsletter/preferences/erase.html", subscription=subscription, token=token
    )


def _page(
    subscription: Subscription, form: PreferencesForm, moving: MoveForm, *, is_saved: bool = False
) -> ResponseReturnValue:
    network, publication = Identity.current().name, subscription.publication
    return render_template(
        "public/newsletter/preferences/edit.html",
        subscription=subscription,
        form=form,
        moving=moving,
        waiting=Move.waiting(subscription),
        is_saved=is_saved,
        has_rhythms=publication.offers_rhythms,
        asks_opens=publication.opens is Opens.CONSENTED,
        words=subscribe.wording(list(db.session.scalars(Publication.open())), network),
        token=links.preferences_token(subscription.id),
        leaving=links.leave_url(subscription.id),
    ), (422 if form.errors or moving.errors else 200)


def _form(
    subscription: Subscription, offered: list[Publication], *, posted: bool = True
) -> PreferencesForm:
    received = {found.publication_id for found in _active(subscription)}
    values = {name: getattr(subscription, name) for name in DETAILS} | {
        "publications": [p.slug for p in offered if p.id in received],
        "rhythm": subscription.rhythm.value,
        "actor_type": str(subscription.actor_type_id or ""),
        "opens": subscription.has_agreed(Purpose.OPENS),
    }
    form = PreferencesForm(data=values)
    if not posted:  # another form of the page was
        form.process(None, data=values)
    form.publications.choices = as_choices((p.slug, p.name) for p in offered)
    form.publications.flags.required = True  # « facultatif » would say nothing of boxes
    form.actor_type.choices = as_choices([("", "Je ne le précise pas"), *_types(subscription)])
    network = Identity.current().name
    form.opens.label.text = prefer.opens_wording(subscription.publication, network)
    return form


def _types(subscription: Subscription) -> list[tuple[str, str]]:
    """The types one can choose, and the one already chosen if it was closed since."""
    terms = list(db.session.scalars(Term.of(Vocabulary.ACTOR_TYPE)))
    chosen = subscription.actor_type
    if chosen is not None and chosen not in terms:
        terms.append(chosen)
    return [(str(term.id), term.label) for term in terms]


def _active(subscription: Subscription) -> list[Subscription]:
    return [found for found in Subscription.at(subscription.email) if found.is_active]


def _save(subscription: Subscription, offered: list[Publication], form: PreferencesForm) -> None:
    network = Identity.current().name
    chosen = int(form.actor_type.data) if form.actor_type.data else None
    details = {name: form[name].data or "" for name in DETAILS} | {"actor_type_id": chosen}
    prefer.describe(subscription, details)
    # Boxes that were not shown were not unticked.
    if request.form.get("lettres"):
        wanted = [p for p in offered if p.slug in (form.publications.data or [])]
        changed = prefer.choose(subscription, wanted, offered, network)
        prefer.pace(subscription, Rhythm(form.rhythm.data))
        prefer.agree_to_opens(subscription, form.opens.data, network)
        db.session.flush()
        for one in changed:
            tell_search(one)
    db.session.commit()
