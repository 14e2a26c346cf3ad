"""Signing in: a password, then a code when there is a second factor.

What fails counts whatever follows: these verbs commit as they go.
"""

import secrets
from base64 import b64encode

import sqlalchemy as sa

from crm import users
from crm.accounts import attempts, emails, factor
from crm.accounts.attempts import LIMITS, Try
from crm.accounts.sessions import Browser, UserSession
from crm.acts import Act, Did, record
from crm.db import db, now
from crm.mail import wake
from crm.users import User


def check_password(email: str, password: str, browser: Browser) -> User | None:
    """The user of this address if the password is theirs.

    An unknown address, a closed account and a wrong password give the same answer in the same
    time. Raises TooMany.
    """
    attempt = _attempt(Try.PASSWORD, email, browser)
    user = User.find(email)
    known = user if user is not None and user.is_active and user.password_hash else None
    kept = known.password_hash if known is not None else _nobodys_hash()
    db.session.commit()  # no transaction lasts while argon2 works
    right = users.matches(kept, password)
    if known is None or not right:
        record(Did.REFUSED, about=user)
        db.session.commit()
        _warn(Try.PASSWORD, email, known, "plusieurs mots de passe faux ont été essayés")
        return None
    attempt.succeeded = True
    known.strengthen(password)
    return known


def check_code(user: User, typed: str, browser: Browser) -> bool:
    """Whether `typed` is the code of the moment, or a recovery code, of `user`. Raises TooMany."""
    attempt = _attempt(Try.CODE, user.email, browser)
    if factor.accept(user, typed):
        attempt.succeeded = True
        return True
    if factor.spend(user, typed):
        attempt.succeeded = True
        record(
            Did.SPENT_CODE, about=user, detail=f"reste {factor.RecoveryCode.left(user)}", by=user
        )
        emails.told(user, "un code de secours vient de servir à vous connecter")
        return True
    record(Did.REFUSED, about=user, detail="second facteur")
    db.session.commit()
    who = "quelqu’un qui connaît votre mot de passe"
    _warn(Try.CODE, user.email, user, f"{who} a essayé plusieurs codes faux")
    return False


def welcome(user: User, detail: str = "") -> None:
    """Note that `user` has signed in."""
    user.last_login_at = now()
    record(Did.SIGNED_IN, about=user, detail=detail, by=user)


def open_session(user: User, browser: Browser, *, remembered: bool) -> tuple[UserSession, str]:
    """A session for who gave the right password, and its key; it waits for the code if there is a
    second factor."""
    opened = UserSession.begin(user, browser, remembered=remembered, proven=not user.has_factor)
    key = opened.renew()
    db.session.add(opened)
    if not user.has_factor:
        welcome(user)
    return opened, key


def _attempt(kind: Try, email: str, browser: Browser) -> attempts.Attempt:
    try:
        return attempts.take(kind, email, browser.address)
    except attempts.TooMany as refused:
        _note_throttling(User.find(email), refused)
        raise


def _note_throttling(user: User | None, refused: attempts.TooMany) -> None:
    """Write it down once in a window: who insists does not fill the journal."""
    lately = Act.kind == Did.THROTTLED, Act.at > now() - refused.wait
    same = Act.about_id == user.id if user is not None else Act.about_id.is_(None)
    if not db.session.scalar(sa.select(sa.exists().where(*lately, same))):
        record(Did.THROTTLED, about=user)
    db.session.commit()


def _warn(kind: Try, email: str, user: User | None, what: str) -> None:
    """Tell the person, once, that somebody insists on their account; as long when there is none."""
    if attempts.failures(kind, email) != LIMITS[kind].account:
        return
    emails.told(user, f"{what} sur votre compte")
    db.session.commit()
    wake()


def _nobodys_hash() -> str:
    """The hash of no password, with the present parameters: comparing it takes as long."""
    salt, digest = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    made = users.hasher
    cost = f"m={made.memory_cost},t={made.time_cost},p={made.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"
