"""A request's card: all that is known of it, and what may be done next."""

from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    MultipleFileField,
    validators,
)

from crm.auth import READ, WORK, allow
from crm.contacts.terms import Vocabulary
from crm.db import db
from crm.forms import Form, as_choices, choice, line, text
from crm.requests import words
from crm.requests.alike import neighbours, similar
from crm.requests.converse import conversation
from crm.requests.files import ACCEPT, MAX_FILES, SAID
from crm.requests.forms import NEED, RequestFields, TermSelect
from crm.requests.kinds import Channel, Outcome, Priority, RequestKind
from crm.requests.matching import candidates
from crm.requests.messages import ModelAnswer, RequestFile
from crm.requests.queue import officers
from crm.requests.requests import SupportRequest
from crm.requests.submit import submit
from crm.requests.work import Look, TimeSpent, minutes_of

bp = Blueprint("card", __name__)

_EDITED = ("subject", "need", "first_name", "last_name", "organisation_name", "email", "phone",
           "commune", "department", "availability")  # fmt: skip


# What the public form asks, as the team says it.
_LABELS = {
    "kind": "Genre", "stage": "Avancement", "country": "Pays", "sector": "Domaine",
    "public": "Public", "organisation_name": "Organisation", "availability": "Disponibilités",
    "files": "Documents",
}  # fmt: skip


class CardForm(RequestFields):
    """What is known of a request, as the team completes it."""

    subject = line("Objet", 200)
    need = text("Demande", NEED)
    email = line("Courriel", 254, render_kw={"type": "email"})
    last_name = line("Nom", 100)
    due_on = DateField("À répondre avant le", [validators.Optional()])
    theme = TermSelect("Thème", Vocabulary.THEME)
    priority = choice("Priorité", [(str(p.value), p.label) for p in Priority])

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.kind.choices = as_choices((kind.value, kind.label) for kind in RequestKind)
        for name, label in _LABELS.items():
            self[name].label.text = label
        for name in ("stage", "public", "department"):
            self[name].choices = [*as_choices([("", "—")]), *self[name].choices[1:]]

    def validate_due_on(self, field: DateField) -> None:
        """A date that has passed stays true."""


class NewForm(CardForm):
    channel = choice("Reçue par", [(c.value, c.label) for c in Channel if c is not Channel.FORM])
    assignee = choice("Confiée à", [])
    key = HiddenField()


class AnswerForm(Form):
    text = text("Votre réponse", 20_000, required=True)
    files = MultipleFileField(
        "Documents à joindre",
        description=f"{MAX_FILES} fichiers au plus, de 8 Mo chacun : {SAID}.",
        render_kw={"accept": ACCEPT, "multiple": True},
    )
    expects_reply = BooleanField("J’attends une réponse du demandeur")
    minutes = IntegerField(
        "Temps passé (minutes)",
        [validators.Optional(), validators.NumberRange(1, 1440)],
        render_kw={"inputmode": "numeric", "size": "4"},
    )
    # The last message there was when this page was drawn.
    last = HiddenField()


def find(request_id: int) -> SupportRequest:
    return db.get_or_404(SupportRequest, request_id)


@bp.get("/<int:request_id>")
@allow(READ)
def show(request_id: int) -> ResponseReturnValue:
    asked = find(request_id)
    form = AnswerForm()
    model = db.session.get(ModelAnswer, request.args.get("modele", 0, type=int))
    if model is not None:
        form.text.data = model.filled(asked, current_user)
    return page(asked, form)


def page(asked: SupportRequest, form: AnswerForm) -> str:
    """The card, with what was being answered."""
    own = RequestFile.request_id == asked.id, RequestFile.message_id.is_(None)
    said = conversation(asked, for_team=True)
    return render_template(
        "staff/requests/card/show.html",
        asked=asked,
        form=form,
        conversation=said,
        files=db.session.scalars(select(RequestFile).where(*own)).all(),
        models=db.session.scalars(ModelAnswer.listed()).all(),
        officers=officers(),
        outcomes=Outcome,
        others=Look.others(asked, current_user),
        minutes=minutes_of(asked),
        spent=db.session.scalars(
            select(TimeSpent).where(TimeSpent.request_id == asked.id).order_by(TimeSpent.id)
        ).all(),
        similar=similar(asked),
        neighbours=neighbours(asked),
        candidates=candidates(asked) if not (asked.person and asked.organisation) else {},
    )


@bp.route("/nouvelle", methods=["GET", "POST"])
@allow(WORK)
def new() -> ResponseReturnValue:
    """Write down a request that came by telephone, at a stand, by post…"""
    form = NewForm(data={"channel": Channel.PHONE.value, "assignee": str(current_user.id),
                         "priority": str(Priority.NORMAL.value)})  # fmt: skip
    everyone = officers()
    form.assignee.choices = as_choices(
        [("", "à la prochaine réunion"), *((str(one.id), one.display_name) for one in everyone)]
    )
    if form.is_valid_post() and (files := form.sent()) is not None:
        typed = {**form.values(), "key": form.key.data or None, "subject": form.subject.data or ""}
        kept = submit(
            typed | {"priority": int(form.priority.data), **_terms(form)},
            files=files, channel=Channel(form.channel.data), by=current_user,
        )  # fmt: skip
        chosen = {str(one.id): one for one in everyone}.get(form.assignee.data)
        if chosen is not None:
            kept.assign(chosen, by=current_user)
        db.session.commit()
        flash(f"La demande {kept.reference} est notée.")
        return redirect(url_for(".show", request_id=kept.id))
    code = 422 if form.errors else 200
    return render_template("staff/requests/card/new.html", form=form), code


@bp.route("/<int:request_id>/modification", methods=["GET", "POST"])
@allow(WORK)
def edit(request_id: int) -> ResponseReturnValue:
    asked = find(request_id)
    form = CardForm(data=_typed(asked))
    if form.is_valid_post():
        for name in _EDITED:
            setattr(asked, name, form[name].data or "")
        for name, value in {**form.values(), **_terms(form)}.items():
            if name not in _EDITED:
                setattr(asked, name, value)
        asked.priority = int(form.priority.data)
        db.session.flush()
        db.session.refresh(asked)
        words.learn(asked)
        db.session.commit()
        flash("La demande est à jour.")
        return redirect(url_for(".show", request_id=asked.id))
    code = 422 if form.errors else 200
    return render_template("staff/requests/card/edit.html", form=form, asked=asked), code


def _typed(asked: SupportRequest) -> dict[str, Any]:
    names = ("country", "sector", "theme")
    return {
        **{name: getattr(asked, name) for name in (*_EDITED, "due_on")},
        **{name: str(getattr(asked, f"{name}_id") or "") for name in names},
        "kind": asked.kind.value,
        "public": asked.public.value if asked.public else "",
        "stage": asked.stage.value if asked.stage else "",
        "priority": str(asked.priority),
    }


def _terms(form: CardForm) -> dict[str, int | None]:
    """What the team knows of any request, whatever its kind."""
    names = ("country", "sector", "theme")
    return {f"{name}_id": int(form[name].data) if form[name].data else None for name in names}


@bp.post("/<int:request_id>/presence")
@allow(READ)
def presence(request_id: int) -> Response:
    """This page is open; who else has it open, by name."""
    asked = find(request_id)
    Look.note(asked, current_user)
    db.session.commit()
    return jsonify([one.display_name for one in Look.others(asked, current_user)])
