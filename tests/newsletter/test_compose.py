"""Composing: what is new, what is over, who goes where."""

from datetime import UTC, date, datetime, timedelta

import pytest
from factories import item, resaclic, save
from hypothesis import given
from hypothesis import strategies as st

from crm.db import db
from crm.newsletter.compose import candidates, compose, count_new, fits, share_out, subject_of
from crm.newsletter.content import freeze
from crm.newsletter.issues import Issue, Layout, Order, Section
from crm.newsletter.items import Item, Kind

DAY = date(2026, 3, 3)
NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def news(days_ago=1, **values):
    at = NOON - timedelta(days=days_ago)
    return item(**{"published_at": at, "seen_at": at} | values)


def placed(issue):
    return {s.title: [p.item.title for p in s.placements] for s in issue.sections if s.placements}


def sent(issue, at=NOON):
    freeze(issue, at)
    issue.scheduled_at = issue.started_at = issue.sent_at = at


def test_an_issue_is_filled_by_the_recipe(app):
    news(1, title="Plus récente"), news(2, title="Avec image", picture_id=None)
    news(3, title="Mairie", tags=["Collectivités"])
    news(4, title="Chez nous", tags=["Réseau"])
    news(kind=Kind.FUNDING, title="Eau", ends_on=DAY + timedelta(days=40))
    news(kind=Kind.FUNDING, title="Forêt", ends_on=DAY + timedelta(days=20))
    news(kind=Kind.EVENT, title="Forum", starts_on=DAY, ends_on=DAY)
    issue = compose(resaclic(), DAY, at=NOON)
    assert placed(issue) == {
        "À la une": ["Plus récente"],
        "Du côté du réseau": ["Chez nous"],
        "Du côté des collectivités": ["Mairie"],
        "Actualités de la région": ["Avec image"],
        "Financements": ["Forêt", "Eau"],
        "Agenda": ["Forum"],
    }
    assert (issue.number, issue.title) == (1, "RESA’CLIC n°\u00a01")
    assert issue.subject == "RESA’CLIC n°\u00a01 – Plus récente"


def test_nothing_over_or_closed_by_the_sending_day(app):
    for days in (-1, 0, 1):
        ends = DAY + timedelta(days=days)
        news(kind=Kind.EVENT, title=f"Événement {days}", ends_on=ends)
        news(kind=Kind.JOB, title=f"Offre {days}", ends_on=ends)
        news(kind=Kind.FUNDING, title=f"Appel {days}", ends_on=ends)
    news(kind=Kind.FUNDING, title="Appel 3", ends_on=DAY + timedelta(days=3))
    assert placed(compose(resaclic(), DAY, at=NOON)) == {
        "Agenda": ["Événement 0", "Événement 1"],
        "Offres d’emploi": ["Offre 1"],
        "Financements": ["Appel 3"],
    }


def test_nothing_already_sent_comes_back_whatever_the_site_does(app):
    first = news(2, title="Ancienne")
    sent(compose(resaclic(), DAY, at=NOON))
    first.title, first.published_at = "Ancienne, remise en avant", NOON + timedelta(days=20)
    item(
        title="Nouvelle", published_at=NOON + timedelta(days=21), seen_at=NOON + timedelta(days=21)
    )
    following = compose(resaclic(), DAY + timedelta(days=30), at=NOON + timedelta(days=30))
    assert following.number == 2
    assert placed(following) == {"À la une": ["Nouvelle"]}


def test_what_came_between_composing_and_sending_is_in_the_next(app):
    sent(compose(resaclic(), DAY, at=NOON), at=NOON + timedelta(days=5))
    news(
        title="Entre-temps", published_at=NOON + timedelta(days=2), seen_at=NOON + timedelta(days=2)
    )
    issue = compose(resaclic(), DAY + timedelta(days=30), at=NOON + timedelta(days=30))
    assert placed(issue) == {"À la une": ["Entre-temps"]}


def test_an_item_sent_in_one_letter_may_go_in_the_other(app):
    from crm.newsletter.issues import Publication

    news(title="Partagée")
    sent(compose(resaclic(), DAY, at=NOON))
    assert placed(compose(Publication.named("lettre"), DAY, at=NOON)) == {"Dossier": ["Partagée"]}


def test_what_is_in_an_unsent_draft_is_not_proposed_twice(app):
    news(title="Déjà prise")
    draft = compose(resaclic(), DAY, at=NOON)
    assert placed(compose(resaclic(), DAY, at=NOON)) == {}
    db.session.delete(draft)
    db.session.flush()
    assert placed(compose(resaclic(), DAY, at=NOON)) == {"À la une": ["Déjà prise"]}


def test_beyond_the_quota_waits_at_the_desk(app):
    for number in range(10):
        news(number, title=f"Actualité {number}")
    issue = compose(resaclic(), DAY, at=NOON)
    assert sum(len(titles) for titles in placed(issue).values()) == 7
    assert [left.title for left in candidates(issue)] == [f"Actualité {n}" for n in (7, 8, 9)]


def test_the_count_of_new_things_is_what_would_be_chosen_from(app):
    news(title="A")
    news(title="B", kind=Kind.JOB)
    news(title="Close", kind=Kind.JOB, ends_on=date(2020, 1, 1))
    assert count_new(resaclic()) == 0  # nothing recent seen from today
    item(title="C")
    assert count_new(resaclic()) == 1


def test_composing_an_empty_network_gives_an_empty_issue(app):
    issue = compose(resaclic(), DAY, at=NOON)
    assert placed(issue) == {}
    assert len(issue.sections) == 9
    assert subject_of(issue) == "RESA’CLIC n°\u00a01"


def test_a_very_long_title_makes_a_short_subject(app):
    news(title="Un très long titre " * 15)
    subject = compose(resaclic(), DAY, at=NOON).subject
    assert len(subject) <= 90
    assert subject.endswith("…")


sections = st.builds(
    Section,
    kinds=st.lists(st.sampled_from([kind.value for kind in Kind]), min_size=1, unique=True),
    tags=st.lists(st.sampled_from(["réseau", "collectivités"]), max_size=1),
    quota=st.none() | st.integers(1, 3),
    order=st.sampled_from(Order),
    layout=st.sampled_from(Layout),
    lead_days=st.integers(0, 5),
)
items = st.builds(
    Item,
    kind=st.sampled_from(Kind),
    tags=st.lists(st.sampled_from(["Réseau", "COLLECTIVITES", "autre"]), max_size=2),
    ends_on=st.none() | st.dates(DAY - timedelta(days=3), DAY + timedelta(days=8)),
    starts_on=st.none(),
    picture_id=st.none() | st.just(1),
)


@given(st.lists(items, max_size=12), st.lists(sections, max_size=6))
def test_sharing_out_keeps_its_promises(things, places):
    shared = share_out(things, places, DAY)
    assert [section for section, _ in shared] == places
    given_out = [thing for _, chosen in shared for thing in chosen]
    assert len({id(thing) for thing in given_out}) == len(given_out)
    for section, chosen in shared:
        assert section.quota is None or len(chosen) <= section.quota
        assert all(fits(thing, section, DAY) for thing in chosen)
    left = [thing for thing in things if id(thing) not in set(map(id, given_out))]
    for section, chosen in shared:
        has_room = section.quota is None or len(chosen) < section.quota
        assert not has_room or not any(fits(thing, section, DAY) for thing in left)


def test_two_numbers_of_a_publication_never_share_a_number(app):
    compose(resaclic(), DAY, at=NOON)
    with pytest.raises(Exception, match=r"(?i)unique"):
        save(Issue(publication=resaclic(), number=1, planned_on=DAY))
    db.session.rollback()
