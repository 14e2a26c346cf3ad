"""Signing in, and the gate: every staff address is closed unless a role is named for it."""

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from flask import Blueprint, Flask, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, current_user, login_user, logout_user
from wtforms import BooleanField, PasswordField, validators

from crm.db import db, now
from crm.forms import Form, email
from crm.users import User, UserRole, hasher

View = TypeVar("View", bound=Callable[..., object])

READ = frozenset(UserRole)
WORK = READ - {UserRole.READER}
PUBLISH = frozenset({UserRole.ADMIN, UserRole.COMMUNICATION})
ADMIN = frozenset({UserRole.ADMIN})

# What anybody may ask for without signing in.
OPEN = ("public.", "auth.", "static", "bootstrap.static")

bp = Blueprint("auth", __name__)
manager = LoginManager()
limiter = Limiter(get_remote_address)
# Checked when the address is unknown, so that the answer takes as long as for a known one.
_nobody = hasher.hash("personne n’a ce mot de passe")


def allow(roles: frozenset[UserRole]) -> Callable[[View], View]:
    """Name the roles a staff view is open to. A view without it is open to nobody."""

    def keep(view: View) -> View:
        view.roles = roles  # type: ignore[attr-defined]
        return view

    return keep


def roles_of(endpoint: str) -> frozenset[UserRole]:
    """The roles that may ask for `endpoint`."""
    return getattr(current_app.view_functions[endpoint], "roles", frozenset())


def may(endpoint: str) -> bool:
    """Whether the present user may ask for `endpoint` (a link to it is worth showing)."""
    return (
        endpoint in current_app.view_functions
        and current_user.is_authenticated
        and current_user.role in roles_of(endpoint)
    )


def init_app(app: Flask) -> None:
    manager.init_app(app)
    app.config.setdefault("RATELIMIT_STORAGE_URI", _limits_url(app))
    limiter.init_app(app)
    app.before_request(_gate)
    app.register_blueprint(bp)
    app.jinja_env.globals.update(may=may)


def _limits_url(app: Flask) -> str:
    queue = app.extensions["settings"].queue_url
    return queue if queue.startswith("redis") else "memory://"


def _gate() -> ResponseReturnValue | None:
    endpoint = request.endpoint
    if endpoint is None or endpoint.startswith(OPEN):
        return None
    if not current_user.is_authenticated:
        if request.method != "GET":
            abort(401)
        return redirect(url_for("auth.login", suite=request.full_path.rstrip("?")))
    if current_user.role not in roles_of(endpoint):
        abort(403)
    return None


@manager.user_loader
def _load(user_id: str) -> User | None:
    user = db.session.get(User, int(user_id)) if user_id.isdigit() else None
    return user if user is not None and user.is_active else None


class LoginForm(Form):
    email = email("Courriel", required=True)
    password = PasswordField(
        "Mot de passe",
        [validators.DataRequired("Ce champ est à remplir."), validators.Length(max=200)],
        render_kw={"autocomplete": "current-password"},
    )
    remember = BooleanField("Rester connecté·e sur cet ordinateur")


@bp.route("/connexion", methods=["GET", "POST"])
@limiter.limit("20 per minute", methods=["POST"])
def login() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(_next_page())
    form = LoginForm()
    if form.is_valid_post():
        user = User.find(form.email.data)
        if _is_right(user, form.password.data) and user is not None:
            user.last_login_at = now()
            db.session.commit()
            login_user(user, remember=form.remember.data)
            return redirect(_next_page())
        form.password.errors = ["L’adresse ou le mot de passe ne correspondent pas."]
    code = 422 if form.errors else 200
    return render_template("auth/login.html", form=form), code


def _is_right(user: User | None, password: str) -> bool:
    if user is None or not user.is_active:
        User(password_hash=_nobody).has_password(password)
        return False
    return user.has_password(password)


@bp.post("/deconnexion")
def logout() -> ResponseReturnValue:
    logout_user()
    return redirect(url_for("auth.login"))


def _next_page() -> str:
    """Where the visitor was going, when that is a page of ours."""
    wanted = request.args.get("suite", "")
    parts = urlsplit(wanted)
    inside = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.netloc
    return wanted if inside else url_for("staff.dashboard.index")
