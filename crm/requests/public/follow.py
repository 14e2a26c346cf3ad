"""The requester's page: where things stand, what was said, and what they decide themselves."""

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import MultipleFileField

from crm.acts import Did, record_mine
from crm.auth import limiter
from crm.csrf import embeddable
from crm.db import db
from crm.downloads import download
from crm.forms import Form, ask_again, email, text
from crm.mail import wake
from crm.requests import emails, links
from crm.requests.converse import conversation, hear
from crm.requests.end import end
from crm.requests.erase import erase, kept_about
from crm.requests.files import ACCEPT, MAX_FILES, SAID, BadFile, Sent, check_all
from crm.requests.forms import NEED
from crm.requests.kinds import Outcome
from crm.requests.messages import RequestFile
from crm.requests.requests import SupportRequest

bp = Blueprint("follow", __name__)

BAD_LINK = (
    "Ce lien personnel est incomplet, ou a été remplacé par un plus récent. Copiez-le en entier "
    "depuis le dernier courriel reçu, ou demandez qu’il vous soit renvoyé."
)


class MessageForm(Form):
    text = text("Votre message", NEED, required=True)
    files = MultipleFileField(
        "Documents",
        description=f"{MAX_FILES} fichiers au plus, de 8 Mo chacun : {SAID}.",
        render_kw={"accept": ACCEPT, "multiple": True},
    )


class LinkForm(Form):
    email = email("Votre courriel", required=True)


@bp.route("/<token>", methods=["GET", "POST"])
@limiter.limit("60 per hour", methods=["POST"])
def show(token: str) -> ResponseReturnValue:
    """GET shows; POST adds a message."""
    found = opened(token)
    form = MessageForm()
    if form.is_valid_post() and (files := _files(form)) is not None:
        hear(found, form.text.data, files=files)
        db.session.commit()
        wake()
        return redirect(url_for(".show", token=token, _anchor="echanges"), 303)
    return render_template(
        "public/requests/follow/show.html",
        asked=found,
        token=token,
        form=form,
        conversation=conversation(found, for_team=False),
        files=_own_files(found),
    ), (422 if form.errors else 200)


def _files(form: MessageForm) -> list[Sent] | None:
    sent = [one for one in request.files.getlist("files") if one.filename]
    try:
        return check_all([(one.filename or "", one.stream.read()) for one in sent])
    except BadFile as error:
        form.files.errors = [str(error)]
        return None


def _own_files(found: SupportRequest) -> list[RequestFile]:
    """The files that came with the request itself; the others are beside their message."""
    mine = select(RequestFile).where(RequestFile.request_id == found.id)
    return list(db.session.scalars(mine.where(RequestFile.message_id.is_(None))))


@bp.post("/<token>/reglee")
def settle(token: str) -> ResponseReturnValue:
    """« Ma demande est réglée »."""
    found = opened(token)
    if not found.is_closed:
        end(found, found.likely_outcome if found.answered_at else Outcome.ANSWERED)
        found.tell("Le demandeur dit que sa demande est réglée")
        db.session.commit()
        wake()
    return redirect(url_for(".show", token=token), 303)


@bp.route("/<token>/retrait", methods=["GET", "POST"])
def withdraw(token: str) -> ResponseReturnValue:
    """GET asks, POST acts."""
    found = opened(token)
    if ask_again():
        return render_template("public/requests/follow/withdraw.html", asked=found, token=token)
    end(found, Outcome.WITHDRAWN)
    db.session.commit()
    wake()
    return redirect(url_for(".show", token=token), 303)


@bp.get("/<token>/mes-donnees")
def data(token: str) -> ResponseReturnValue:
    """All that is kept about this request (RGPD art. 15), as a page or as a file (art. 20)."""
    found = opened(token)
    kept = kept_about(found)
    if request.args.get("format") == "json":
        response = jsonify(kept)
        name = f"{found.reference}.json"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
    return render_template("public/requests/follow/data.html", asked=found, token=token, kept=kept)


@bp.route("/<token>/effacement", methods=["GET", "POST"])
def delete(token: str) -> ResponseReturnValue:
    """Erase what is personal (RGPD art. 17): GET asks, POST acts."""
    found = opened(token)
    if ask_again():
        return render_template("public/requests/follow/delete.html", asked=found, token=token)
    erase(found)
    record_mine(Did.ERASED, found, "à la demande de la personne")
    db.session.commit()
    return render_template("public/requests/follow/erased.html", asked=found)


@bp.get("/<token>/fichiers/<int:file_id>")
def file(token: str, file_id: int) -> Response:
    found = opened(token)
    kept = db.session.get(RequestFile, file_id)
    if kept is None or kept.request_id != found.id or kept.is_internal:
        abort(404)
    return download(kept.name, kept.content)


@bp.route("/lien", methods=["GET", "POST"])
@embeddable
@limiter.limit("5 per minute", methods=["POST"])
def link() -> ResponseReturnValue:
    """The personal links, sent again to the address they belong to; the page says nothing more."""
    form = LinkForm()
    if form.is_valid_post():
        asked = SupportRequest.at(form.email.data)
        if asked:
            emails.send_links(form.email.data, asked)
            db.session.commit()
            wake()
        return render_template("public/requests/follow/sent.html", form=form)
    code = 422 if form.errors else 200
    return render_template("public/requests/follow/link.html", form=form), code


def opened(token: str) -> SupportRequest:
    """The request that a personal link opens; a page that says what to do otherwise."""
    found = links.read_page(token) or abort(404, BAD_LINK)
    if found.is_erased:
        abort(410, "Vos données ont été effacées, comme vous l’aviez demandé.")
    return found
