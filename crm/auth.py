"""The gate: every staff address is closed unless a role is named for it; and who is signed in."""

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Flask, abort, current_app, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, current_user, logout_user

from crm.accounts.devices import device
from crm.accounts.policy import Asked, SignInPolicy
from crm.accounts.sessions import SEEN_EVERY, Browser, UserSession, note_seen
from crm.csrf import SAFE
from crm.db import change, db, now
from crm.jobs import enqueue
from crm.users import User, UserRole

View = TypeVar("View", bound=Callable[..., object])

READ = frozenset(UserRole)
WORK = READ - {UserRole.READER}
PUBLISH = frozenset({UserRole.ADMIN, UserRole.COMMUNICATION})
ADMIN = frozenset({UserRole.ADMIN})

# What anybody may ask for without signing in.
OPEN = ("public.", "static", "bootstrap.static")
# What one may do before adding the second factor that is asked of them.
BEFORE_FACTOR = ("staff.accounts.",)

manager = LoginManager()
limiter = Limiter(get_remote_address)


def allow(roles: frozenset[UserRole]) -> Callable[[View], View]:
    """Name the roles a staff view is open to. A view without it is open to nobody."""

    def keep(view: View) -> View:
        view.roles = roles  # type: ignore[attr-defined]
        return view

    return keep


def sensitive(view: View) -> View:
    """Ask again for the password or a code, unless given a moment ago (ASVS 7.5.1 and 7.5.2)."""
    view.sensitive = True  # type: ignore[attr-defined]
    return view


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
    # A Redis that is down must not close the public forms.
    app.config.setdefault("RATELIMIT_IN_MEMORY_FALLBACK_ENABLED", True)
    limiter.init_app(app)
    app.before_request(_gate)
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
        return redirect(url_for("public.accounts.login.new", suite=request.full_path.rstrip("?")))
    if current_user.role not in roles_of(endpoint):
        abort(403)
    if owes_factor() and not endpoint.startswith(BEFORE_FACTOR):
        return redirect(url_for("staff.accounts.factor.show"), 303)
    return _ask_again(endpoint)


def owes_factor(*, without: bool = False) -> bool:
    """Whether a second factor is asked of this user, who has none (or were they `without`)."""
    user, asked = current_session().user, g.get("factor_asked") or Asked.NOBODY
    return (without or not user.has_factor) and asked.covers(user.role)


def _ask_again(endpoint: str) -> ResponseReturnValue | None:
    if not getattr(current_app.view_functions[endpoint], "sensitive", False):
        return None
    reads = request.method in SAFE
    if current_session().is_fresh(form=not reads):
        return None
    if not reads:
        flash("Rien n’a été fait\u00a0: confirmez que c’est vous, puis recommencez.", "problem")
    after = request.full_path.rstrip("?") if reads else _came_from()
    return redirect(url_for("staff.accounts.confirmation.new", suite=after), 303)


def _came_from() -> str:
    """The page whose form was sent, when it is one of ours."""
    parts = urlsplit(request.referrer or "")
    return parts.path if parts.netloc == request.host else ""


@manager.request_loader
def _load(_request: object) -> User | None:
    found = _find_session()
    if found is None or found.proven_at is None:
        return None
    g.user_session = found
    _note(found)
    return found.user


def _find_session() -> UserSession | None:
    """The row of the session that the cookie opens, were it still waiting for a code."""
    key = session.get("key")
    if not isinstance(key, str):
        return None
    asked = sa.select(SignInPolicy.second_factor).limit(1).scalar_subquery()
    row = db.session.execute(UserSession.of_key(key).add_columns(asked)).first()
    if row is None or not row[0].is_open:
        return None
    g.factor_asked = row[1]
    found: UserSession = row[0]
    return found


def _note(found: UserSession) -> None:
    """Remember that the session serves, now and then: a job writes it for pages that only read."""
    if now() - found.seen_at < SEEN_EVERY:
        return
    if request.method not in SAFE:
        found.seen_at = now()
    elif session.get("seen") != found.seen_at.isoformat():
        session["seen"] = found.seen_at.isoformat()
        enqueue(note_seen, found.id)


def current_session() -> UserSession:
    """The session of the present user. Someone is signed in."""
    assert current_user.is_authenticated
    found: UserSession = g.user_session
    return found


def waiting_session() -> UserSession | None:
    """The session that waits for the second factor, or None."""
    found = _find_session()
    return found if found is not None and found.proven_at is None else None


def enter(opened: UserSession, key: str) -> None:
    """Hand the key of a session to the browser that asks, in place of any other."""
    kept = session.get("_flashes")
    session.clear()
    session["key"] = key
    if kept:
        session["_flashes"] = kept
    session.permanent = opened.remembered


def leave() -> None:
    """End the session of the browser that asks, were it waiting for a code. Commits nothing."""
    found = _find_session()
    if found is not None:
        change(sa.delete(UserSession).where(UserSession.id == found.id))
    logout_user()
    session.clear()


def browser() -> Browser:
    """Where the present request comes from."""
    return Browser(request.remote_addr or "", device(request.user_agent.string))


def next_page() -> str:
    """Where the visitor was going, when that is a page of ours."""
    wanted = request.args.get("suite", "")
    return wanted if is_ours(wanted) else url_for("staff.dashboard.index")


def is_ours(address: str) -> bool:
    """Whether this leads to one of our pages, however a browser reads it (no open redirect)."""
    # Browsers drop tabs and line ends from addresses, and read « \\ » as « / ».
    plain = address.isprintable() and "\\" not in address
    return plain and address.startswith("/") and not address.startswith("//")
