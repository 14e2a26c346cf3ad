"""Disclosing: everything that is kept about someone, as they may ask for it (RGPD art. 15, 20)."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import defer, joinedload

from crm.db import db
from crm.newsletter.bounces import Bounce
from crm.newsletter.deliveries import Delivery
from crm.newsletter.issues import Issue
from crm.newsletter.readers.moves import Move
from crm.newsletter.subscriptions import Consent, Subscription


def everything(subscription: Subscription) -> dict[str, Any]:
    """What is kept about whoever receives at this address: texts, moments, lists, in French."""
    return {
        "adresse": subscription.email,
        "prénom": subscription.first_name,
        "nom": subscription.last_name,
        "organisation": subscription.organisation_name,
        "type d’acteur": subscription.actor_type.label if subscription.actor_type else "",
        "département": subscription.department,
        "lettres": [_letter(found) for found in Subscription.at(subscription.email)],
        "changements d’adresse": [_move(move) for move in db.session.scalars(_moves(subscription))],
    }


def _letter(subscription: Subscription) -> dict[str, Any]:
    told = joinedload(Delivery.issue).options(joinedload(Issue.publication), defer(Issue.content))
    deliveries = db.session.scalars(Delivery.of(subscription).options(told))
    return {
        "lettre": subscription.publication.name,
        "depuis": subscription.created_at,
        "quittée": subscription.left_at,
        "écartée": subscription.suppressed,
        "rythme": subscription.rhythm.label,
        "accords": [_consent(consent) for consent in subscription.consents],
        "numéros": [_delivery(delivery) for delivery in deliveries],
        "retours": [_bounce(bounce) for bounce in db.session.scalars(Bounce.of(subscription))],
    }


def _consent(consent: Consent) -> dict[str, Any]:
    return {
        "pour": consent.purpose.label,
        "comment": consent.basis.label,
        "depuis": consent.source,
        "texte": consent.wording,
        "donné": consent.given_at,
        "confirmé": consent.confirmed_at,
        "retiré": consent.withdrawn_at,
    }


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "numéro": delivery.issue.title,
        "état": delivery.state.label,
        "le": delivery.settled_at,
        "réponse du serveur": delivery.response,
        "ouvert": delivery.opened_at,
    }


def _bounce(bounce: Bounce) -> dict[str, Any]:
    return {
        "nature": bounce.kind.label,
        "le": bounce.happened_at,
        "réponse du serveur": bounce.words,
    }


def _move(move: Move) -> dict[str, Any]:
    return {
        "ancienne": move.old_email,
        "nouvelle": move.new_email,
        "demandé": move.asked_at,
        "confirmé": move.confirmed_at,
    }


def _moves(subscription: Subscription) -> sa.Select[Move]:
    """The changes of address of whoever receives at this address."""
    mine = sa.select(Subscription.id).where(Subscription.email == subscription.email)
    return sa.select(Move).where(Move.subscription_id.in_(mine)).order_by(Move.id)
