"""create_app(): the only module that knows every part."""

from datetime import timedelta

from flask import Blueprint, Flask, Response, jsonify, request
from flask_bootstrap import Bootstrap5
from flask_login import AnonymousUserMixin, current_user
from flask_migrate import Migrate
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix

from crm import (
    acts,
    auth,
    cli,
    csrf,
    dashboard,
    errors,
    filters,
    forgotten,
    holds,
    icons,
    jobs,
    listing,
    logs,
    mail,
    proof,
    public,
    settings,
    spam,
)
from crm.accounts import attempts, factor, links, policy
from crm.accounts import public as accounts_public
from crm.accounts import sessions as accounts_sessions
from crm.accounts import staff as accounts_staff
from crm.config import ROOT, Settings
from crm.contacts import details, journal, organisations, people, tasks, terms
from crm.contacts import staff as contacts_staff
from crm.contacts.duplicates import merges, pairs
from crm.contacts.files import imports, mappings
from crm.contacts.search import segments
from crm.csrf import SAFE
from crm.db import begin_reading, begin_writing, db, is_reachable, now
from crm.events import (
    afterwards,
    documents,
    event_files,
    events,
    offers,
    partners,
    presences,
    registrations,
    remind,
    sessions,
    tell,
)
from crm.events import facets as events_facets
from crm.events import public as events_public
from crm.events import staff as events_staff
from crm.identity import Identity
from crm.keeping import backups, memory, nightly
from crm.newsletter import (
    archive,
    asides,
    bounces,
    clicks,
    deliveries,
    issues,
    items,
    placements,
    probes,
    propositions,
    subscriptions,
)
from crm.newsletter import public as newsletter_public
from crm.newsletter import staff as newsletter_staff
from crm.newsletter.delivery import courtesy, progress
from crm.newsletter.desk import gestures, presence, watch
from crm.newsletter.readers import departures, facets, moves
from crm.privacy import again, erasures, lapses, notices, retain, scrub
from crm.privacy import public as privacy_public
from crm.privacy import staff as privacy_staff
from crm.requests import answers, meetings, messages, requests, rules, slots, words, work
from crm.requests import facets as requests_facets
from crm.requests import public as requests_public
from crm.requests import staff as requests_staff

migrate = Migrate()

# Loaded here so that the tables and their relations are complete, whatever part is used first,
# and so that the clock knows its tasks.
MODELS = (
    details, imports, journal, mappings, merges, organisations, pairs, people, segments, terms,
    archive, asides, bounces, clicks, courtesy, deliveries, departures, facets, gestures, issues,
    items, moves, placements, presence, probes, progress, propositions,
    subscriptions, watch,
    answers, meetings, messages, requests_facets, requests, rules, slots, words, work,
    afterwards, documents, event_files, events, events_facets, offers, partners, presences,
    registrations, remind, sessions, tell,
    accounts_sessions, acts, attempts, factor, links, policy,
    backups, forgotten, holds, jobs, mail, memory, nightly, proof, spam, tasks,
    again, erasures, lapses, notices, retain, scrub,
)  # fmt: skip

MAX_UPLOAD = 20 * 1024 * 1024  # bytes in one request


def create_app(chosen: Settings | None = None) -> Flask:
    """The application, ready to serve, for these settings (by default the environment's).

    Raises SettingError when a setting cannot be used.
    """
    chosen = chosen or Settings.load()
    app = Flask(
        "crm",
        root_path=str(ROOT / "crm"),
        template_folder=str(ROOT / "templates"),
        instance_path=str(chosen.instance),
    )
    _configure(app, chosen)
    db.init_app(app)
    migrate.init_app(
        app, db, directory=str(ROOT / "migrations"), render_as_batch=True, compare_type=True
    )
    jobs.init_app(app)
    app.before_request(_choose_transaction)
    csrf.init_app(app)
    auth.init_app(app)
    errors.init_app(app)
    Bootstrap5(app)
    _prepare_templates(app)
    _register_pages(app)
    cli.register(app)
    app.after_request(_protect)
    return app


def _configure(app: Flask, chosen: Settings) -> None:
    # People’s data and keys: nobody else on this machine has to read them.
    chosen.instance.mkdir(parents=True, exist_ok=True, mode=0o700)
    app.extensions["settings"] = chosen
    postgresql = chosen.database_url.startswith("postgresql")
    app.config.update(
        SECRET_KEY=chosen.secret_key,
        SECRET_KEY_FALLBACKS=list(chosen.old_secret_keys),
        SQLALCHEMY_DATABASE_URI=make_url(chosen.database_url),
        # Parameters hold personal data: they stay out of errors, hence out of logs.
        SQLALCHEMY_ENGINE_OPTIONS={"hide_parameters": True, "pool_pre_ping": postgresql},
        MAX_CONTENT_LENGTH=MAX_UPLOAD,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SESSION_COOKIE_NAME="__Host-session" if chosen.is_https else "session",
        SESSION_COOKIE_SECURE=chosen.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=accounts_sessions.LASTS_REMEMBERED,
        SESSION_REFRESH_EACH_REQUEST=False,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
        BOOTSTRAP_SERVE_LOCAL=True,
        TESTING=chosen.testing,
        RATELIMIT_ENABLED=not chosen.testing,
    )
    logs.start()
    if chosen.production:
        app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]


def _choose_transaction() -> None:
    """Pages that only read do not wait for those that write (see crm.db)."""
    (begin_reading if request.method in SAFE else begin_writing)()


def _prepare_templates(app: Flask) -> None:
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(filters.FILTERS)
    app.jinja_env.globals.update(
        plural=filters.plural,
        icon=icons.icon,
        now=now,
        query=listing.query,
        current_hold=holds.Hold.current,
    )
    app.context_processor(_who)


def _who() -> dict[str, object]:
    """Who writes and who reads: in every page, even the one that says the database is down."""
    try:
        return {"identity": Identity.current(), "user": current_user._get_current_object()}
    except SQLAlchemyError:
        db.session.remove()
        return {"identity": Identity.default(), "user": AnonymousUserMixin()}


def _register_pages(app: Flask) -> None:
    """Endpoint `staff.newsletter.issues.show` = `crm/newsletter/staff/issues.py:show`."""
    visitors = Blueprint("public", __name__)
    visitors.register_blueprint(public.bp)
    visitors.register_blueprint(accounts_public.blueprint())
    visitors.register_blueprint(newsletter_public.blueprint())
    visitors.register_blueprint(requests_public.blueprint())
    visitors.register_blueprint(privacy_public.bp)
    visitors.register_blueprint(events_public.blueprint())
    team = Blueprint("staff", __name__, url_prefix="/gestion")
    team.register_blueprint(dashboard.bp)
    team.register_blueprint(accounts_staff.blueprint())
    team.register_blueprint(settings.blueprint())
    team.register_blueprint(contacts_staff.blueprint())
    team.register_blueprint(newsletter_staff.blueprint())
    team.register_blueprint(requests_staff.blueprint())
    team.register_blueprint(privacy_staff.blueprint())
    team.register_blueprint(events_staff.blueprint())
    app.register_blueprint(visitors)
    app.register_blueprint(team)
    app.add_url_rule("/sante", "public.health", health)


def health() -> tuple[Response, int]:
    """200 when the database and the queue answer, 503 otherwise."""
    well = is_reachable() and jobs.is_reachable()
    return jsonify(status="ok" if well else "en panne"), 200 if well else 503


def _protect(response: Response) -> Response:
    """Strict headers on every answer; a page that sets its own policy keeps it."""
    chosen = Settings.current()
    frames = " ".join(chosen.embed_origins) if csrf.is_embeddable() else ""
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        f"form-action 'self'; frame-ancestors 'self' {frames}".rstrip(),
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    response.headers.setdefault(
        "Permissions-Policy", "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"
    )
    if chosen.is_https:
        response.headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    if request.endpoint and not request.endpoint.startswith(("static", "bootstrap.")):
        private = request.endpoint.startswith(("staff.", "public.accounts."))
        private = private or "token" in (request.view_args or {})  # what a personal link shows
        response.headers.setdefault("Cache-Control", "no-store" if private else "no-cache")
    return response
