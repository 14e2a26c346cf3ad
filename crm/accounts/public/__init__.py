"""Signing in, and the links that let one choose a password: pages open to all."""

from flask import Blueprint

from crm.accounts.public import code, forgotten, link, login, openid


def blueprint() -> Blueprint:
    """Pages with an endpoint like `public.accounts.login.new`."""
    accounts = Blueprint("accounts", __name__)
    for module in (login, code, forgotten, link, openid):
        accounts.register_blueprint(module.bp)
    return accounts
