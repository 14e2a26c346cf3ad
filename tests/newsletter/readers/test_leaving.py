"""Leaving takes effect within a second, for a number that is leaving too."""

import asyncio
import time

import sqlalchemy as sa
from aiosmtpd.controller import Controller
from sending import deliver, ready, states
from services import free_port

from crm.db import db, now
from crm.newsletter.subscriptions import Subscription

PEOPLE = [f"abonne{number:02}@example.org" for number in range(16)]


class Slow:
    """A server that takes a third of a second a message; the first one makes people leave."""

    def __init__(self, leave) -> None:
        self.leave, self.left_at, self.received = leave, 0.0, {}

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.received[envelope.rcpt_tos[0]] = time.monotonic()
        if not self.left_at:
            await asyncio.get_running_loop().run_in_executor(None, self.leave)
            self.left_at = time.monotonic()
        await asyncio.sleep(0.33)
        return "250 2.0.0 pris"


def test_who_leaves_while_a_slow_number_is_leaving_receives_nothing_a_second_later(app, setting):
    engine = db.engine

    def leave() -> None:
        """Everybody but two leaves at once, from elsewhere."""
        with engine.begin() as connection:
            connection.execute(
                sa.update(Subscription)
                .where(Subscription.email.not_in(PEOPLE[-2:]))
                .values(left_at=now())
            )

    slow = Slow(leave)
    controller = Controller(slow, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        setting(smtp_url=f"smtp://127.0.0.1:{controller.port}")
        ready(*PEOPLE)
        deliver()
    finally:
        controller.stop()
    late = {
        address: moment - slow.left_at
        for address, moment in slow.received.items()
        if address not in PEOPLE[-2:] and moment > slow.left_at + 1
    }
    assert late == {}
    assert set(PEOPLE[-2:]) <= set(slow.received), "who stayed receives it"
    found = states()
    assert {found[address] for address in PEOPLE if address in slow.received} == {"sent"}
    assert {found[address] for address in PEOPLE if address not in slow.received} == {"suppressed"}
    assert len(slow.received) < len(PEOPLE)
