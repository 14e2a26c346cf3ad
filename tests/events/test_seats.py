"""Places: the last one is never sold twice, and the waiting list keeps its order."""

import contextvars
import threading
from collections import Counter
from datetime import timedelta

import gatherings
import pytest
import sqlalchemy as sa

from crm.db import begin_writing, db, now
from crm.events import offers, plan, register
from crm.events.events import Event
from crm.events.kinds import Owed, State
from crm.events.registrations import Registration

PEOPLE, PLACES, TOGETHER = 1000, 50, 12


def person(number):
    return {"first_name": "Chloé", "last_name": f"Martin {number}",
            "email": f"chloe{number}@example.org"}  # fmt: skip


def states(event):
    found = sa.select(Registration.state, sa.func.count()).where(Registration.event_id == event.id)
    return dict(db.session.execute(found.group_by(Registration.state)).all())


def test_a_thousand_people_at_once_share_fifty_places(app):
    """Each in a transaction of its own, a dozen at any moment: exactly fifty have a place, the
    others wait, each with a rank of their own; nobody is forgotten, nobody counted twice."""
    event_id = gatherings.event(capacity=PLACES).id
    db.session.commit()
    numbers, faults = iter(range(PEOPLE)), []
    lock, start = threading.Lock(), threading.Barrier(TOGETHER)

    def one_after_the_other():
        start.wait(timeout=60)
        while (number := _next(numbers, lock)) is not None:
            with app.app_context():
                begin_writing()
                try:
                    register.register(db.session.get_one(Event, event_id), person(number))
                    db.session.commit()
                except Exception as fault:
                    faults.append(fault)
                    db.session.rollback()
                finally:
                    db.session.remove()

    crowd = [
        threading.Thread(target=contextvars.Context().run, args=(one_after_the_other,))
        for _ in range(TOGETHER)
    ]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join(timeout=120)
    event = db.session.get_one(Event, event_id)
    assert faults == []
    assert states(event) == {State.CONFIRMED: PLACES, State.WAITING: PEOPLE - PLACES}
    assert (event.taken, event.waiting) == (PLACES, PEOPLE - PLACES)
    waiting = sa.select(Registration.rank).where(Registration.state == State.WAITING)
    ranks = list(db.session.scalars(waiting.order_by(Registration.rank)))
    assert ranks == list(range(1, PEOPLE - PLACES + 1))


def _next(numbers, lock):
    with lock:
        return next(numbers, None)


@pytest.fixture
def full(app):
    """Two places, both taken; three people wait."""
    event = gatherings.event(capacity=2)
    everyone = [register.register(event, person(number)).registration for number in range(5)]
    db.session.flush()
    return event, everyone


def test_a_place_that_is_freed_is_offered_to_the_first_who_waits(full):
    event, everyone = full
    assert register.give_up(everyone[0])
    assert [one.state for one in everyone] == [
        State.CANCELLED, State.CONFIRMED, State.OFFERED, State.WAITING, State.WAITING
    ]  # fmt: skip
    assert everyone[2].offer_ends_at - now() > timedelta(hours=47)
    assert (event.taken, event.waiting) == (2, 2)
    assert {one.owed for one in everyone[:3]} == {Owed.STATE}


def test_giving_up_twice_frees_one_place(full):
    _, everyone = full
    register.give_up(everyone[0])
    assert not register.give_up(everyone[0])
    assert Counter(one.state for one in everyone)[State.OFFERED] == 1


def test_an_offer_is_accepted_once(full):
    event, everyone = full
    register.give_up(everyone[0])
    assert offers.accept(everyone[2])
    assert offers.accept(everyone[2])
    assert everyone[2].state is State.CONFIRMED
    assert (event.taken, event.waiting) == (2, 2)


def test_an_offer_that_was_not_accepted_in_time_goes_to_the_next(full):
    event, everyone = full
    register.give_up(everyone[0])
    everyone[2].offer_ends_at = now() - timedelta(minutes=1)
    db.session.flush()
    assert not offers.accept(everyone[2])
    db.session.commit()
    offers.expire_offers()
    assert [one.state for one in everyone[2:]] == [State.CANCELLED, State.OFFERED, State.WAITING]
    assert (event.taken, event.waiting) == (2, 1)


def test_a_newcomer_never_passes_those_who_wait(full):
    event, _ = full
    event.capacity = 10  # nobody has been offered the new places yet
    db.session.flush()
    late = register.register(event, person(9)).registration
    assert late.state is State.OFFERED  # in turn, after the three who were there
    assert (event.taken, event.waiting) == (6, 0)


def test_more_places_are_offered_to_those_who_wait(full):
    event, everyone = full
    plan.amend(event, {"capacity": 4}, gatherings.same_days(event))
    assert [one.state for one in everyone[2:]] == [State.OFFERED, State.OFFERED, State.WAITING]


def test_people_who_come_together_have_their_places_together(app):
    event = gatherings.event(capacity=4)
    first = register.register(event, person(1)).registration
    friends = [{"first_name": "Ali"}, {"first_name": "Zoé"}]
    party = register.register(event, person(2), friends).registration
    others = register.register(event, person(3), friends).registration
    assert [one.state for one in (first, party, others)] == [
        State.CONFIRMED, State.CONFIRMED, State.WAITING
    ]  # fmt: skip
    assert (event.taken, event.waiting) == (4, 3)
    register.give_up(first)
    assert others.state is State.WAITING  # one place is not enough for three
    alone = register.register(event, person(4)).registration
    assert alone.state is State.OFFERED
    register.give_up(party)
    assert others.state is State.OFFERED
    assert offers.accept(others)
    assert (event.taken, event.waiting) == (4, 0)


def test_nobody_is_offered_a_place_in_the_last_hours(app):
    begins = now() + timedelta(hours=1)
    event = gatherings.happening(begins, capacity=1)
    first = register.register(event, person(1)).registration
    second = register.register(event, person(2)).registration
    register.give_up(first)
    assert second.state is State.WAITING
    register.confirm(second)
    assert (second.state, event.taken, event.waiting) == (State.CONFIRMED, 1, 0)


def test_an_offer_ends_before_the_event_begins(app):
    begins = now() + timedelta(hours=8)
    event = gatherings.happening(begins)
    assert offers.deadline(event) == event.held[0].starts_at - timedelta(hours=1)


def test_the_team_may_add_a_place(full):
    event, everyone = full
    register.confirm(everyone[3])
    assert (everyone[3].state, event.taken, event.waiting) == (State.CONFIRMED, 3, 2)


def test_an_address_registers_once(full):
    event, everyone = full
    again = register.register(event, person(0))
    assert (again.registration, again.is_again) == (everyone[0], True)
    assert (event.taken, event.waiting) == (2, 3)


def test_who_left_may_come_back_in_turn(full):
    event, everyone = full
    register.give_up(everyone[0])
    back = register.register(event, person(0))
    assert (back.registration, back.is_again) == (everyone[0], False)
    assert (back.registration.state, back.registration.rank) == (State.WAITING, 4)


def test_what_looks_like_a_robot_holds_no_place(app):
    event = gatherings.event(capacity=1)
    doubtful = register.register(event, person(1), suspicion=["un lien"]).registration
    assert (doubtful.state, event.taken, doubtful.owed) == (State.SUSPECT, 0, None)
    person_ = register.register(event, person(1)).registration
    assert (person_, person_.state, person_.suspicion) == (doubtful, State.CONFIRMED, "")
