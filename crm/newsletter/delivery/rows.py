"""How rows of the ledger move: from waiting to reserved, in flight, and settled."""

from datetime import datetime

import sqlalchemy as sa

from crm.holds import NOTHING_HELD
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.issues import Issue
from crm.newsletter.subscriptions import Subscription


def _moment(name: str) -> sa.BindParameter[datetime]:
    return sa.bindparam(name, type_=Delivery.claimed_at.type)


_MINE = Delivery.claimed_by == sa.bindparam("worker")
_IS_THIS_ROW = Delivery.id == sa.bindparam("row")
_ARE_THESE_ROWS = Delivery.id.in_(sa.bindparam("ids", expanding=True))
_DOUBTED_NOW = sa.func.coalesce(Delivery.doubted_at, _moment("at"))

# On SQLite the transaction has the write lock from its first word; on PostgreSQL rows that another
# worker is taking are passed over. A row that has a holder when its time comes was taken by a
# worker that has not been heard of since.
_DUE = (
    sa.select(
        Delivery.id,
        Delivery.subscription_id,
        Delivery.attempts,
        Delivery.state,
        Delivery.claimed_by,
        Delivery.bits,
    )
    .where(
        Delivery.issue_id == sa.bindparam("issue"),
        Delivery.next_try_at <= _moment("at"),
        sa.exists().where(
            Issue.id == sa.bindparam("issue"),
            Issue.paused_at.is_(None),
            Issue.cancelled_at.is_(None),
        ),
        NOTHING_HELD,
    )
    .order_by(Delivery.next_try_at)
    # In full: PostgreSQL prepares the statement, and a plan for any limit reads the whole table.
    .limit(sa.bindparam("most", type_=sa.Integer, literal_execute=True))
    .with_for_update(skip_locked=True)
    .subquery()
)

# Joined afterwards: consents are looked for a few times, not for everybody.
NEXT = sa.select(
    _DUE.c.id,
    _DUE.c.subscription_id,
    _DUE.c.attempts,
    _DUE.c.state,
    _DUE.c.claimed_by,
    _DUE.c.bits,
    Subscription.email,
    Subscription.first_name,
    Subscription.last_name,
    Subscription.left_at,
    Subscription.suppressed,
    Subscription.can_receive().label("can_receive"),
).join_from(_DUE, Subscription, Subscription.id == _DUE.c.subscription_id)

RESERVE = (
    sa.update(Delivery)
    .where(_ARE_THESE_ROWS)
    .values(claimed_by=sa.bindparam("worker"), next_try_at=_moment("until"))
)

# What a worker that was not heard of since was perhaps saying, only the server knows.
DOUBT = sa.update(Delivery).where(_IS_THIS_ROW).values(state=State.QUEUED, doubted_at=_DOUBTED_NOW)

MARK = (
    sa.update(Delivery)
    .where(_ARE_THESE_ROWS, _MINE)
    .values(state=State.SENDING, claimed_at=_moment("at"))
)

# Only its holder settles a row: one that was taken back meanwhile is no longer ours to speak of.
SETTLE_SENT = (
    sa.update(Delivery)
    .where(_IS_THIS_ROW, Delivery.state == State.SENDING, _MINE)
    .values(
        state=State.SENT,
        attempts=Delivery.attempts + 1,
        claimed_by="",
        response=sa.bindparam("words"),
        next_try_at=None,
        settled_at=_moment("at"),
    )
)

SETTLE = (
    sa.update(Delivery)
    .where(_IS_THIS_ROW, Delivery.state == State.SENDING, _MINE)
    .values(
        state=sa.bindparam("to_state", type_=Delivery.state.type),
        attempts=Delivery.attempts + 1,
        claimed_by="",
        response=sa.bindparam("words"),
        next_try_at=_moment("next_try"),
        settled_at=_moment("settled"),
        given_up_at=_moment("given_up"),
        doubted_at=sa.func.coalesce(Delivery.doubted_at, _moment("doubted")),
    )
)

SET_ASIDE = (
    sa.update(Delivery)
    .where(_IS_THIS_ROW)
    .values(
        state=State.SUPPRESSED,
        claimed_by="",
        response=sa.bindparam("words"),
        settled_at=_moment("at"),
        next_try_at=None,
    )
)

# Nothing was said to the server about these.
HAND_BACK = (
    sa.update(Delivery)
    .where(Delivery.issue_id == sa.bindparam("issue"), _MINE, Delivery.claimed_by != "")
    .values(
        state=sa.case((Delivery.state == State.SENDING, State.QUEUED), else_=Delivery.state),
        claimed_by="",
        next_try_at=_moment("at"),
    )
)

# An appointment with a server that does not take everything at once.
APPOINT = (
    sa.update(Delivery).where(_IS_THIS_ROW).values(claimed_by="", next_try_at=_moment("next_try"))
)
