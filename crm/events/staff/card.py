"""An event's card: what it is, who registered, and what may be done next."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.auth import READ, WORK, allow
from crm.db import db
from crm.events import links, plan
from crm.events.events import Event
from crm.events.kinds import State
from crm.events.listing import states_of
from crm.events.questions import questions_of
from crm.events.register import refusal
from crm.events.staff.event_form import event_form
from crm.events.tell import tell_owed
from crm.events.wording import address, when, where
from crm.filters import markdown, plural
from crm.jobs import enqueue

bp = Blueprint("card", __name__)


def find(event_id: int) -> Event:
    return db.get_or_404(Event, event_id)


def is_preview() -> bool:
    """Whether the button « Aperçu » was pressed: the form comes back, and nothing is kept."""
    return "apercu" in request.form


@bp.get("/<int:event_id>")
@allow(READ)
def show(event_id: int) -> ResponseReturnValue:
    event = find(event_id)
    return render_template(
        "staff/events/card/show.html",
        event=event,
        when=when(event),
        where=where(event),
        address=address(event),
        states=states_of(event),
        state=State,
        questions=questions_of(event),
        refusal=refusal(event),
        url=links.event_url(event),
    )


@bp.route("/nouveau", methods=["GET", "POST"])
@allow(WORK)
def new() -> ResponseReturnValue:
    form = event_form(posted=request.form, officer=str(current_user.id))
    if not is_preview() and form.is_right([]):
        event = plan.make(form.values(), form.days(), by=current_user)
        plan.set_partners(event, form.partners())
        plan.set_themes(event, form.chosen_themes())
        if request.form.get("publier"):
            plan.publish(event, by=current_user)
        db.session.commit()
        flash("L’événement est dans l’agenda." if event.is_published else "L’événement est prêt.")
        return redirect(url_for(".show", event_id=event.id))
    code = 422 if form.errors else 200
    return render_template("staff/events/card/new.html", form=form), code


@bp.route("/<int:event_id>/modification", methods=["GET", "POST"])
@allow(WORK)
def edit(event_id: int) -> ResponseReturnValue:
    """Change it; those who registered are told of what they have to know."""
    event = find(event_id)
    form = event_form(event, posted=request.form)
    before = questions_of(event)
    if not is_preview() and form.is_right(before):
        news = plan.amend(event, form.values(before), form.days(), by=current_user)
        plan.set_partners(event, form.partners())
        plan.set_themes(event, form.chosen_themes())
        db.session.commit()
        enqueue(tell_owed)
        flash(_changed(event, bool(news)))
        return redirect(url_for(".show", event_id=event.id))
    code = 422 if form.errors else 200
    page = "staff/events/card/edit.html"
    told = plan.followers(event)
    return render_template(page, event=event, form=form, followers=told), code


def _changed(event: Event, has_news: bool) -> str:
    told = plan.followers(event) if has_news and not event.is_over else 0
    if not told:
        return "L’événement est à jour."
    people = plural(told, "personne est prévenue", "personnes sont prévenues")
    return f"L’événement est à jour\u00a0: {people}."


@bp.post("/apercu")
@allow(WORK)
def preview() -> Response:
    """A text in Markdown as it will be read, for the page that shows it while one types."""
    return Response(markdown(request.form.get("text", "")[:20_000]), mimetype="text/html")


@bp.post("/<int:event_id>/copie")
@allow(WORK)
def duplicate(event_id: int) -> ResponseReturnValue:
    """The same again, its dates left to choose."""
    copy = plan.duplicate(find(event_id), by=current_user)
    db.session.commit()
    flash("Voici la copie\u00a0: donnez-lui ses dates.")
    return redirect(url_for(".edit", event_id=copy.id))
