"""Registering: on its page, in a frame on another site, with or without JavaScript."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError

from crm.csrf import embeddable
from crm.db import begin_reading, db, now, start_writing
from crm.events import links
from crm.events.events import Event
from crm.events.forms import (
    VERSION,
    RegistrationFields,
    information,
    news_words,
    registration_form,
)
from crm.events.public.agenda import shown
from crm.events.register import of_address, refusal, register
from crm.events.tell import tell_owed
from crm.events.wording import when
from crm.forms import as_choices
from crm.identity import Identity
from crm.jobs import enqueue
from crm.spam import Verdict, judge

bp = Blueprint("form", __name__)

FORM = "inscription"  # as robots are counted


@bp.route("/agenda/<slug>/inscription", methods=["GET", "POST"])
@embeddable
def new(slug: str) -> ResponseReturnValue:
    begin_reading()  # while the form is checked, others may write
    event = shown(slug)
    why = refusal(event)
    if why is not None:
        code = 409 if request.method == "POST" else 200
        return render_template("public/events/form/closed.html", event=event, why=why), code
    form = _form(event)
    if form.is_valid_post() and _are_new(form, event):
        values = {**form.person(), **_agreed(form)}
        start_writing()
        verdict = judge(form.seen(FORM, form.texts, is_of_a_crowd=True))
        if verdict.is_refused:
            return render_template("public/events/form/refused.html", event=event), 429
        token = keep(event.id, form, values, verdict)
        cadre = request.args.get("cadre")
        return redirect(url_for(".received", slug=slug, token=token, cadre=cadre), 303)
    code = 422 if form.errors else 200
    page = "public/events/form/new.html"
    told = information(Identity.current().name)
    return render_template(page, event=event, form=form, when=when(event), information=told), code


def _form(event: Event) -> RegistrationFields:
    form = registration_form(event)()
    form.news.label.text = news_words(Identity.current().name)
    form.also.choices = as_choices(
        (str(one.id), f"{one.title}, {when(one)}") for one in _siblings(event)
    )
    return form


def _siblings(event: Event) -> list[Event]:
    """The other events of its series that ask nothing more, and that one may register for."""
    if event.series is None:
        return []
    return [
        one
        for one in event.series.events
        if one is not event and one.is_published and refusal(one) is None
        and not any(asked.get("is_required") for asked in one.questions)
    ]  # fmt: skip


def _are_new(form: RegistrationFields, event: Event) -> bool:
    """Whether nobody of those who come along is registered already; the error is on the field."""
    for one in form.companions:
        if one.email.data and of_address(event, one.email.data) is not None:
            one.email.errors = ["Cette personne est déjà inscrite\u00a0: retirez-la d’ici."]
            return False
    return True


def keep(
    event_id: int, form: RegistrationFields, values: Mapping[str, Any], verdict: Verdict
) -> str:
    """What opens the page « reçue » of the registration, committed: what is answered « réservée »
    is on disk."""
    try:
        token = _register(event_id, form, values, verdict)
        db.session.commit()
    except IntegrityError:  # a button pressed twice: the first one has just been kept
        db.session.rollback()
        token = _register(event_id, form, values, verdict)
        db.session.commit()
    enqueue(tell_owed)
    return token


def _register(
    event_id: int, form: RegistrationFields, values: Mapping[str, Any], verdict: Verdict
) -> str:
    event = db.session.get_one(Event, event_id)
    along = [one.values() for one in form.companions if one.is_named]
    received = register(
        event, {**values, "answers": form.answers(event)}, along, suspicion=verdict.reasons
    )
    chosen = set(form.also.data or [])
    for other in _siblings(event):
        if str(other.id) in chosen:
            register(other, values, suspicion=verdict.reasons)
    return links.received_token(received.registration, is_again=received.is_again)


def _agreed(form: RegistrationFields) -> dict[str, Any]:
    """The proof of what was shown, and of what was agreed to (RGPD art. 7)."""
    network = Identity.current().name
    wants_news = bool(form.news.data)
    return {
        "consent_text": information(network),
        "consent_version": VERSION,
        "news_text": news_words(network) if wants_news else "",
        "news_at": now() if wants_news else None,
    }


@bp.get("/agenda/<slug>/inscription/recue/<token>")
@embeddable
def received(slug: str, token: str) -> ResponseReturnValue:
    """What one sees after the form. Of an address that was known it says nothing: anybody may type
    an address."""
    found = links.read_received(token)
    if found is None or found[0].event.slug != slug:
        abort(404, "L’adresse de cette page est incomplète. Votre inscription, elle, est gardée.")
    registration, is_again = found
    return render_template(
        "public/events/form/received.html",
        registration=registration,
        event=registration.event,
        is_again=is_again,
        masked=_masked(registration.email),
    )


def _masked(address: str) -> str:
    """« c…@example.org »: enough to see that it was mistyped, too little to learn it."""
    name, _, domain = address.partition("@")
    return f"{name[:1]}…@{domain}"
