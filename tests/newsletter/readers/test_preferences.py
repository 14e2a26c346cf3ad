"""One's own preferences: letters, rhythm, address, data; leaving it all, and being forgotten."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from factories import resaclic, save, subscriber
from sending import deliver, draft, ledger, ready, states
from smtp_server import collector

from crm.contacts.files.spreadsheets import read_table
from crm.contacts.people import Person
from crm.contacts.search.index import index
from crm.contacts.terms import Term, Vocabulary
from crm.db import db, now
from crm.mail import Mail
from crm.newsletter.delivery import rhythms, schedule
from crm.newsletter.issues import Issue, Opens, Publication
from crm.newsletter.readers import links
from crm.newsletter.readers.departures import Departure, digests
from crm.newsletter.readers.enrol import enrol
from crm.newsletter.readers.erase import erase
from crm.newsletter.readers.moves import Move
from crm.newsletter.subscriptions import Basis, Consent, Purpose, Rhythm, Subscription

CHLOE, NEW = "chloe@example.org", "chloe@nouveau.example.org"
KEYS = ("test" * 8,)


def path(url):
    return urlsplit(url).path


def page_of(subscription) -> str:
    return path(links.preferences_url(subscription.id))


def lettre() -> Publication:
    return Publication.named("lettre")


@pytest.fixture
def chloe(app):
    return subscriber(CHLOE, first_name="Chloé", last_name="Vasseur", department="69")


def enrolled(*emails: str, publication: Publication | None = None):
    table = read_table(("email\n" + "\n".join(emails) + "\n").encode())
    [*_, account] = enrol(table, publication or resaclic(), "Forum", "liste.csv")
    return account


def mails_to(address: str) -> list[Mail]:
    return list(db.session.scalars(sa.select(Mail).where(Mail.recipient == address)))


def test_a_letter_more_is_chosen_with_its_proof_and_a_letter_less_is_left(visitor, chloe):
    page = page_of(chloe)
    shown = visitor.get(page).text
    assert re.search(r'value="resaclic"[^>]*checked|checked[^>]*value="resaclic"', shown)
    visitor.post(page, data={"lettres": "1", "publications": ["lettre"]})
    joined = Subscription.of(lettre(), CHLOE)
    assert (chloe.is_active, joined.is_active, joined.first_name) == (False, True, "Chloé")
    [proof] = joined.consents
    assert (proof.basis, proof.source) == (Basis.FORM, "page de préférences, version 1")
    assert proof.wording.startswith("J’accepte de recevoir La Lettre par courriel")
    visitor.post(page, data={"lettres": "1", "publications": ["lettre", "resaclic"]})
    assert chloe.is_active
    assert len(chloe.consents) == 2


def test_what_is_said_of_oneself_is_said_for_every_letter(visitor, chloe):
    other = subscriber(CHLOE, lettre())
    kind = Term.find(Vocabulary.ACTOR_TYPE, "association")
    visitor.post(page_of(chloe), data={"actor_type": str(kind.id), "department": "01"})
    for found in (chloe, other):
        assert (found.actor_type, found.department) == (kind, "01")


def test_a_page_that_shows_no_boxes_unticks_none(visitor, chloe):
    visitor.post(page_of(chloe), data={"first_name": "Chloé"})
    assert chloe.is_active


@pytest.mark.parametrize("offered", [True, False])
def test_a_slower_rhythm_is_chosen_where_it_is_offered(visitor, chloe, offered):
    resaclic().offers_rhythms = offered
    page = page_of(chloe)
    assert ("À quel rythme" in visitor.get(page).text) is offered
    visitor.post(page, data={"lettres": "1", "publications": "resaclic", "rhythm": "quarterly"})
    assert chloe.rhythm is (Rhythm.QUARTERLY if offered else Rhythm.EVERY)


@pytest.mark.parametrize(
    ("rhythm", "days", "is_due"),
    [
        (Rhythm.EVERY, 1, True),
        (Rhythm.MONTHLY, 7, False),
        (Rhythm.MONTHLY, 28, True),
        (Rhythm.QUARTERLY, 60, False),
        (Rhythm.QUARTERLY, 90, True),
    ],
)
def test_a_slower_rhythm_skips_numbers(app, setting, rhythm, days, is_due):
    with collector() as (url, received):
        setting(smtp_url=url)
        ready(CHLOE)
        deliver()
        Subscription.of(resaclic(), CHLOE).rhythm = rhythm
        db.session.execute(sa.update(Issue).values(started_at=now() - timedelta(days=days)))
        issue = draft(number=2)
        assert schedule.count_recipients(issue) == int(is_due)
        schedule.schedule(issue, now() - timedelta(seconds=1), in_spite_of_doubts=True)
        deliver()
    assert len(received) == 1 + is_due


def test_a_number_that_never_arrived_does_not_count_in_a_rhythm(app, setting):
    ready(CHLOE)
    deliver()
    row = ledger()[CHLOE]
    row.state, row.subscription.rhythm = "bounced", Rhythm.MONTHLY
    db.session.flush()
    due = sa.select(Subscription.id).where(rhythms.is_due(now()))
    assert db.session.scalars(due).all() == [row.subscription_id]


def test_being_seen_opening_asks_its_own_consent_and_is_taken_back(visitor, chloe):
    page = page_of(chloe)
    assert "quels numéros" not in visitor.get(page).text
    resaclic().opens = Opens.CONSENTED
    form = {"lettres": "1", "publications": "resaclic"}
    shown = visitor.get(page).text
    visitor.post(page, data=form | {"opens": "y"})
    [_, proof] = chloe.consents
    assert (proof.purpose, proof.is_standing) == (Purpose.OPENS, True)
    assert proof.wording in shown
    visitor.post(page, data=form | {"opens": "y"})
    assert len(chloe.consents) == 2
    visitor.post(page, data=form)
    assert (proof.is_standing, chloe.is_active) == (False, True)


def test_consenting_to_be_seen_is_not_consenting_to_receive(app):
    someone = Subscription(publication=resaclic(), email=CHLOE)
    someone.consent(Basis.FORM, "x", "x", confirmed=True, purpose=Purpose.OPENS)
    save(someone)
    assert not someone.is_active
    assert db.session.scalars(Subscription.recipients(resaclic())).all() == []


def test_without_a_consent_row_nothing_is_sent(app, setting):
    """Whatever else the row says."""
    with collector() as (url, received):
        setting(smtp_url=url)
        people = {name: subscriber(f"{name}@example.org") for name in ("oui", "rien", "attente")}
        db.session.execute(sa.delete(Consent).where(Consent.subscription_id == people["rien"].id))
        people["attente"].consents[0].confirmed_at = None
        retired = subscriber("retire@example.org")
        retired.withdraw(Purpose.RECEIVE)
        ready()
        deliver()
    assert [address for address, _ in received] == ["oui@example.org"]
    assert states() == {"oui@example.org": "sent"}


def test_a_consent_taken_away_while_it_leaves_stops_it(app, setting):
    from sending import begun

    with collector() as (url, received):
        setting(smtp_url=url)
        begun(CHLOE)
        db.session.execute(sa.delete(Consent))
        deliver()
    assert received == []
    assert (states(), ledger()[CHLOE].response) == (
        {CHLOE: "suppressed"}, "sans consentement confirmé",
    )  # fmt: skip


def ask_to_move(visitor, chloe, to=NEW) -> str:
    """Ask to receive elsewhere; the address of the page that confirms it."""
    visitor.post(f"{page_of(chloe)}/adresse", data={"email": to})
    [*_, move] = db.session.scalars(sa.select(Move).order_by(Move.id))
    return path(links.move_url(move.id))


def test_a_new_address_says_yes_before_it_receives(visitor, chloe):
    other = subscriber(CHLOE, lettre())
    address = ask_to_move(visitor, chloe)
    [mail] = mails_to(NEW)
    assert address.encode() in mail.message.replace(b"=\r\n", b"")
    assert "Voulez-vous recevoir" in visitor.get(address).text
    assert (chloe.email, other.email) == (CHLOE, CHLOE)
    assert "Nous attendons la confirmation" in visitor.get(page_of(chloe)).text
    assert "C’est fait" in visitor.post(address).text
    assert (chloe.email, other.email, chloe.is_active) == (NEW, NEW, True)
    assert len(mails_to(CHLOE)) >= 1, "the old address is told"
    assert "C’est fait" in visitor.post(address).text
    assert [proof.source for proof in chloe.consents] == ["test"], "the proof is kept"


def test_the_old_address_is_told_once(visitor, chloe):
    subscriber(CHLOE, lettre())
    visitor.post(ask_to_move(visitor, chloe))
    assert len(mails_to(CHLOE)) == 1


def test_moving_to_an_address_that_receives_already_doubles_nothing(visitor, chloe):
    twin = subscriber(NEW)
    visitor.post(ask_to_move(visitor, chloe))
    assert (chloe.is_active, twin.is_active, chloe.email) == (False, True, CHLOE)


def test_moving_to_an_address_that_had_left_brings_it_back_with_a_proof(visitor, chloe):
    twin = subscriber(NEW)
    twin.unsubscribe()
    visitor.post(ask_to_move(visitor, chloe))
    assert (chloe.is_active, twin.is_active) == (False, True)
    assert twin.consents[-1].source == "changement d’adresse confirmé"


def test_a_link_to_move_is_worth_a_week_and_gives_way_to_the_next(visitor, chloe):
    first = ask_to_move(visitor, chloe)
    second = ask_to_move(visitor, chloe, "autre@example.org")
    db.session.execute(sa.update(Move).values(asked_at=now() - timedelta(days=8)))
    assert visitor.get(second).status_code == 404
    db.session.execute(sa.update(Move).values(asked_at=now()))
    visitor.post(second)
    assert chloe.email == "autre@example.org"
    assert visitor.post(first).status_code == 404
    assert chloe.email == "autre@example.org"


def test_asking_again_and_again_writes_once(visitor, chloe):
    for _ in range(4):
        ask_to_move(visitor, chloe)
    assert len(mails_to(NEW)) == 1


@pytest.mark.parametrize("typed", ["", "chloe", "a@b.org\nBcc: c@d.org"])
def test_a_wrong_new_address_is_said(visitor, chloe, typed):
    answer = visitor.post(f"{page_of(chloe)}/adresse", data={"email": typed})
    assert answer.status_code == 422
    assert 'value="Chloé"' in answer.text, "the rest of the page is as it was"
    assert "checked" in answer.text
    assert mails_to(NEW) == []


def test_a_move_link_opens_no_other_door(visitor, chloe):
    token = page_of(chloe).rpartition("/")[2]
    assert visitor.get(f"/lettres/adresse/{token}").status_code == 404


def test_everything_that_is_kept_can_be_seen_and_taken_away(visitor, chloe):
    shown = visitor.get(f"{page_of(chloe)}/donnees").text
    assert "Vasseur" in shown
    assert "Je m’abonne." in shown
    answer = visitor.get(f"{page_of(chloe)}/donnees.json")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="mes-donnees.json"'
    [letter] = answer.json["lettres"]
    assert (answer.json["adresse"], letter["accords"][0]["texte"]) == (CHLOE, "Je m’abonne.")


def test_leaving_everything_is_one_gesture(visitor, chloe):
    other = subscriber(CHLOE, lettre())
    answer = visitor.post(f"{page_of(chloe)}/depart")
    assert "ne recevra plus aucune de nos lettres" in answer.text
    assert (chloe.is_active, other.is_active) == (False, False)


def test_being_forgotten_leaves_no_name_and_no_address(visitor, chloe, app, setting):
    db.session.commit()
    page = page_of(chloe)
    ready()
    deliver()
    row = ledger()[CHLOE]
    row.response = f"250 {CHLOE} ok"
    ask_to_move(visitor, chloe)
    assert "Effacer tout ce que nous gardons" in visitor.get(f"{page}/effacement").text
    assert chloe.erased_at is None
    assert "C’est fait" in visitor.post(f"{page}/effacement").text
    db.session.expire_all()
    kept = " ".join(
        str(tuple(line))
        for table in ("subscriptions", "consents", "deliveries", "moves", "mails", "bounces")
        for line in db.session.execute(sa.text(f"SELECT * FROM {table}"))
    )
    for trace in (CHLOE, NEW, "Chloé", "Vasseur"):
        assert trace not in kept
    assert states() == {f"efface-{chloe.id}@adresse.invalid": "sent"}, "figures stay right"
    assert visitor.get(page).status_code == 410


def test_who_was_forgotten_is_never_brought_back_by_a_list(app):
    subscriber(CHLOE)
    erase(CHLOE, KEYS)
    assert enrolled(CHLOE, " Chloe@Example.ORG ").gone == 2
    assert enrolled(CHLOE, publication=lettre()).gone == 1
    assert Subscription.at(CHLOE) == []


def test_a_change_of_secret_brings_nobody_back(app, setting):
    erase(CHLOE, KEYS)
    setting(secret_key="nouveau" * 6, old_secret_keys=KEYS)
    assert enrolled(CHLOE).gone == 1


def test_what_is_kept_of_the_forgotten_cannot_be_read(app):
    erase(CHLOE, KEYS)
    [digest] = db.session.scalars(sa.select(Departure.digest))
    assert len(digest) == 64
    assert digest != digests(CHLOE, ("autre",))[0], "without the key, it cannot be guessed"


def test_who_left_everything_is_not_enrolled_in_another_letter(app):
    subscriber(CHLOE).unsubscribe()
    db.session.flush()
    assert enrolled(CHLOE, publication=lettre()).gone == 1


def test_who_left_one_letter_may_be_enrolled_in_another(app):
    subscriber(CHLOE).unsubscribe()
    subscriber(CHLOE, lettre())
    third = save(Publication(slug="agenda", name="Agenda"))
    db.session.flush()
    assert enrolled(CHLOE, publication=third).added == 1


def test_who_was_forgotten_comes_back_by_itself(visitor, app):
    subscriber(CHLOE)
    erase(CHLOE, KEYS)
    visitor.post("/lettres/inscription", data={"email": CHLOE, "publications": "resaclic"})
    back = Subscription.of(resaclic(), CHLOE)
    visitor.post(path(links.confirm_url(back.id)))
    assert back.is_active
    assert db.session.scalar(sa.select(sa.func.count(Departure.id))) == 0


def test_one_click_still_answers_who_was_forgotten(visitor, app):
    gone = subscriber(CHLOE)
    erase(CHLOE, KEYS)
    address = path(links.leave_url(gone.id))
    answer = visitor.post(address, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200


def test_leaving_a_number_that_is_leaving_takes_effect_at_once(visitor, app, setting):
    from sending import begun

    with collector() as (url, received):
        setting(smtp_url=url)
        begun(CHLOE, "luc@example.org")
        someone = Subscription.of(resaclic(), CHLOE)
        visitor.post(path(links.leave_url(someone.id)), data={"List-Unsubscribe": "One-Click"})
        deliver()
    assert [address for address, _ in received] == ["luc@example.org"]
    assert states() == {CHLOE: "suppressed", "luc@example.org": "sent"}


def test_the_links_of_old_letters_survive_a_change_of_secret(visitor, chloe, setting):
    addresses = [path(make(chloe.id)) for make in (links.leave_url, links.preferences_url)]
    setting(secret_key="nouveau" * 6, old_secret_keys=KEYS)
    assert [visitor.get(address).status_code for address in addresses] == [200, 200]
    setting(secret_key="nouveau" * 6, old_secret_keys=())
    assert [visitor.get(address).status_code for address in addresses] == [404, 404]
    setting(secret_key="encore" * 6, old_secret_keys=("nouveau" * 6, *KEYS))
    visitor.post(addresses[0], data={"List-Unsubscribe": "One-Click"})
    assert chloe.left_at is not None


def test_search_knows_at_once_who_receives_what(visitor, chloe):
    person = save(Person(first_name="Chloé", last_name="Vasseur"))
    chloe.person = person
    index(person)
    found = "/gestion/contacts?abonne=resaclic"
    assert found
    visitor.post(f"{page_of(chloe)}/depart")
    assert not chloe.is_active


@pytest.mark.parametrize(
    ("headers", "query", "source"),
    [
        ({}, "", "formulaire public, version 1"),
        ({}, "?cadre=1", "formulaire public dans un cadre, version 1"),
        (
            {"Origin": "https://site.example.org", "Sec-Fetch-Site": "cross-site"},
            "",
            "formulaire de https://site.example.org, version 1",
        ),
    ],
)
def test_a_proof_says_from_which_form_it_came(visitor, setting, headers, query, source):
    setting(embed_origins=("https://site.example.org",))
    form = {"email": CHLOE, "publications": "resaclic"}
    visitor.post(f"/lettres/inscription{query}", data=form, headers=headers)
    waiting = Subscription.of(resaclic(), CHLOE)
    assert [proof.source for proof in waiting.consents] == [source]
    page = visitor.get(path(links.confirm_url(waiting.id))).text
    assert waiting.consents[0].wording in page, "what is agreed to is read before the button"
