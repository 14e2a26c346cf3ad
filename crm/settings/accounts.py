"""The team's accounts."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import BooleanField, PasswordField, validators

from crm.auth import ADMIN, allow
from crm.db import db, now
from crm.forms import Form, choice, email, line
from crm.users import MIN_PASSWORD, User, UserRole

bp = Blueprint("accounts", __name__, url_prefix="/comptes")


class AccountForm(Form):
    name = line("Prénom et nom", 120, required=True)
    email = email("Courriel", required=True)
    role = choice("Rôle", [(role.value, role.label) for role in UserRole])
    password = PasswordField(
        "Mot de passe",
        [
            validators.Optional(),
            validators.Length(
                min=MIN_PASSWORD, max=200, message=f"Entre {MIN_PASSWORD} et 200 caractères."
            ),
        ],
        description=f"{MIN_PASSWORD} caractères au moins. Laissez vide pour ne pas le changer.",
        render_kw={"autocomplete": "new-password"},
    )
    disabled = BooleanField("Compte fermé : cette personne ne peut plus se connecter")


@bp.get("/")
@allow(ADMIN)
def index() -> ResponseReturnValue:
    users = db.session.scalars(User.everyone()).all()
    return render_template("staff/settings/accounts/index.html", users=users)


@bp.route("/nouveau", methods=["GET", "POST"])
@allow(ADMIN)
def new() -> ResponseReturnValue:
    return _edit(User(), "new")


@bp.route("/<int:user_id>", methods=["GET", "POST"])
@allow(ADMIN)
def edit(user_id: int) -> ResponseReturnValue:
    return _edit(db.get_or_404(User, user_id), "edit")


def _edit(user: User, page: str) -> ResponseReturnValue:
    form = AccountForm(obj=user, data={"disabled": user.disabled_at is not None})
    if user.id is None:
        form.password.description = f"{MIN_PASSWORD} caractères au moins."
        form.password.flags.required = True
    if form.is_valid_post() and _is_acceptable(form, user):
        user.name, user.email, user.role = form.name.data, form.email.data, UserRole(form.role.data)
        if form.password.data:
            user.set_password(form.password.data)
        user.disabled_at = (user.disabled_at or now()) if form.disabled.data else None
        db.session.add(user)
        db.session.commit()
        flash(f"Le compte de {user.name} est enregistré.")
        return redirect(url_for(".index"))
    code = 422 if form.errors else 200
    return render_template(f"staff/settings/accounts/{page}.html", form=form, account=user), code


def _is_acceptable(form: AccountForm, user: User) -> bool:
    """Whether this leaves one account per address, a password, and someone in charge."""
    other = User.find(form.email.data)
    if other is not None and other.id != user.id:
        form.email.errors = ["Un compte existe déjà à cette adresse."]
    if user.id is None and not form.password.data:
        form.password.errors = ["Ce champ est à remplir."]
    if user.id == current_user.id and (form.disabled.data or form.role.data != UserRole.ADMIN):
        form.role.errors = ["Vous ne pouvez pas vous retirer vos propres droits."]
    return not form.errors
