"""The team's accounts. Nobody chooses a password for somebody else: they are invited by mail."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import BooleanField

from crm.accounts import emails, factor, links
from crm.accounts.policy import Asked, SignInPolicy
from crm.accounts.sessions import end_all
from crm.acts import Did, record
from crm.auth import ADMIN, allow, sensitive
from crm.db import db, now
from crm.forms import Form, ask_again, choice, email, line
from crm.mail import wake
from crm.users import User, UserRole

bp = Blueprint("accounts", __name__, url_prefix="/comptes")


class AccountForm(Form):
    name = line("Prénom et nom", 120, required=True)
    email = email("Courriel", required=True)
    role = choice("Rôle", [(role.value, role.label) for role in UserRole])
    disabled = BooleanField("Compte fermé\u00a0: cette personne ne peut plus se connecter")


class PolicyForm(Form):
    second_factor = choice(
        "Demander un second facteur", [(asked.value, asked.label) for asked in Asked]
    )


@bp.get("/")
@allow(ADMIN)
def index() -> ResponseReturnValue:
    users = db.session.scalars(User.everyone()).all()
    form = PolicyForm(obj=SignInPolicy.current())
    return render_template("staff/settings/accounts/index.html", users=users, form=form)


@bp.post("/regle")
@allow(ADMIN)
@sensitive
def policy() -> ResponseReturnValue:
    form, policy = PolicyForm(), SignInPolicy.current()
    if form.is_valid_post():
        policy.second_factor = Asked(form.second_factor.data)
        db.session.add(policy)
        detail = f"second facteur\u00a0: {policy.second_factor.value}"
        record(Did.CHANGED_POLICY, detail=detail, by=current_user)
        db.session.commit()
        flash("La règle est enregistrée. Qui n’a pas encore de second facteur l’ajoute en entrant.")
    return redirect(url_for(".index"))


@bp.route("/nouveau", methods=["GET", "POST"])
@allow(ADMIN)
@sensitive
def new() -> ResponseReturnValue:
    return _edit(User(), "new")


@bp.route("/<int:user_id>", methods=["GET", "POST"])
@allow(ADMIN)
@sensitive
def edit(user_id: int) -> ResponseReturnValue:
    return _edit(db.get_or_404(User, user_id), "edit")


@bp.post("/<int:user_id>/invitation")
@allow(ADMIN)
@sensitive
def invite(user_id: int) -> ResponseReturnValue:
    user = db.get_or_404(User, user_id)
    if user.is_active:
        _invite(user)
        db.session.commit()
        wake()
        flash(f"Un lien pour choisir un mot de passe part vers {user.email}.")
    return redirect(url_for(".edit", user_id=user.id))


@bp.post("/<int:user_id>/sans-second-facteur")
@allow(ADMIN)
@sensitive
def unlock(user_id: int) -> ResponseReturnValue:
    """For who has lost their telephone and their codes."""
    user = db.get_or_404(User, user_id)
    if user.has_factor:
        factor.remove(user)
        end_all(user)
        record(Did.REMOVED_FACTOR, about=user, by=current_user)
        emails.told(user, "l’administration a retiré le second facteur de votre compte")
        db.session.commit()
        wake()
        flash(f"Le second facteur de {user.display_name} est retiré.")
    return redirect(url_for(".edit", user_id=user.id))


@bp.post("/<int:user_id>/sessions")
@allow(ADMIN)
@sensitive
def disconnect(user_id: int) -> ResponseReturnValue:
    user = db.get_or_404(User, user_id)
    end_all(user)
    record(Did.ENDED_SESSIONS, about=user, by=current_user)
    db.session.commit()
    flash(f"Les sessions de {user.display_name} sont fermées.")
    return redirect(url_for(".edit", user_id=user.id))


def _edit(user: User, page: str) -> ResponseReturnValue:
    form = AccountForm(obj=user, data={"disabled": user.disabled_at is not None})
    if user.id is None and ask_again():
        form.role.data = UserRole.READER.value  # the least, until something else is chosen
    if form.is_valid_post() and _is_acceptable(form, user):
        is_new = user.id is None
        _keep(form, user)
        db.session.commit()
        wake()
        flash(
            f"Une invitation part vers {user.email}." if is_new
            else f"Le compte de {user.name} est enregistré."
        )  # fmt: skip
        return redirect(url_for(".index"))
    code = 422 if form.errors else 200
    return render_template(f"staff/settings/accounts/{page}.html", form=form, account=user), code


def _keep(form: AccountForm, user: User) -> None:
    """Change what was changed, and write down what that does to rights."""
    was_new, was_active = user.id is None, user.is_active
    before = (user.role, user.email)
    user.name, user.email, user.role = form.name.data, form.email.data, UserRole(form.role.data)
    user.disabled_at = (user.disabled_at or now()) if form.disabled.data else None
    db.session.add(user)
    db.session.flush()
    if was_new:
        _invite(user)
        return
    if before[0] is not user.role:
        detail = f"{before[0].value} → {user.role.value}"
        record(Did.CHANGED_RIGHTS, about=user, detail=detail, by=current_user)
    if before[1] != user.email:
        links.cancel(user)
        record(Did.CHANGED_RIGHTS, about=user, detail="adresse", by=current_user)
        emails.told(user, "l’adresse de votre compte a changé", to=before[1])
    if was_active is not user.is_active:
        end_all(user)
        done = Did.OPENED_ACCOUNT if user.is_active else Did.CLOSED_ACCOUNT
        record(done, about=user, by=current_user)


def _invite(user: User) -> None:
    emails.invite(user, by=current_user)
    record(Did.INVITED, about=user, detail=user.role.value, by=current_user)


def _is_acceptable(form: AccountForm, user: User) -> bool:
    """Whether this leaves one account per address, and someone in charge."""
    other = User.find(form.email.data)
    if other is not None and other.id != user.id:
        form.email.errors = ["Un compte existe déjà à cette adresse."]
    if user.id == current_user.id and (form.disabled.data or form.role.data != UserRole.ADMIN):
        form.role.errors = ["Vous ne pouvez pas vous retirer vos propres droits."]
    return not form.errors
