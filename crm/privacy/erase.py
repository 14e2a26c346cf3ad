"""Erasing: someone is forgotten by every feature, in one transaction; then by the files beneath.

Source of the rule: RGPD art. 17. Figures stay true: rows they count stay, without anybody in them.
"""

from crm.config import Settings
from crm.db import db
from crm.personal import Who
from crm.privacy import house, mentions
from crm.privacy.erasures import Erasure, Reason
from crm.privacy.features import FEATURES
from crm.users import User


def foresee(who: Who) -> list[str]:
    """What erasing them will do, in French sentences."""
    return [sentence for feature in FEATURES for sentence in feature.foresee(who)]


def erase(who: Who, reason: Reason, by: User | None = None) -> Erasure:
    """Forget someone; it cannot be undone. Nothing is committed.

    Call `scrub.wake()` after the commit: the files of the database are then written again.
    """
    keys = Settings.current().keys
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
