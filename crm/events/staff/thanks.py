"""Thanking those who came: the words, how many mails leave, and that they leave once."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import BooleanField

from crm.auth import READ, WORK, allow
from crm.db import db
from crm.events import thank
from crm.events.afterwards import FollowUp
from crm.events.staff.card import find, is_preview
from crm.filters import plural
from crm.forms import Form, line, text
from crm.jobs import enqueue

bp = Blueprint("thanks", __name__, url_prefix="/<int:event_id>/remerciements")


class ThanksForm(Form):
    subject = line("Objet", thank.SUBJECT, required=True)
    text = text(
        "Message",
        thank.TEXT,
        required=True,
        hint="Le lien vers la page personnelle, les documents, l’attestation et l’avis suivent "
        "d’eux-mêmes.",
    )
    asks_opinion = BooleanField("Demander un avis (quatre questions, sans nom)")


@bp.get("/")
@allow(READ)
def edit(event_id: int) -> ResponseReturnValue:
    event = find(event_id)
    follow_up = FollowUp.read(event)
    form = ThanksForm(
        data={
            "subject": follow_up.subject or thank.usual_subject(event),
            "text": follow_up.text or thank.USUAL_TEXT,
            "asks_opinion": follow_up.asks_opinion,
        }
    )
    return _page(event_id, form)


def _page(event_id: int, form: ThanksForm) -> ResponseReturnValue:
    event = find(event_id)
    return render_template(
        "staff/events/thanks/edit.html",
        event=event,
        form=form,
        number=thank.count(event),
        follow_up=FollowUp.read(event),
    ), (422 if form.errors else 200)


@bp.post("/")
@allow(WORK)
def update(event_id: int) -> ResponseReturnValue:
    """Keep the words; with « envoyer », the mails leave."""
    event = find(event_id)
    form = ThanksForm()
    if is_preview() or not form.validate():
        return _page(event_id, form)
    said = form.data
    thank.write(event, said["subject"], said["text"], asks_opinion=said["asks_opinion"])
    if not request.form.get("envoyer"):
        db.session.commit()
        flash("Le message est gardé. Rien n’est parti.")
        return redirect(url_for(".edit", event_id=event_id), 303)
    try:
        number = thank.start(event, by=current_user)
    except thank.NotYet as error:
        db.session.rollback()
        flash(str(error), "problem")
        return redirect(url_for(".edit", event_id=event_id), 303)
    db.session.commit()
    enqueue(thank.send_thanks)
    flash(f"{plural(number, 'remerciement part', 'remerciements partent')} maintenant.")
    return redirect(url_for(".edit", event_id=event_id), 303)
