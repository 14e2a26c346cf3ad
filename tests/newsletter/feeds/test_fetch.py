"""Feeds become items, never twice, whatever the site does."""

import ipaddress
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from factories import feed, in_days, item
from feed_server import jsonfeed, picture, rss, serving

from crm import jobs
from crm.db import db, now
from crm.newsletter.feeds import fetch as fetching
from crm.newsletter.feeds.fetch import Arrival, fetch, fetch_all, fetch_each, fetch_one
from crm.newsletter.feeds.syndication import CUT
from crm.newsletter.items import Feed, Item, Kind

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
PAGE = "https://site.example.org/actualites/"


@pytest.fixture
def site():
    with serving() as server:
        yield server


@pytest.fixture
def source(app, setting, site):
    """A feed of news of that site, which fetches may reach."""
    setting(feed_allow=LOOPBACK)
    one = feed(site.at("/flux"))
    db.session.commit()
    return one


def read(source: Feed, at: datetime | None = None) -> Arrival:
    arrival = fetch(source.id, allow=LOOPBACK, at=at)
    db.session.expire_all()
    return arrival


def items() -> list[Item]:
    return list(db.session.scalars(sa.select(Item).order_by(Item.id)))


def titles() -> list[str]:
    return sorted(one.title for one in items())


def post(number, title=None, **values):
    return {"id": f"n-{number}", "title": title or f"Titre {number}",
            "url": f"{PAGE}un-titre-{number}", "summary": "Du texte."} | values  # fmt: skip


def test_what_is_published_becomes_items(source, site):
    site.give("/flux", jsonfeed(post(1, tags=["Eau"], date_published="2026-03-02T08:00:00Z")))
    assert read(source) == Arrival(source.name, new=1)
    (one,) = items()
    assert (one.kind, one.title, one.summary, one.tags, one.feed, one.guid) == (
        Kind.NEWS, "Titre 1", "Du texte.", ["Eau"], source, "n-1")  # fmt: skip
    assert (one.url, one.canonical_url) == (
        PAGE + "un-titre-1", "site.example.org/actualites/un-titre-1")  # fmt: skip
    assert one.published_at == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert (source.error, source.succeeded_at) == ("", source.tried_at)


def test_nothing_is_made_twice(source, site):
    site.give("/flux", jsonfeed(post(1), post(2)))
    read(source)
    assert read(source) == Arrival(source.name)
    assert titles() == ["Titre 1", "Titre 2"]


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Un tout autre titre"},
        {"url": PAGE + "un-titre-1?utm_source=lettre&v=3"},
        {"url": "http://www.site.example.org/actualites/un-titre-1/#haut"},
        {"id": "autre-identifiant"},
        {"id": "autre-identifiant", "title": "Autre", "url": PAGE + "un-titre-1/?xtor=RSS-1"},
        {"url": "https://nouveau.example.org/une-autre-adresse"},
    ],
)
def test_a_page_that_changes_stays_one_item(source, site, change):
    site.give("/flux", jsonfeed(post(1), post(2)))
    read(source)
    before = items()[0].id
    site.give("/flux", jsonfeed(post(1) | change, post(2)))
    assert read(source).new == 0
    assert len(items()) == 2
    one = db.session.get(Item, before)
    said = post(1) | change
    assert (one.title, one.url, one.guid) == (said["title"], said["url"], said["id"])


def test_what_was_edited_by_hand_stays(source, site):
    site.give("/flux", jsonfeed(post(1)))
    read(source)
    items()[0].edit(title="Mon titre", ends_on=date(2027, 1, 1))
    db.session.commit()
    site.give("/flux", jsonfeed(post(1, "Nouveau titre", summary="Nouveau texte.")))
    assert read(source) == Arrival(source.name, changed=1)
    (one,) = items()
    assert (one.title, one.summary, one.ends_on) == (
        "Mon titre", "Nouveau texte.", date(2027, 1, 1))  # fmt: skip


def test_an_address_edited_by_hand_stays(source, site):
    site.give("/flux", jsonfeed(post(1)))
    read(source)
    items()[0].edit(url="https://ailleurs.example.org/ma-page")
    db.session.commit()
    site.give("/flux", jsonfeed(post(1, "Autre")))
    read(source)
    assert items()[0].url == "https://ailleurs.example.org/ma-page"
    assert len(items()) == 1


def test_an_item_goes_to_one_entry_only(source, site):
    same = PAGE + "rencontre-mensuelle"
    site.give("/flux", jsonfeed(post(1, url=same), post(2, url=same)))
    read(source)
    assert titles() == ["Titre 1", "Titre 2"]
    site.give("/flux", jsonfeed(post(3, url=same), post(4, url=same), post(5, url=same)))
    assert read(source) == Arrival(source.name, new=1, changed=2)
    assert titles() == ["Titre 3", "Titre 4", "Titre 5"]


def test_an_item_whose_identifier_is_there_is_not_given_to_another(source, site):
    site.give("/flux", jsonfeed(post(1)))
    read(source)
    site.give("/flux", jsonfeed(post(2, url=post(1)["url"]), post(1)))
    assert read(source).new == 1
    assert [(one.guid, one.title) for one in items()] == [("n-1", "Titre 1"), ("n-2", "Titre 2")]


def test_home_pages_tell_nothing_apart(source, site):
    home = "https://site.example.org/"
    site.give("/flux", jsonfeed(post(1, url=home)))
    read(source)
    site.give("/flux", jsonfeed(post(2, url=home)))
    read(source)
    assert titles() == ["Titre 1", "Titre 2"]


def test_two_feeds_that_relay_one_page_make_one_item(source, site):
    other = feed(site.give("/autre", jsonfeed(post("autre", "Relayé", url=post(1)["url"]))))
    site.give("/flux", jsonfeed(post(1)))
    read(source)
    assert read(other) == Arrival(other.name)
    (one,) = items()
    assert (one.feed, one.guid, one.title) == (source, "n-1", "Titre 1")


def test_an_item_typed_by_hand_is_neither_doubled_nor_taken(source, site):
    item(title="À la main", url=post(1)["url"],
         canonical_url="site.example.org/actualites/un-titre-1")  # fmt: skip
    db.session.commit()
    site.give("/flux", jsonfeed(post(1)))
    assert read(source) == Arrival(source.name)
    assert [(one.title, one.feed) for one in items()] == [("À la main", None)]


def test_the_items_of_a_feed_that_is_gone_are_taken_up_again(source, site):
    site.give("/flux", jsonfeed(post(1)))
    read(source)
    db.session.delete(source)
    db.session.flush()
    again = feed(site.at("/flux"))
    db.session.commit()
    assert read(again).new == 0
    assert [one.feed for one in items()] == [again]


def test_what_a_new_feed_already_held_is_not_new(source, site):
    old, at = now() - timedelta(days=90), now()
    site.give("/flux", jsonfeed(post(1, date_published=old.isoformat()), post(2)))
    read(source, at)
    assert [one.seen_at for one in items()] == [old, at]
    later = at + timedelta(hours=1)
    site.give("/flux", jsonfeed(post(3, date_published=old.isoformat())))
    read(source, later)
    assert items()[-1].seen_at == later


def test_a_day_to_come_is_not_a_publishing_day(source, site):
    site.give("/flux", jsonfeed(post(1, date_published=(now() + timedelta(days=9)).isoformat())))
    read(source)
    assert items()[0].published_at is None


def test_the_end_is_found_in_the_words(source, site):
    source.kind = Kind.FUNDING
    db.session.commit()
    site.give("/flux", jsonfeed(post(1, content_text="Date limite\u00a0: 15 mars",
                                     date_published="2026-02-20T08:00:00Z")))  # fmt: skip
    read(source)
    assert items()[0].ends_on == date(2026, 3, 15)


def test_the_year_of_an_undated_entry_does_not_move_with_time(source, site):
    source.kind = Kind.FUNDING
    db.session.commit()
    site.give("/flux", jsonfeed(post(1, content_text="Date limite\u00a0: 15 mars")))
    at = datetime(2026, 2, 20, tzinfo=UTC)
    read(source, at)
    read(source, at + timedelta(days=200))
    assert items()[0].ends_on == date(2026, 3, 15)


def test_only_what_changed_is_asked_for(source, site):
    site.give_conditional("/flux", jsonfeed(post(1)), modified="Mon, 02 Mar 2026 08:00:00 GMT")
    read(source)
    later = now() + timedelta(hours=1)
    assert read(source, later) == Arrival(source.name)
    asked = site.asked("/flux")[-1]
    assert (asked["If-None-Match"], asked["If-Modified-Since"]) == (
        '"v1"', "Mon, 02 Mar 2026 08:00:00 GMT")  # fmt: skip
    assert (source.succeeded_at, source.tried_at, source.error) == (later, later, "")
    assert titles() == ["Titre 1"]


TROUBLES = {
    "down": "Le site est en panne (erreur 503).",
    "html": "Cette adresse mène à une page web, pas à un flux.",
    "loop": "Trop de redirections\u00a0: le site renvoie sans fin d’une adresse à l’autre.",
    "private": "L’adresse mène à un réseau privé\u00a0: elle n’est pas suivie.",
    "heavy": "La page est trop lourde (plus de 5 Mo).",
    "reset": "Le site ne répond pas.",
    "cut": "Le flux est coupé avant son premier contenu complet.",
}


def misbehave(site, trouble):
    {
        "down": lambda: site.give("/flux", status=503),
        "html": lambda: site.give("/flux", "<!doctype html><title>Accueil</title>"),
        "loop": lambda: site.redirect("/flux", "/flux"),
        "private": lambda: site.redirect("/flux", "http://192.168.1.1/flux"),
        "heavy": lambda: site.endless("/flux", 50_000_000),
        "reset": lambda: site.reset("/flux"),
        "cut": lambda: site.give("/flux", "<rss><channel><item><title>Un"),
    }[trouble]()


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_feed_in_trouble_says_so_and_loses_nothing(source, site, trouble):
    site.give("/flux", jsonfeed(post(1)), ETag='"1"')
    worked = now() - timedelta(hours=1)
    read(source, worked)
    misbehave(site, trouble)
    tried = now()
    assert read(source, tried) == Arrival(source.name, error=TROUBLES[trouble])
    assert (source.error, source.succeeded_at, source.tried_at) == (
        TROUBLES[trouble], worked, tried)  # fmt: skip
    assert titles() == ["Titre 1"]
    site.give("/flux", jsonfeed(post(1), post(2)))
    assert read(source).new == 1
    assert source.error == ""


def test_a_cut_feed_gives_what_is_whole_and_is_asked_again(source, site):
    whole = rss(*({"title": f"Titre {n}", "link": f"/{n}"} for n in range(3)))
    site.give("/flux", whole[: whole.rindex("<link>")], ETag='"1"')
    arrival = read(source)
    assert (arrival.new, arrival.error) == (2, CUT)
    assert (source.error, source.succeeded_at, source.etag) == (arrival.error, None, "")


def test_the_other_feeds_are_fetched_whatever_happens(app, setting, site, monkeypatch):
    setting(feed_allow=LOOPBACK)
    for number, trouble in enumerate(["down", "html", "reset"]):
        misbehave(site, trouble)
        site.answers[f"/{trouble}"] = site.answers["/flux"]
        feed(site.at(f"/{trouble}"))
        feed(site.give(f"/bon-{number}", jsonfeed(post(number))))
    paused = feed(site.at("/pause"))
    paused.paused_at = now()
    db.session.commit()
    fetch_all()
    assert titles() == ["Titre 0", "Titre 1", "Titre 2"]
    assert len(db.session.scalars(Feed.in_trouble()).all()) == 3
    assert site.asked("/pause") == []


def test_even_a_fault_of_ours_stops_only_one_feed(source, site, monkeypatch):
    good = feed(site.give("/bon", jsonfeed(post(1))))
    site.give("/flux", "x")
    db.session.commit()
    usual = fetching.read

    def faulty(content, *arguments):
        if content == b"x":
            raise ZeroDivisionError
        return usual(content, *arguments)

    monkeypatch.setattr(fetching, "read", faulty)
    arrivals = list(fetch_each(allow=LOOPBACK))
    assert arrivals == [Arrival(source.name, error=fetching.UNEXPECTED), Arrival(good.name, new=1)]
    assert source.error == fetching.UNEXPECTED


def test_two_fetches_at_the_same_time_make_nothing_twice(app, source, site):
    other = feed(site.at("/autre"))
    db.session.commit()
    together = threading.Barrier(4, timeout=20)
    body = jsonfeed(*(post(n) for n in range(30)))

    def answer(handler):
        together.wait()
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(body.encode())

    site.answers["/flux"] = site.answers["/autre"] = answer
    arrivals = []

    def run(feed_id):
        with app.app_context():
            arrivals.append(fetch(feed_id, allow=LOOPBACK))

    ids = [source.id, source.id, other.id, other.id]
    db.session.commit()
    threads = [threading.Thread(target=run, args=(feed_id,)) for feed_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(arrival.new for arrival in arrivals) == [0, 0, 0, 30]
    assert [arrival.error for arrival in arrivals] == ["", "", "", ""]
    assert len(items()) == 30


def test_nothing_is_locked_while_a_site_answers(app, source, site):
    written = []

    def answer(handler):
        with app.app_context():
            db.session.execute(sa.update(Feed).values(title="Écrit pendant ce temps"))
            db.session.commit()
            written.append(True)
        handler.send_response(503)
        handler.end_headers()

    site.answers["/flux"] = answer
    read(source)
    assert written == [True]
    assert source.title == "Écrit pendant ce temps"


@pytest.mark.parametrize("change", ["delete", "move"])
def test_a_feed_changed_meanwhile_takes_nothing(app, source, site, change):
    def answer(handler):
        with app.app_context():
            if change == "delete":
                db.session.execute(sa.delete(Feed))
            else:
                db.session.execute(sa.update(Feed).values(url="https://ailleurs.example.org/"))
            db.session.commit()
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(jsonfeed(post(1)).encode())

    site.answers["/flux"] = answer
    assert fetch(source.id, allow=LOOPBACK) is None
    assert items() == []


def test_a_feed_that_is_gone_is_nothing(app):
    assert fetch(12345) is None


def test_thousands_of_entries_are_taken(source, site):
    site.give("/flux", jsonfeed(*(post(n) for n in range(2500))))
    assert read(source).new == 2500
    assert read(source) == Arrival(source.name)


def test_an_edit_made_while_the_feed_is_read_stays(app, source, site):
    site.give("/flux", jsonfeed(post(1)))
    read(source)

    def answer(handler):
        with app.app_context():
            items()[0].edit(title="À la main")
            db.session.commit()
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(jsonfeed(post(1, "Du site")).encode())

    site.answers["/flux"] = answer
    read(source)
    assert titles() == ["À la main"]


def test_the_picture_comes_once_and_again_when_it_changes(source, site):
    one = site.give("/1.jpg", picture(), "image/jpeg")
    two = site.give("/2.jpg", picture(colour=(0, 0, 0)), "image/jpeg")
    site.give("/flux", jsonfeed(post(1, image=one), post(2, image=site.at("/absente.jpg"))))
    fetch_one(source.id)
    fetch_one(source.id)
    assert len(site.asked("/1.jpg")) == len(site.asked("/absente.jpg")) == 1
    first, without = items()
    assert (first.picture.width, without.picture) == (640, None)
    before = first.picture_id
    site.give("/flux", jsonfeed(post(1, image=two), post(2)))
    fetch_one(source.id)
    db.session.expire_all()
    assert first.picture_id != before
    site.give("/flux", jsonfeed(post(1), post(2)))
    fetch_one(source.id)
    db.session.expire_all()
    assert first.picture is None


def test_the_six_samples_are_taken(app, setting, site):
    setting(feed_allow=LOOPBACK)
    for kind, url in site.give_samples().items():
        feed(url, Kind(kind))
    db.session.commit()
    fetch_all()
    fetch_all()
    counts = db.session.execute(sa.select(Item.kind, sa.func.count()).group_by(Item.kind)).all()
    assert dict(map(tuple, counts)) == {
        Kind.NEWS: 5, Kind.FUNDING: 4, Kind.JOB: 4, Kind.EVENT: 4, Kind.RESOURCE: 3,
        Kind.TRAINING: 3}  # fmt: skip
    assert db.session.scalar(sa.select(sa.func.count()).where(Item.picture_id.is_not(None))) == 4
    over = db.session.scalars(sa.select(Item.title).where(Item.ends_on < in_days(0))).all()
    assert sorted(over) == ["Marché solidaire", "Microprojets agricoles"]


def test_the_clock_fetches_the_feeds(source, site, monkeypatch):
    site.give("/flux", jsonfeed(post(1)))
    name = f"{fetching.__name__}.fetch_all"
    monkeypatch.setattr(jobs, "_periods", {name: jobs._periods[name]})  # the others take long
    assert jobs.run_due() == [name]
    assert titles() == ["Titre 1"]


def run(app, *arguments):
    """Run `crm newsletter …`: its exit status and what it says."""
    from crm.newsletter.cli import newsletter

    result = app.test_cli_runner().invoke(newsletter, [*arguments])
    db.session.expire_all()
    return result.exit_code, result.output


def test_a_feed_is_added_once_by_the_command(app):
    url = "https://site.example.org/flux"
    assert run(app, "feeds", "add", url, "--kind", "job", "--title", "Offres")[0] == 0
    status, said = run(app, "feeds", "add", url, "--kind", "news")
    assert (status, "déjà suivie" in said) == (1, True)
    one = Feed.find(url)
    assert (one.kind, one.title, one.tried_at) == (Kind.JOB, "Offres", None)
    status, said = run(app, "feeds", "list")
    assert (status, url in said, "jamais lue" in said) == (0, True, True)


@pytest.mark.parametrize(
    "url", ["site.example.org", "ftp://site.example.org", "javascript:alert(1)"]
)
def test_a_bad_address_is_refused_by_the_command(app, url):
    status, said = run(app, "feeds", "add", url, "--kind", "job")
    assert (status, "https://" in said) == (1, True)
    assert run(app, "feeds", "add", "https://site.example.org", "--kind", "autre")[0] == 2
    assert db.session.scalars(Feed.all()).all() == []


def test_the_command_says_what_came_in(app, source, site):
    site.give("/flux", jsonfeed(post(1), post(2)))
    feed(site.at("/absent"))
    db.session.commit()
    status, said = run(app, "fetch")
    assert status == 0
    assert f"{source.url}\u00a0: 2\xa0contenus nouveaux." in said
    assert (
        f"{site.at('/absent')}\u00a0: La page n’existe pas ou n’existe plus (erreur 404)." in said
    )
    assert f"{source.name}\u00a0: rien de nouveau." in run(app, "fetch")[1]


def test_the_command_fails_when_every_feed_does(app, source):
    assert run(app, "fetch")[0] == 1


def test_the_command_is_content_with_nothing_to_do(app):
    status, said = run(app, "fetch")
    assert (status, "Aucune source" in said) == (0, True)
