"""Somebody’s own page: their place, the link, the documents; change, accept or give up."""

from typing import Any

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField

from crm.acts import Did, record_mine
from crm.auth import limiter
from crm.db import db, now, start_writing
from crm.downloads import download
from crm.events import links, register
from crm.events.documents import Document
from crm.events.erase import erase as erase_registration
from crm.events.erase import kept_about
from crm.events.forms import PREFIX, PersonFields, change_form, news_words
from crm.events.invitations import as_own_file
from crm.events.kinds import State
from crm.events.offers import accept as accept_offer
from crm.events.questions import answered
from crm.events.registrations import Registration
from crm.events.seats import party
from crm.events.tell import tell_owed
from crm.events.wording import address, when, where, with_whom
from crm.forms import ask_again
from crm.identity import Identity
from crm.jobs import enqueue

bp = Blueprint("own", __name__, url_prefix="/inscriptions")

BAD_LINK = (
    "Ce lien personnel est incomplet, ou a été remplacé par un plus récent. Copiez-le en entier "
    "depuis le dernier courriel reçu, ou inscrivez-vous à nouveau avec la même adresse\u00a0: nous "
    "vous le renverrons."
)


@bp.get("/<token>")
def show(token: str) -> ResponseReturnValue:
    return _page(token, opened(token))


def _page(token: str, own: Registration, code: int = 200, said: str = "") -> ResponseReturnValue:
    event = own.event
    return render_template(
        "public/events/own/show.html",
        own=own,
        event=event,
        token=token,
        said=said,
        when=when(event),
        where=where(event),
        address=address(event),
        with_whom=with_whom(event),
        answers=answered(event, own.answers),
        along=[one for one in party(own) if one is not own],
        refusal=register.refusal(event),
    ), code


@bp.post("/<token>/acceptation")
@limiter.limit("30 per hour")
def accept(token: str) -> ResponseReturnValue:
    """Take the place that was offered; too late, the page says so."""
    own = opened(token)
    if not accept_offer(own):
        db.session.rollback()
        return _page(token, opened(token), 409, "trop-tard")
    return _done(token)


@bp.route("/<token>/modification", methods=["GET", "POST"])
@limiter.limit("60 per hour", methods=["POST"])
def edit(token: str) -> ResponseReturnValue:
    own = opened(token)
    form = _form(own)
    if form.is_valid_post():
        try:
            register.correct(own, _changes(own, form))
        except register.Taken as error:
            form.email.errors = [str(error)]
        else:
            return _done(token)
    code = 422 if form.errors else 200
    return render_template(
        "public/events/own/edit.html", own=own, event=own.event, token=token, form=form
    ), code


class NewsFields(PersonFields):
    """What somebody may change, and whether they hear of the next events."""

    news = BooleanField("")


def _form(own: Registration) -> Any:
    made = type("OwnForm", (change_form(own.event), NewsFields), {})
    typed = {name: getattr(own, name) for name in PersonFields().data}
    typed |= {PREFIX + key: value for key, value in own.answers.items()}
    form = made(data={**typed, "news": own.news_at is not None})
    form.news.label.text = news_words(Identity.current().name)
    return form


def _changes(own: Registration, form: Any) -> dict[str, Any]:
    """What was typed; an agreement given before keeps its moment and its words."""
    values = {**form.person(), "answers": form.answers(own.event)}
    if not form.news.data:
        values |= {"news_at": None, "news_text": ""}
    elif own.news_at is None:
        values |= {"news_at": now(), "news_text": news_words(Identity.current().name)}
    return values


@bp.route("/<token>/desistement", methods=["GET", "POST"])
def delete(token: str) -> ResponseReturnValue:
    """Give up the place: GET asks, POST acts."""
    own = opened(token)
    if ask_again():
        follow = [one for one in party(own) if one is not own and not one.email]
        return render_template(
            "public/events/own/delete.html", own=own, event=own.event, token=token, along=follow
        )
    register.give_up(own)
    return _done(token)


@bp.post("/<token>/retour")
@limiter.limit("10 per hour")
def back(token: str) -> ResponseReturnValue:
    """Register again after having given up, in turn, with what was said then."""
    start_writing()
    own = opened(token)
    if own.state is State.CANCELLED and register.refusal(own.event) is None:
        register.register(own.event, {"email": own.email})
    return _done(token)


def _done(token: str) -> ResponseReturnValue:
    db.session.commit()
    enqueue(tell_owed)
    return redirect(url_for(".show", token=token), 303)


@bp.get("/<token>/mes-donnees")
def data(token: str) -> ResponseReturnValue:
    """All that is kept about this registration (RGPD art. 15), as a page or a file (art. 20)."""
    own = opened(token)
    kept = kept_about(own)
    if request.args.get("format") == "json":
        response = jsonify(kept)
        response.headers["Content-Disposition"] = 'attachment; filename="inscription.json"'
        return response
    page = "public/events/own/data.html"
    return render_template(page, own=own, event=own.event, token=token, kept=kept)


@bp.route("/<token>/effacement", methods=["GET", "POST"])
def erase(token: str) -> ResponseReturnValue:
    """Erase what is personal (RGPD art. 17): GET asks, POST acts."""
    own = opened(token)
    if ask_again():
        page = "public/events/own/erase.html"
        return render_template(page, own=own, event=own.event, token=token)
    event, title = own.event, own.event.title
    erase_registration(own)
    record_mine(Did.ERASED, event, "inscription, à la demande de la personne")
    db.session.commit()
    return render_template("public/events/own/erased.html", event_title=title)


@bp.get("/<token>/agenda.ics")
def calendar(token: str) -> Response:
    """The days as a file to put in a calendar, with the link to join."""
    own = opened(token)
    if own.state is not State.CONFIRMED:
        abort(404, "Il n’y a pas de place à mettre dans votre agenda.")
    response = Response(as_own_file(own), mimetype="text/calendar")
    name = f"{own.event.slug}.ics"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@bp.get("/<token>/documents/<int:document_id>")
def document(token: str, document_id: int) -> Response:
    """A document of the event, for those who have a place."""
    own = opened(token)
    kept = db.session.get(Document, document_id)
    if kept is None or kept.event_id != own.event_id or own.state is not State.CONFIRMED:
        abort(404)
    return download(kept.name, kept.content)


def opened(token: str) -> Registration:
    """The registration that a personal link opens; a page that says what to do otherwise."""
    found = links.read_page(token) or abort(404, BAD_LINK)
    if found.erased_at is not None:
        abort(410, "Vos données ont été effacées.")
    if found.state is State.SUSPECT:
        abort(404, BAD_LINK)
    return found


@bp.after_request
def _keep_private(response: Response) -> Response:
    """A personal page is in no search engine, and in no cache."""
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Cache-Control"] = "no-store"
    return response
