"""The mails about accounts: one function per message."""

from crm.accounts.links import LinkKind, new_link
from crm.config import Settings
from crm.db import db, now
from crm.identity import Identity
from crm.mail import Mail, draw, post, write
from crm.users import User

# RFC 4021 §2.1.55: holds a link that opens an account.
PERSONAL = {"Sensitivity": "Company-Confidential"}


def invite(user: User, by: User | None) -> Mail:
    """« Choisissez votre mot de passe »: the link lasts seven days. `user` is in the database."""
    link, url = new_link(user, LinkKind.INVITATION)
    db.session.add(link)
    network = Identity.current().short_name
    return post(
        user.email,
        "accounts/invitation",
        subject=f"Votre compte sur l’espace de l’équipe, {network}",
        account=user,
        inviter=by.display_name if by else "",
        link_url=url,
        headers=PERSONAL,
        sign_in_url=f"{Settings.current().base_url}/connexion",
    )


def reset(email: str) -> Mail | None:
    """The link to choose another password, if somebody has this address.

    The same work is done when nobody has: how long it takes says nothing.
    """
    user = User.find(email)
    known = user if user is not None and user.is_active else None
    link, url = new_link(known or User(email=email), LinkKind.RESET)
    subject = "Choisissez un nouveau mot de passe"
    text, html = draw("accounts/reset", subject=subject, link_url=url)
    if known is None:
        return None
    db.session.add(link)
    return write(known.email, subject=subject, text=text, html=html, headers=PERSONAL)


def told(user: User | None, what: str, to: str = "") -> None:
    """Tell someone what has just happened to their account: « votre mot de passe a changé ».

    `to` when their address is what has changed: the former one is told. Without a `user`, the same
    work is done and nothing is kept: how long it takes says nothing.
    """
    subject = f"{what[0].upper()}{what[1:]}"
    forgotten_url = f"{Settings.current().base_url}/connexion/oubli"
    text, html = draw(
        "accounts/told", subject=subject, what=what, at=now(), forgotten_url=forgotten_url
    )
    if user is not None:
        write(to or user.email, subject=subject, text=text, html=html)
