"""Leaving for the identity server of the settings, and coming back."""

import logging
from dataclasses import asdict

from flask import Blueprint, abort, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.accounts import openid
from crm.accounts.openid import Departure, NotTrusted
from crm.accounts.sessions import UserSession
from crm.accounts.signin import welcome
from crm.acts import Did, record
from crm.auth import browser, current_session, enter, is_ours, next_page
from crm.csrf import is_cross_site
from crm.db import db, start_writing
from crm.users import User

log = logging.getLogger(__name__)

bp = Blueprint("openid", __name__, url_prefix="/connexion/ailleurs")


@bp.get("/")
def new() -> ResponseReturnValue:
    if not openid.name():
        abort(404)
    if is_cross_site():  # nobody opens a session without a gesture of theirs here (ASVS 7.6.2)
        return redirect(url_for("public.accounts.login.new", suite=request.args.get("suite")))
    confirms = current_user.is_authenticated
    try:
        url, gone = openid.leave(confirms=confirms, after=next_page())
    except NotTrusted as error:
        return _refused(error)
    session["elsewhere"] = asdict(gone)
    return redirect(url)


@bp.get("/retour")
def back() -> ResponseReturnValue:
    remembered = session.pop("elsewhere", None)
    if remembered is None:
        return _refused("nothing was asked")
    gone = Departure(**remembered)
    try:
        claims = openid.come_back(gone, request.args)
    except NotTrusted as error:
        return _refused(error)
    start_writing()  # this GET signs somebody in
    user = openid.whose(claims)
    after = gone.after if is_ours(gone.after) else url_for("staff.dashboard.index")
    if gone.confirms:
        return _confirm(user, after)
    if user is None:
        record(Did.REFUSED, detail="connexion ailleurs")
        db.session.commit()
        return _refused("no account")
    return _enter(user, after)


def _enter(user: User, after: str) -> ResponseReturnValue:
    """In, or on to the code: a second factor of ours is asked whatever the door."""
    opened = UserSession.begin(user, browser(), remembered=False, proven=not user.has_factor)
    key = opened.renew()
    db.session.add(opened)
    if not user.has_factor:
        welcome(user, "connexion ailleurs")
    db.session.commit()
    enter(opened, key)
    if user.has_factor:
        return redirect(url_for("public.accounts.code.new", suite=after))
    return redirect(after)


def _confirm(user: User | None, after: str) -> ResponseReturnValue:
    """The one who is signed in has proven it again; anybody else has proven nothing."""
    if not current_user.is_authenticated or user is None or user.id != current_user.id:
        return _refused("somebody else")
    key = current_session().prove()
    db.session.commit()
    enter(current_session(), key)
    return redirect(after)


def _refused(why: object) -> ResponseReturnValue:
    log.warning("connexion ailleurs refusée\u00a0: %s", why)
    if current_user.is_authenticated:
        return redirect(url_for("staff.accounts.confirmation.new", fait="ailleurs"))
    return redirect(url_for("public.accounts.login.new", fait="ailleurs"))
