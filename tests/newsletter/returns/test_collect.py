"""What comes back: whom it concerns, what it changes, and that it is counted once."""

import mailbox as files
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from unittest.mock import Mock

import pytest
import sqlalchemy as sa
from factories import benoit, resaclic, subscriber
from flask import current_app
from returned import NAMES, sample
from sending import deliver, draft, gone, ledger, ready, states
from smtp_server import collector, faulty

from crm.cli import crm
from crm.db import db, now
from crm.jobs import told
from crm.newsletter.bounces import Bounce, Kind
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.delivery import schedule
from crm.newsletter.issues import Issue, Publication
from crm.newsletter.returns import decipher
from crm.newsletter.returns.collect import TOLD, Account, collect, collect_bounces
from crm.newsletter.returns.refusals import count_refusals
from crm.newsletter.returns.suppress import revive
from crm.newsletter.subscriptions import Subscription

CHLOE, LUC = "chloe@example.org", "luc@example.org"
VERP = "rebonds+*@lettres.example.org"


@pytest.fixture
def sent(app, setting):
    """A number that Chloé and Luc have been sent; gives her row."""
    setting(bounces_mail=VERP)
    gone(CHLOE, LUC)
    return ledger()[CHLOE]


@pytest.fixture
def take(tmp_path):
    """Have messages read from a folder; gives the account."""

    def read(*messages: bytes) -> Account:
        for number, message in enumerate(messages):
            (tmp_path / f"{number}.eml").write_bytes(message)
        db.session.commit()
        account = list(collect(str(tmp_path)))[-1]
        db.session.expire_all()
        return account

    return read


def counted(account: Account) -> dict[str, int]:
    return {kind.value: count for kind, count in account.kinds.items() if count}


def bounces() -> list[Bounce]:
    return list(db.session.scalars(sa.select(Bounce).order_by(Bounce.id)))


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("none")])
def test_every_return_finds_its_delivery(sent, take, name):
    account = take(sample(name, sent))
    [bounce] = bounces()
    assert (bounce.delivery_id, account.unattributed) == (sent.id, 0)
    kind = name.partition("-")[0]
    assert (bounce.kind.value, counted(account)) == (kind, {kind: 1})
    assert states() == {CHLOE: "complained" if kind == "complaint" else "bounced", LUC: "sent"}


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("none")])
def test_an_answer_or_a_delay_is_no_return(sent, take, name):
    account = take(sample(name, sent))
    assert (account.others, bounces(), states()[CHLOE]) == (1, [], "sent")
    assert sent.subscription.is_active


@pytest.mark.parametrize(
    ("name", "is_active"),
    [
        ("hard-5.1.1-postfix", False),
        ("soft-5.2.2-full", True),
        ("blocked-5.7.26-gmail-dmarc", True),
        ("complaint-arf", False),
    ],
)
def test_only_an_address_refused_for_good_is_set_aside_at_once(sent, take, name, is_active):
    take(sample(name, sent))
    assert sent.subscription.is_active is is_active


def test_an_address_that_is_dead_is_dead_for_every_letter(sent, take):
    other = subscriber(CHLOE, Publication.named("lettre"))
    take(sample("hard-5.1.1-postfix", sent))
    assert other.suppressed.startswith("adresse refusée\u00a0: 550 5.1.1 <chloe@example.org>")


def test_who_complains_leaves_and_is_not_merely_set_aside(sent, take):
    take(sample("complaint-arf", sent))
    assert sent.subscription.left_at is not None
    assert sent.subscription.suppressed == ""


def test_the_same_return_counts_once_wherever_it_is_read(sent, take, tmp_path, imap):
    raw = sample("hard-5.1.1-postfix", sent)
    take(raw, raw.replace(b"\n", b"\r\n"))
    imap.deliver(raw)
    box = files.mbox(tmp_path / "boite")
    box.add(raw)
    box.close()
    for place in (tmp_path / "boite", imap.url(), tmp_path / "0.eml"):
        [*_, account] = collect(str(place))
        assert (account.known, counted(account)) == (1, {})
    assert len(bounces()) == 1


def test_a_return_without_any_trace_counts_once_too(sent, take):
    raw = sample("hard-5.1.1-postfix", sent).replace(b"rebonds+", b"x").replace(b"resaclic.1.", b"")
    raw = raw.replace(CHLOE.encode(), b"personne@example.org")
    raw = raw.replace(b"X-Maillage-Delivery", b"X-Rien").replace(b"/desinscription/", b"/rien/")
    account = take(raw, raw)
    assert (account.unattributed, account.known, len(bounces())) == (1, 1, 1)
    assert states()[CHLOE] == "sent"


@pytest.mark.parametrize(
    "removed",
    [
        (b"lettres.example.org",),
        (b"lettres.example.org", b"X-Maillage-Delivery"),
        (b"lettres.example.org", b"X-Maillage-Delivery", b"Message-ID: <resaclic"),
    ],
)
def test_each_trace_is_enough(sent, take, removed):
    raw = sample("hard-5.1.1-postfix", sent).replace(CHLOE.encode(), b"alias@ailleurs.example.org")
    for text in removed:
        raw = raw.replace(text, b"x")
    take(raw)
    assert bounces()[0].delivery_id == sent.id


def test_a_trace_that_nobody_signed_is_worth_nothing(sent, take):
    luc = ledger()[LUC]
    forged = sample("complaint-arf-redacted", sent).decode()
    envelope = forged.split("rebonds+")[1].split("@")[0]
    for token in (envelope, forged.split("X-Maillage-Delivery: ")[1].split("\n")[0]):
        forged = forged.replace(token, token[:-4] + "aaaa")
    forged = forged.replace("/lettres/desinscription/", "/lettres/desinscription/aaaa")
    assert take(forged.encode()).unattributed == 1
    assert (states(), luc.subscription.is_active) == ({CHLOE: "sent", LUC: "sent"}, True)


def test_an_envelope_address_in_capitals_is_still_read(sent, take):
    raw = sample("soft-laposte-full", sent).replace(CHLOE.encode(), b"x@example.org")
    token = sample("hard-qmail", sent).split(b"To: ")[1].split(b"\n")[0]
    take(b"Delivered-To: " + token.upper() + b"\n" + raw)
    assert bounces()[0].delivery_id == sent.id


def test_a_link_signed_with_an_old_secret_is_still_read(sent, take, setting):
    raw = sample("hard-5.1.1-postfix", sent)
    setting(secret_key="nouveau" * 6, old_secret_keys=("test" * 8,))
    take(raw)
    assert bounces()[0].delivery_id == sent.id


@pytest.mark.parametrize(
    ("mail", "differ"), [(VERP, True), ("rebonds@example.org", False), ("", False)]
)
def test_a_message_has_its_own_way_back_where_the_domain_allows(app, setting, mail, differ):
    with faulty() as (url, script):
        setting(smtp_url=url, bounces_mail=mail)
        ready(CHLOE, LUC)
        deliver()
    senders = {line.split("<")[1].split(">")[0] for line in script.senders}
    assert len(senders) == (2 if differ else 1)
    for sender in senders:
        local, _, domain = sender.partition("@")
        assert domain == (mail or "lettre@example.org").rpartition("@")[2]
        assert local.startswith("rebonds+" if differ else local)
        assert len(local) <= 64
        assert sender == sender.lower()
    assert all(b"X-Maillage-Delivery: " in raw for _, raw in script.received)


def soft_returns(days: list[int], take, *, received: tuple[int, ...] = ()) -> Subscription:
    """Numbers sent on these days of March, each of which came back for the time being."""
    subscription = subscriber(CHLOE)
    for number, day in enumerate(days, 1):
        at = datetime(2026, 3, day, 9, tzinfo=UTC)
        issue = draft(number=number)
        row = Delivery(
            issue=issue, subscription=subscription, state=State.SENT, claimed_at=at, settled_at=at
        )
        db.session.add(row)
        db.session.flush()
        if day not in received:
            take(sample("soft-5.2.2-full", row, format_datetime(at + timedelta(minutes=5))))
    return subscription


@pytest.mark.parametrize(
    ("days", "received", "is_active"),
    [
        ([1, 8], (), True),
        ([1, 8, 16], (), False),
        ([1, 8, 15], (), True),  # within a fortnight, a server may simply be down
        ([1, 2, 3, 16], (), False),
        ([1, 8, 16, 24], (8,), True),  # it worked in between
        ([1, 2, 9, 17, 25], (2,), False),
    ],
)
def test_three_soft_returns_in_a_row_over_a_fortnight_are_enough(
    app, take, days, received, is_active
):
    subscription = soft_returns(days, take, received=received)
    assert subscription.is_active is is_active
    if not is_active:
        assert (
            subscription.suppressed
            == "trois refus de suite\u00a0: 552 5.2.2 Mailbox full: quota exceeded"
        )


def test_a_reset_starts_the_count_again(signed_in, take):
    subscription = soft_returns([1, 8, 16], take)
    client = signed_in(benoit())
    page = f"/gestion/lettres/abonnes/{subscription.id}"
    assert "Réessayer cette adresse" in client.get(page).text
    client.post(f"{page}/retablissement")
    assert (subscription.is_active, subscription.suppressed) == (True, "")
    assert "Réessayer cette adresse" not in client.get(page).text


def test_a_return_from_before_the_reset_changes_nothing(sent, take):
    revive(sent.subscription, now() + timedelta(seconds=1))
    take(sample("hard-5.1.1-postfix", sent))
    assert sent.subscription.is_active
    assert states()[CHLOE] == "bounced"


def test_a_hard_return_after_a_soft_one_is_heard(sent, take):
    take(sample("soft-5.2.2-full", sent))
    account = take(sample("hard-5.1.1-postfix", sent))
    assert (counted(account), sent.subscription.is_active) == ({"hard": 1}, False)
    assert [bounce.kind for bounce in bounces()] == [Kind.HARD]


@pytest.mark.parametrize(
    ("fault", "kind", "is_active"),
    [
        ("RCPT 550 5.1.1 user unknown", Kind.HARD, False),
        ("RCPT 550 non", Kind.HARD, False),
        ("END 552 5.2.2 mailbox full", Kind.SOFT, True),
        ("END 554 5.7.1 spam", Kind.BLOCKED, True),
    ],
)
def test_a_refusal_while_sending_counts(app, setting, fault, kind, is_active):
    with faulty(faults={CHLOE: [fault]}) as (url, _):
        setting(smtp_url=url)
        ready(CHLOE, LUC)
        deliver()
    assert [bounce.kind for bounce in bounces()] == [kind]
    assert Subscription.of(resaclic(), CHLOE).is_active is is_active
    assert states() == {CHLOE: "failed", LUC: "sent"}
    assert count_refusals() == 0


def test_a_refusal_that_comes_back_as_well_counts_once(app, setting, take):
    with faulty(faults={CHLOE: ["RCPT 550 5.1.1 inconnue"]}) as (url, _):
        setting(smtp_url=url)
        ready(CHLOE)
        deliver()
    account = take(sample("hard-5.1.1-postfix", ledger()[CHLOE]))
    assert (account.known, len(bounces())) == (1, 1)


def test_when_nearly_everybody_is_refused_no_address_is_blamed(app, setting):
    people = [f"abonne{number}@example.org" for number in range(25)]
    with faulty(faults={one: ["RCPT 550 5.1.1 refused"] for one in people}) as (url, _):
        setting(smtp_url=url)
        ready(*people, LUC)
        deliver()
    assert {bounce.kind for bounce in bounces()} == {Kind.BLOCKED}
    assert all(found.is_active for found in db.session.scalars(sa.select(Subscription)))


def test_nobody_is_blamed_while_some_have_not_been_tried(app, setting):
    with faulty(faults={CHLOE: ["RCPT 550 5.1.1 inconnue"]}) as (url, _):
        setting(smtp_url=url)
        ready(CHLOE)
        deliver()
    assert len(bounces()) == 1
    db.session.execute(sa.delete(Bounce))
    issue = db.session.scalars(sa.select(Issue)).one()
    row = Delivery(issue=issue, subscription=subscriber(LUC), state=State.QUEUED, next_try_at=now())
    db.session.add(row)
    db.session.commit()
    assert count_refusals() == 0


def test_a_reader_that_dies_loses_nothing_and_counts_once(sent, imap, monkeypatch):
    imap.deliver(sample("hard-5.1.1-postfix", sent))
    with monkeypatch.context() as patch:
        patch.setattr("crm.mailbox.Imap.put_away", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            list(collect(imap.url()))
    assert imap.count("UNSEEN") == 1
    [*_, account] = collect(imap.url())
    assert (account.known, imap.count("UNSEEN"), len(bounces())) == (1, 0, 1)


def test_a_message_that_cannot_be_read_stays_and_keeps_no_other(sent, imap, monkeypatch):
    def fragile(message):
        if message["Subject"] == "piege":
            raise RuntimeError
        return decipher.read(message)

    monkeypatch.setattr("crm.newsletter.returns.collect.read", fragile)
    imap.deliver(b"Subject: piege\r\n\r\n", sample("hard-5.1.1-postfix", sent))
    [*_, account] = collect(imap.url())
    assert (account.failed, counted(account), imap.count("UNSEEN")) == (1, {"hard": 1}, 1)


def test_the_clock_reads_the_mailbox(sent, setting, imap):
    imap.deliver(sample("hard-5.1.1-postfix", sent))
    setting(bounces_mailbox=imap.url(more="?move=Vus"))
    collect_bounces()
    assert (states()[CHLOE], imap.count()) == ("bounced", 0)


def test_a_mailbox_that_is_away_is_told_and_stops_nothing(app, setting):
    setting(bounces_mailbox="imap://a:b@127.0.0.1:1/")
    collect_bounces()
    assert told(TOLD)["trouble"].startswith("la boîte aux lettres ne répond pas")


def test_the_command_says_what_it_read(sent, tmp_path):
    (tmp_path / "1.eml").write_bytes(sample("hard-5.1.1-postfix", sent))
    (tmp_path / "2.eml").write_bytes(sample("none-holidays", sent))
    db.session.commit()
    runner = current_app.test_cli_runner()
    result = runner.invoke(crm, ["newsletter", "bounces", str(tmp_path)])
    assert (result.exit_code, result.output.replace("\u00a0", " ")) == (
        0,
        "2 messages lus.\n1 adresse refusée pour de bon.\n"
        "1 message sans refus (réponse automatique, retard…).\n",
    )
    again = runner.invoke(crm, ["newsletter", "bounces", str(tmp_path)])
    assert "1 retour déjà compté." in again.output.replace("\u00a0", " ")
    nothing = runner.invoke(crm, ["newsletter", "bounces", str(tmp_path / "rien")])
    assert (nothing.exit_code, "il n’y a rien à cet endroit" in nothing.output) == (1, True)


def test_nobody_hears_from_us_at_an_address_that_was_refused(sent, take, setting):
    take(sample("hard-5.1.1-postfix", sent))
    with collector() as (url, received):
        setting(smtp_url=url)
        issue = draft(number=2)
        schedule.schedule(issue, now() - timedelta(seconds=1))
        deliver()
    assert [address for address, _ in received] == [LUC]
    row = db.session.scalars(
        sa.select(Delivery).where(Delivery.issue_id == issue.id, Delivery.state == State.SUPPRESSED)
    ).one()
    assert row.response.startswith("adresse refusée")
