"""Error pages: what happened, and what to do, in French."""

import errno
import logging
import sqlite3

from flask import Flask, current_app, g, jsonify, render_template, request
from flask_login import AnonymousUserMixin, current_user
from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    ProgrammingError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException

from crm.db import db

log = logging.getLogger(__name__)

# What happened, what to do. A `description` given to abort() replaces the second.
PAGES = {
    400: ("La demande n’a pas été comprise", "Revenez en arrière et recommencez."),
    401: ("Vous n’êtes pas connecté·e", "Connectez-vous pour voir cette page."),
    403: ("Cette page ne vous est pas ouverte", "Votre rôle ne permet pas cette action."),
    404: ("Cette page n’existe pas", "L’adresse est incomplète, ou la page a été déplacée."),
    405: ("Cette action n’est pas possible ici", "Revenez en arrière et recommencez."),
    409: ("Quelqu’un est passé avant vous", "Rechargez la page : elle a changé entre-temps."),
    410: ("Cette page n’existe plus", "Elle a été retirée."),
    413: ("L’envoi est trop lourd", "Réduisez le texte ou le fichier, puis recommencez."),
    429: ("Trop d’essais à la suite", "Attendez une minute, puis recommencez."),
    500: ("Quelque chose s’est mal passé", "Nous en gardons la trace. Réessayez dans un instant."),
    503: ("Le service est momentanément indisponible", "Réessayez dans un instant."),
}  # fmt: skip
BY_DEFAULT = HTTPException().description
RETRY_AFTER = 10  # seconds
# What a disk says when it is full, broken or taken away; the next request may well succeed.
_DISK = (
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE,
)  # fmt: skip


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(DatabaseError, _database_error)
    app.register_error_handler(InterfaceError, _database_error)
    app.register_error_handler(ProgrammingError, _unexpected_error)
    app.register_error_handler(NoConnection, _no_connection)
    app.register_error_handler(sqlite3.OperationalError, _no_connection)
    app.register_error_handler(OSError, _disk_error)
    app.register_error_handler(IntegrityError, _came_second)
    app.register_error_handler(DataError, _impossible_value)
    app.register_error_handler(OverflowError, _impossible_value)
    app.register_error_handler(StatementError, _impossible_value)
    app.register_error_handler(Exception, _unexpected_error)


def _http_error(error: HTTPException):  # type: ignore[no-untyped-def]
    if error.code is None or error.code < 400:
        return error
    if error.code == 403:  # a role, a record, a form sent by another site: by number, never by name
        who = getattr(current_user, "id", "–")
        log.warning("accès refusé\u00a0: compte %s, %s %s", who, request.method, request.endpoint)
    said = error.description if error.description != type(error).description else None
    return _page(error.code, said)


def _database_error(error: DatabaseError | InterfaceError):  # type: ignore[no-untyped-def]
    """The disk is full, the server stopped, the file cannot be read: nothing here to restart."""
    # The statement's parameters may hold personal data: only the driver's own words are logged.
    log.error("base de données : %s", error.orig)
    _rollback()
    return _page(503)


def _no_connection(error: Exception):  # type: ignore[no-untyped-def]
    log.error("base de données\u00a0: %s", type(error).__name__)
    _rollback()
    return _page(503)


def _disk_error(error: OSError):  # type: ignore[no-untyped-def]
    if error.errno not in _DISK:
        return _unexpected_error(error)
    log.error("%s %s : %s", request.method, request.endpoint, errno.errorcode[error.errno])
    _rollback()
    return _page(503)


def _came_second(error: IntegrityError):  # type: ignore[no-untyped-def]
    """Two people wrote the same thing at the same moment: the database kept the first."""
    log.warning("%s %s : %s", request.method, request.endpoint, type(error.orig).__name__)
    _rollback()
    return _page(409)


def _impossible_value(error: Exception):  # type: ignore[no-untyped-def]
    """A number, a day or a character that no column can hold, typed in an address."""
    log.warning("%s %s : %s", request.method, request.endpoint, type(error).__name__)
    _rollback()
    return _page(404 if request.method == "GET" else 400)


def _unexpected_error(error: Exception):  # type: ignore[no-untyped-def]
    if current_app.testing:
        raise error
    log.exception("%s %s", request.method, request.endpoint)
    _rollback()
    return _page(500)


def _rollback() -> None:
    try:
        db.session.rollback()
    except (DatabaseError, InterfaceError):
        db.session.remove()


def _page(code: int, said: str | None = None):  # type: ignore[no-untyped-def]
    title, advice = PAGES.get(code, PAGES[400 if code < 500 else 500])
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return jsonify(error=title, advice=said or advice), code, _later(code)
    if code == 503 and not hasattr(g, "_login_user"):
        g._login_user = AnonymousUserMixin()  # nobody was found, and asking again fails again
    if code == 503 and request.method == "POST":
        advice = "Revenez en arrière, où est encore votre texte, et réessayez dans un instant."
    page = render_template("errors/error.html", code=code, title=title, advice=said or advice)
    return page, code, _later(code)


def _later(code: int) -> dict[str, str]:
    """When to come back, for browsers and robots (RFC 9110 §10.2.3)."""
    return {"Retry-After": str(RETRY_AFTER)} if code == 503 else {}
