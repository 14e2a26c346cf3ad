"""The demonstration network: its volumes, always the same, and written in good French."""

import re
from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa
from factories import awa

from crm import seed
from crm.contacts.details import Detail, DetailKind
from crm.contacts.journal import Entry, EntryKind
from crm.contacts.organisations import Organisation, OrganisationLink, OtherName
from crm.contacts.people import Person, Role
from crm.db import Base, db, now
from crm.events.events import Event
from crm.identity import Identity
from crm.newsletter.compose import compose
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.issues import Issue, Publication
from crm.newsletter.items import Feed, Item, Picture
from crm.newsletter.placements import Placement
from crm.newsletter.subscriptions import Consent, Subscription
from crm.seed.network import SIZES
from crm.users import User

# A typewriter's apostrophe; a space that breaks, or none, where French wants a no-break one.
FAULT = re.compile(r"\w'|[ ][:;?!»]|« |\w[;?!]|\w:\s|[{}]")
FICTIONAL = re.compile(r"[a-z0-9.-]+@([a-z0-9-]+\.)*example\.org")


@pytest.fixture
def mini(app):
    seed.fill("mini")
    db.session.expire_all()


def count(*models):
    return [db.session.scalar(sa.select(sa.func.count(model.id))) for model in models]


def texts():
    """Every text a reader may meet."""
    columns = [
        Identity.name, Identity.tagline, Organisation.name, Organisation.description,
        Organisation.competences, Organisation.street, Organisation.postal_address, OtherName.name,
        Role.title, Entry.text, Event.title, Event.text,
        Item.title, Item.summary, Item.picture_alt, Item.organisation,
        Issue.subject, Issue.preheader, Issue.editorial, Consent.wording, Consent.source,
        Subscription.suppressed, Feed.title,
    ]  # fmt: skip
    return [text for column in columns for text in db.session.scalars(sa.select(column))]


def receivers(publication):
    query = Subscription.recipients(publication)
    return db.session.scalar(sa.select(sa.func.count()).select_from(query.subquery()))


def check_sound(size):
    """What must hold at any size."""
    size = SIZES[size]
    assert count(Organisation, Person) == [size.organisations, size.people]
    by_hand = sa.select(sa.func.count(Entry.id)).where(Entry.kind != EntryKind.EVENT)
    assert db.session.scalar(by_hand) == size.entries
    assert count(Picture, Feed, Event) == [size.pictures, 4, size.events]
    kinds = Counter(db.session.scalars(sa.select(Item.kind)))
    assert kinds == size.items
    titles = db.session.scalars(sa.select(Item.title)).all()
    assert sorted(set(titles)) == sorted(titles)
    resaclic, lettre = Publication.find("resaclic"), Publication.find("lettre")
    assert [receivers(resaclic), receivers(lettre)] == [size.subscribers, size.readers]
    assert [len(resaclic.issues), len(lettre.issues)] == [size.issues, size.letters]
    check_mails()
    check_no_orphan()


def check_mails():
    mails = [
        *db.session.scalars(sa.select(Detail.value).where(Detail.kind == DetailKind.EMAIL)),
        *db.session.scalars(sa.select(Subscription.email)),
        *db.session.scalars(sa.select(User.email)),
        Identity.current().email,
    ]
    assert [mail for mail in mails if not FICTIONAL.fullmatch(mail)] == []
    people = sa.select(Detail.value).where(
        Detail.kind == DetailKind.EMAIL, Detail.person_id.is_not(None)
    )
    assert max(Counter(db.session.scalars(people)).values()) == 1


def check_no_orphan():
    db.session.execute(sa.text("ANALYZE"))  # so many rows at once: what joins them has to know
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            other = key.column.table.alias()
            missing = (
                sa.select(sa.func.count())
                .select_from(table.outerjoin(other, key.parent == other.c[key.column.name]))
                .where(key.parent.is_not(None), other.c[key.column.name].is_(None))
            )
            assert (key.parent, db.session.scalar(missing)) == (key.parent, 0)


def test_mini_has_what_it_says_and_holds_together(mini):
    check_sound("mini")


# The same rows on both, as the small network shows: the large one is made once.
@pytest.mark.parametrize("application", ["sqlite"], indirect=True)
def test_a_whole_network_has_its_volumes_and_holds_together(app):
    seed.fill("reseau")
    check_sound("reseau")
    assert count(Organisation, Person, OrganisationLink)[:2] == [3000, 10_000]
    assert (
        db.session.scalar(
            sa.select(sa.func.count()).where(Organisation.on_board_since.is_not(None))
        )
        == 28
    )
    assert (
        db.session.scalar(sa.select(sa.func.count()).where(Organisation.relay_territory != "")) == 7
    )
    assert [text for text in texts() if FAULT.search(text)] == []


def test_what_is_added_afterwards_has_a_number_of_its_own(mini):
    last = db.session.scalar(sa.select(sa.func.max(Organisation.id)))
    db.session.add(Organisation(name="Arrivée ensuite"))
    db.session.flush()
    assert db.session.scalar(sa.select(sa.func.max(Organisation.id))) == last + 1


CONTACTS = (Organisation.name, Person.last_name, Subscription.email, Entry.text)


# Some stories are told in their season only: items are the same from one try to the next.
@pytest.mark.parametrize(("days", "columns"), [(0, (*CONTACTS, Item.title)), (45, CONTACTS)])
def test_two_demonstrations_are_the_same(mini, days, columns):
    first = [_all(column) for column in columns]
    for table in reversed(Base.metadata.sorted_tables):
        if table.name not in ("terms", "publications", "recipe_sections"):
            db.session.execute(table.delete())
    db.session.expunge_all()
    seed.fill("mini", at=now() + timedelta(days=days))
    assert [_all(column) for column in columns] == first


def _all(column):
    return db.session.scalars(sa.select(column).order_by(column)).all()


def test_it_reads_as_french(mini):
    assert [text for text in texts() if FAULT.search(text)] == []


def test_nobody_receives_without_a_confirmed_consent(mini):
    proven = sa.select(Consent.subscription_id).where(Consent.confirmed_at.is_not(None))
    written_to = sa.select(Delivery.subscription_id)
    unproven = sa.select(Subscription.id).where(
        Subscription.id.in_(written_to), Subscription.id.not_in(proven)
    )
    assert db.session.scalars(unproven).all() == []
    assert len(db.session.scalars(written_to).all()) > SIZES["mini"].subscribers / 2


def test_the_next_number_finds_what_was_published_since_the_last(mini):
    last = Publication.find("resaclic").last_sent()
    assert now() - timedelta(days=32) < last.sent_at < now() - timedelta(days=24)
    issue = compose(Publication.find("resaclic"), now().date())
    new = {placement.item.title for placement in issue.placements}
    assert len(new) >= 8
    old = db.session.scalars(
        sa.select(Placement).join(Placement.section).where(Placement.section.has(issue_id=last.id))
    )
    assert new.isdisjoint(placement.item.title for placement in old)


def test_past_numbers_are_frozen_sent_and_in_order(mini):
    issues = Publication.find("resaclic").issues
    assert [issue.number for issue in issues] == [107, 108]
    for issue in issues:
        assert issue.composed_at < issue.frozen_at < issue.started_at < issue.sent_at
        assert issue.content["subject"] == issue.subject
        assert [item.seen_at < issue.composed_at for item in _items(issue)] == [True] * len(
            issue.placements
        )


def _items(issue):
    return [placement.item for placement in issue.placements]


def test_the_ledger_says_what_became_of_each_message(mini):
    states = Delivery.counts(Publication.find("resaclic").last_sent())
    assert states[State.SENT] > SIZES["mini"].subscribers * 0.6
    assert sum(states.values()) > states[State.SENT]
    assert [states[state] for state in (State.QUEUED, State.SENDING, State.DEFERRED)] == [0, 0, 0]


def test_feeds_wait_because_their_site_is_fictional(mini):
    assert db.session.scalars(Feed.active()).all() == []
    assert {feed.error for feed in db.session.scalars(Feed.all())} == {""}


def test_logins_are_told_while_they_work(mini):
    lines = seed.logins()
    assert [line.split()[0] for line in lines[1:]] == [
        "awa@example.org", "benoit@example.org", "nadia@example.org", "luc@example.org",
    ]  # fmt: skip
    User.find("luc@example.org").disabled_at = now()
    User.find("awa@example.org").set_password("un autre mot de passe")
    db.session.flush()
    assert [line.split()[0] for line in seed.logins()[1:]] == [
        "benoit@example.org",
        "nadia@example.org",
    ]


def test_a_real_network_is_told_no_login(app):
    assert seed.logins() == []
    awa()  # the same address, a password of her own
    assert seed.logins() == []


def test_an_account_alone_leaves_the_database_empty_but_not_untouched(app):
    assert [seed.is_empty(), seed.is_untouched()] == [True, True]
    user = awa()
    assert [seed.is_empty(), seed.is_untouched()] == [True, False]
    seed.fill("mini")
    assert [seed.is_empty(), seed.is_untouched()] == [False, False]
    assert count(User) == [4]
    assert User.find(user.email) is user


def test_the_command_fills_an_empty_database_once(app):
    runner = app.test_cli_runner()
    from crm.cli import crm

    first = runner.invoke(crm, ["seed", "--size", "mini"])
    assert first.exit_code == 0
    assert first.output.splitlines()[-4:] == seed.logins()[1:]
    again = runner.invoke(crm, ["seed", "--size", "mini"])
    assert again.exit_code == 1
    assert "rien n’a été ajouté" in again.output
