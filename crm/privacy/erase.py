"""Erasing: someone is forgotten by every feature, in one transaction; then by the files beneath.

Source of the rule: RGPD art. 17. Figures stay true: rows they count stay, without anybody in them.
"""

import sqlalchemy as sa

from crm.config import Settings
from crm.contacts.people import Person
from crm.db import db
from crm.forgotten import remember
from crm.personal import Who
from crm.privacy import house, mentions
from crm.privacy.erasures import Erasure, Reason
from crm.privacy.features import FEATURES
from crm.users import User

PERSON, CARD = "personne-", "fiche"  # see crm.privacy.again


def foresee(who: Who) -> list[str]:
    """What erasing them will do, in French sentences."""
    return [sentence for feature in FEATURES for sentence in feature.foresee(who)]


def erase(who: Who, reason: Reason, by: User | None = None) -> Erasure:
    """Forget someone; it cannot be undone. Nothing is committed.

    Call `scrub.wake()` after the commit: the files of the database are then written again.
    """
    keys = Settings.current().keys
    _remember(who, reason)
    # Names are looked for while the cards still say who else is called so.
    mentions.forget(who)
    house.forget_lapses(who)
    for feature in FEATURES:
        feature.erase(who, keys, objects=reason is Reason.ASKED)
    mentions.unlearn_names(who)
    done = Erasure(reason=reason, user=by)
    db.session.add(done)
    db.session.flush()
    return done


def _remember(who: Who, reason: Reason) -> None:
    """A card is known by its number and its birth: what it says may have changed since a backup."""
    for email in sorted(who.emails):
        remember(PERSON + reason, email)
    for card in db.session.scalars(sa.select(Person).where(Person.id.in_(sorted(who.people)))):
        remember(PERSON + reason, CARD, card.id, card.created_at)
