"""Arranging a draft."""

from datetime import date

import pytest
from factories import item, resaclic
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.db import db, now
from crm.newsletter import arrange
from crm.newsletter.compose import compose
from crm.newsletter.content import Content, freeze


@pytest.fixture
def draft(app):
    """Three items in « Actualités de la région », the fourth section."""
    for number in range(3):
        item(title=f"{number}")
    issue = compose(resaclic(), date(2026, 3, 3))
    region = issue.sections[3]
    for section in issue.sections:
        for placement in list(section.placements):
            arrange.move(placement, region, len(region.placements))
    for index, title in enumerate("012"):
        arrange.move(_placement(issue, title), region, index)
    return issue


def _placement(issue, title):
    return next(p for p in issue.placements if p.title == title)


def order(issue, index=3):
    return [p.title for p in issue.sections[index].placements]


def test_one_step_down_then_up(draft):
    arrange.step(_placement(draft, "0"), 1)
    assert order(draft) == ["1", "0", "2"]
    arrange.step(_placement(draft, "0"), -1)
    assert order(draft) == ["0", "1", "2"]


def test_past_the_end_goes_to_the_section_beside(draft):
    arrange.step(_placement(draft, "2"), 1)
    assert (order(draft), order(draft, 4)) == (["0", "1"], ["2"])
    arrange.step(_placement(draft, "2"), -1)
    assert (order(draft), order(draft, 4)) == (["0", "1", "2"], [])
    arrange.step(_placement(draft, "0"), -1)
    assert (order(draft, 2), order(draft)) == (["0"], ["1", "2"])


def test_the_first_of_all_stays_when_it_goes_up(draft):
    arrange.move(_placement(draft, "1"), draft.sections[0], 0)
    arrange.step(_placement(draft, "1"), -1)
    assert order(draft, 0) == ["1"]


def test_leaving_closes_the_gap(draft):
    arrange.leave(_placement(draft, "1"))
    assert [(p.title, p.position) for p in draft.sections[3].placements] == [("0", 1), ("2", 2)]


def test_taking_twice_keeps_the_first_place(draft):
    new = item(title="3")
    placed = arrange.take(new, draft.sections[4])
    db.session.flush()
    assert arrange.take(new, draft.sections[5]) is placed
    assert (order(draft, 4), order(draft, 5)) == (["3"], [])


def test_a_section_of_another_issue_is_refused(draft):
    other = compose(resaclic(), date(2026, 4, 3))
    with pytest.raises(ValueError, match="another issue"):
        arrange.move(_placement(draft, "0"), other.sections[0], 0)


def test_a_decided_issue_no_longer_moves(draft):
    placement = _placement(draft, "0")
    freeze(draft, now())
    for gesture in (
        lambda: arrange.step(placement, 1),
        lambda: arrange.leave(placement),
        lambda: arrange.move(placement, draft.sections[0], 0),
        lambda: arrange.take(item(), draft.sections[0]),
    ):
        with pytest.raises(arrange.NotADraft):
            gesture()
    assert order(draft) == ["0", "1", "2"]


def test_what_is_frozen_says_the_same_for_ever(draft):
    placement = _placement(draft, "0")
    placement.reword("Zéro", "Autrement")
    said = Content.draw(draft)
    freeze(draft, now())
    placement.item.title, placement.own_title = "changé", None
    assert Content.of(draft) == said
    assert said.blocks[0].title == "Zéro"


def test_rewording_as_the_item_says_follows_the_item_again(draft):
    placement = _placement(draft, "0")
    placement.reword("Zéro", placement.item.summary)
    assert (placement.title, placement.own_summary) == ("Zéro", None)
    placement.reword("0", placement.item.summary)
    placement.item.title = "Nouveau"
    assert placement.title == "Nouveau"


moves = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["up", "down", "to"]), st.integers(0, 8),
              st.integers(0, 3)), max_size=12,
)  # fmt: skip


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves)
def test_no_sequence_of_moves_loses_or_doubles_anything(draft, moves):
    for which, gesture, section, index in moves:
        placement = _placement(draft, str(which))
        if gesture == "to":
            arrange.move(placement, draft.sections[section], index)
        else:
            arrange.step(placement, -1 if gesture == "up" else 1)
    assert sorted(p.title for p in draft.placements) == ["0", "1", "2"]
    for section in draft.sections:
        positions = [p.position for p in section.placements]
        assert positions == list(range(1, len(positions) + 1))
