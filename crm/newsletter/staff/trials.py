"""A trial: one of the letters of a number, whole, to one address, before anybody gets it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import validators
from wtforms.fields import Field

from crm import mail
from crm.auth import PUBLISH, allow
from crm.db import db
from crm.forms import Form, as_choices, choice
from crm.forms import email as address
from crm.newsletter import emails, variants
from crm.newsletter.content import Content
from crm.newsletter.delivery.editions import MOST, editions
from crm.newsletter.issues import Issue, Publication
from crm.newsletter.staff.issues import find
from crm.newsletter.subscriptions import Subscription

bp = Blueprint("trials", __name__)

WHOLE = "entier"


class TrialForm(Form):
    _publication: Publication

    email = address("Envoyer un essai à", required=True)
    version = choice(
        "Quelle lettre", [],
        hint="Celle que reçoit un groupe de vos abonnés\u00a0; la plus lue vient en premier.",
    )  # fmt: skip
    reader = address("Ou comme la reçoit", hint="L’adresse d’un abonné\u00a0; il n’en sait rien.")

    @classmethod
    def of(cls, issue: Issue) -> "TrialForm":
        """Its letters to choose from, the most read first; no choice when there is but one."""
        form = cls(data={"email": current_user.email, "version": request.args.get("version", "")})
        form._publication = issue.publication
        found = editions(issue)[:MOST]
        if len(found) < 2:
            del form.version, form.reader
            return form
        choices = [(str(one.bits), f"{one.label[:1].upper()}{one.label[1:]}") for one in found]
        whole = (WHOLE, "Le numéro entier, tel que personne ne le reçoit")
        form.version.choices = as_choices([*choices, whole])
        return form

    def validate_reader(self, field: Field) -> None:
        if field.data and Subscription.of(self._publication, field.data) is None:
            name = self._publication.name
            raise validators.ValidationError(f"Cette adresse n’est pas abonnée à {name}.")

    def content(self, issue: Issue) -> Content:
        """What the chosen reader, or the chosen group, would read."""
        whole = Content.of(issue)
        if "version" not in self or self.version.data == WHOLE:
            return whole
        reader = Subscription.of(issue.publication, self.reader.data or "")
        if reader is not None:
            return variants.seen_by(whole, reader)
        return variants.seen(whole, int(self.version.data))


@bp.route("/numeros/<int:issue_id>/essai", methods=["GET", "POST"])
@allow(PUBLISH)
def new(issue_id: int) -> ResponseReturnValue:
    issue = find(issue_id)
    form = TrialForm.of(issue)
    if form.is_valid_post():
        emails.trial(form.content(issue), form.email.data)
        db.session.commit()
        mail.wake()
        flash(f"L’essai part vers {form.email.data}.")
        return redirect(url_for("staff.newsletter.preview.show", issue_id=issue.id))
    code = 422 if form.errors else 200
    return render_template("staff/newsletter/trials/new.html", issue=issue, form=form), code
