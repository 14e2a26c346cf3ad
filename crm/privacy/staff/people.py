"""Someone’s file: all that is kept about them, to read, to take away, or to erase."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import BooleanField, RadioField, validators
from wtforms.fields.choices import SelectChoice

from crm.acts import Did, record_mine, record_reading
from crm.auth import ADMIN, allow
from crm.db import db, start_reading
from crm.downloads import download
from crm.filters import today
from crm.forms import Form
from crm.mail import wake as wake_mails
from crm.privacy import backups, dossier, mentions, scrub
from crm.privacy.erase import erase as forget
from crm.privacy.erase import foresee
from crm.privacy.erasures import Erasure, Reason
from crm.privacy.identify import Identity, find, identify

bp = Blueprint("people", __name__)

# Where a published text that names someone is read, and changed if need be.
_PAGES = {
    "issues": ("staff.newsletter.issues.show", "issue_id"),
    "items": ("staff.newsletter.items.edit", "item_id"),
    "placements": ("staff.newsletter.placements.edit", "placement_id"),
}
_REASONS = {
    Reason.ASKED: "À sa demande\u00a0: plus rien ne lui sera écrit, même si une liste la ramène",
    Reason.OURS: "De notre initiative\u00a0: ses données ne servent plus",
}


class ErasureForm(Form):
    reason = RadioField(
        "Pourquoi", choices=[SelectChoice(one.value, said) for one, said in _REASONS.items()],
        default=Reason.ASKED.value, validators=[validators.InputRequired()],
    )  # fmt: skip
    is_sure = BooleanField(
        "J’ai lu ce qui sera effacé, et je sais que rien ne pourra être retrouvé",
        [validators.DataRequired("Cochez cette case pour effacer.")],
    )


@bp.get("/")
@allow(ADMIN)
def index() -> ResponseReturnValue:
    words = request.args.get("q", "").strip()[:200]
    return render_template(
        "staff/privacy/people/index.html",
        words=words,
        found=find(words),
        erasures=db.session.scalars(Erasure.latest().limit(20)).all(),
    )


@bp.get("/personnes/<key>")
@allow(ADMIN)
def show(key: str) -> ResponseReturnValue:
    found = _found(key)
    parts = dossier.gather(found.who)
    return render_template(
        "staff/privacy/people/show.html", key=key, found=found, told=parts,
        files=sum(len(part.files) for part in parts),
    )  # fmt: skip


@bp.post("/personnes/<key>/dossier.zip")
@allow(ADMIN)
def file(key: str) -> ResponseReturnValue:
    """The file has no name in it: it travels by mail, and stays in folders."""
    start_reading()
    found = _found(key)
    content = dossier.archive(found.name, dossier.gather(found.who))
    record_reading(Did.EXPORTED, detail="le dossier d’une personne")
    return download(f"dossier-{today().isoformat()}-{key}.zip", content)


@bp.route("/personnes/<key>/effacement", methods=["GET", "POST"])
@allow(ADMIN)
def erase(key: str) -> ResponseReturnValue:
    """GET says what will happen, POST acts."""
    found, form = _found(key), ErasureForm()
    if form.is_valid_post():
        reason = Reason(form.reason.data)
        done = forget(found.who, reason, current_user)
        record_mine(Did.ERASED, done, f"une personne, {reason.label}")
        db.session.commit()
        scrub.wake()
        wake_mails()
        flash("C’est fait\u00a0: il ne reste rien de cette personne ici.")
        return redirect(url_for(".index"))
    return render_template(
        "staff/privacy/people/erase.html",
        key=key,
        found=found,
        form=form,
        sentences=foresee(found.who),
        published=[(one.title, _page(one)) for one in mentions.published(found.who)],
        backup_until=backups.forgotten_on(),
    ), (422 if form.errors else 200)


def _found(key: str) -> Identity:
    return identify(key) or abort(404, "Cette personne n’est pas ici, ou n’y est plus.")


def _page(mention: mentions.Mention) -> str:
    endpoint, name = _PAGES.get(mention.table, ("", ""))
    values: dict[str, Any] = {name: mention.row_id}
    return url_for(endpoint, **values) if endpoint else ""
