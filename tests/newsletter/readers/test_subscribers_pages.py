"""The subscribers as the team sees them, adds one on request, and lets one go."""

import pytest
import sqlalchemy as sa
from drafts import decided
from factories import awa, benoit, luc, resaclic, subscriber
from queries import cost

from crm.db import db, now
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.issues import Issue, Publication
from crm.newsletter.subscriptions import Basis, Subscription

PEOPLE = "/gestion/lettres/abonnes"
HUGE = "x" * 100_000
FORM = {
    "publication": "resaclic", "email": "Chloe@Example.org", "first_name": "Chloé",
    "last_name": "Vasseur", "organisation_name": "Les Semeurs",
    "wording": "Demandé par téléphone le 3 mars.",
}  # fmt: skip


@pytest.fixture
def client(signed_in):
    return signed_in(benoit())


def subscriptions():
    return list(db.session.scalars(sa.select(Subscription).order_by(Subscription.id)))


def test_someone_who_asked_is_subscribed_with_the_proof(client):
    answer = client.post(f"{PEOPLE}/nouveau", data=FORM)
    [made] = subscriptions()
    assert answer.location == f"{PEOPLE}/{made.id}"
    assert (made.email, made.first_name, made.last_name) == (
        "chloe@example.org",
        "Chloé",
        "Vasseur",
    )
    assert (made.organisation_name, made.is_active) == ("Les Semeurs", True)
    [proof] = made.consents
    assert (proof.basis, proof.wording) == (Basis.STAFF, FORM["wording"])
    assert proof.source == "saisie par Benoît Faure"
    page = client.get(answer.location).text
    assert "Demandé par téléphone le 3 mars." in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (dict.fromkeys(FORM, ""), "Ce champ est à remplir."),
        ({"email": "chloe"}, "Cette adresse n’est pas complète"),
        ({"email": HUGE}, "254 caractères au plus."),
        ({"email": "a@example.org\nBcc: b@example.org"}, "Cette adresse n’est pas complète"),
        ({"wording": ""}, "Ce champ est à remplir."),
        ({"wording": HUGE}, "1\u202f000 caractères au plus."),
        ({"first_name": HUGE}, "100 caractères au plus."),
        ({"organisation_name": HUGE}, "300 caractères au plus."),
        ({"publication": "inconnue"}, "Choisissez dans la liste."),
    ],
)
def test_a_wrong_form_comes_back_as_typed(client, changes, said):
    answer = client.post(f"{PEOPLE}/nouveau", data=FORM | {"last_name": "<b>V</b>"} | changes)
    assert answer.status_code == 422
    assert said in answer.text
    assert "last_name" in changes or "&lt;b&gt;V&lt;/b&gt;" in answer.text
    assert subscriptions() == []


def test_who_receives_already_is_not_doubled(client):
    for status in (302, 422):
        assert client.post(f"{PEOPLE}/nouveau", data=FORM).status_code == status
    [made] = subscriptions()
    assert len(made.consents) == 1


def test_who_left_comes_back_by_itself_only(client):
    gone = subscriber("chloe@example.org")
    gone.unsubscribe()
    answer = client.post(f"{PEOPLE}/nouveau", data=FORM)
    assert answer.status_code == 422
    assert "elle seule peut se réabonner" in answer.text
    assert not gone.is_active


def test_who_had_not_confirmed_is_subscribed_with_a_new_proof(client):
    waiting = Subscription(publication=resaclic(), email="chloe@example.org")
    waiting.consent(Basis.FORM, "J’accepte.", "formulaire", confirmed=False)
    db.session.add(waiting)
    db.session.flush()
    client.post(f"{PEOPLE}/nouveau", data=FORM)
    assert subscriptions() == [waiting]
    assert [proof.basis for proof in waiting.consents] == [Basis.FORM, Basis.STAFF]
    assert waiting.is_active


def test_leaving_on_request_is_immediate_and_may_be_repeated(client):
    someone = subscriber()
    client.post(f"{PEOPLE}/{someone.id}/depart")
    left = someone.left_at
    assert left is not None
    client.post(f"{PEOPLE}/{someone.id}/depart")
    assert someone.left_at == left
    page = client.get(f"{PEOPLE}/{someone.id}").text
    assert "Désinscrire" not in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"zoe@example.org", "lea@example.org"}),
        ("?etat=partis", {"parti@example.org"}),
        ("?etat=muets", {"muet@example.org"}),
        ("?etat=attente", {"attente@example.org"}),
        ("?etat=inconnu", {"zoe@example.org", "lea@example.org"}),
        ("?lettre=lettre", {"imprime@example.org"}),
        ("?lettre=inconnue", {"zoe@example.org", "lea@example.org"}),
        ("?q=ZO%C3%89+semeurs", {"zoe@example.org"}),
        ("?q=%25", set()),
        ("?q=%00", {"zoe@example.org", "lea@example.org"}),
        ("?q=" + "x" * 5000, set()),
    ],
)
def test_the_list_is_by_letter_state_and_words(client, query, expected):
    subscriber("zoe@example.org", first_name="Zoé", organisation_name="Les Semeurs")
    subscriber("lea@example.org")
    subscriber("parti@example.org").unsubscribe()
    subscriber("muet@example.org").suppressed = "adresse inconnue"
    subscriber("imprime@example.org", Publication.named("lettre"))
    db.session.add(Subscription(publication=resaclic(), email="attente@example.org"))
    body = client.get(f"{PEOPLE}/{query}").text.partition("<tbody>")[2]
    everyone = ("zoe", "lea", "parti", "muet", "imprime", "attente")
    found = {f"{n}@example.org" for n in everyone if f">{n}@example.org</a>" in body}
    assert found == expected


def test_unknown_subscribers_are_not_found(client):
    for number in ("987654", "9" * 30):
        assert client.get(f"{PEOPLE}/{number}").status_code == 404
        assert client.post(f"{PEOPLE}/{number}/depart").status_code in (400, 404)


def test_what_was_sent_to_someone_is_told(signed_in):
    issue, someone = decided(), subscriber()
    db.session.add(
        Delivery(issue=issue, subscription=someone, state=State.BOUNCED, settled_at=now())
    )
    page = signed_in(luc()).get(f"{PEOPLE}/{someone.id}").text
    assert "RESA’CLIC n°\u00a01" in page
    assert "revenu" in page
    assert "Désinscrire" not in page, "who only reads changes nothing"


def test_pages_cost_the_same_for_many_rows(signed_in):
    client = signed_in(awa())
    someone = subscriber()
    first = decided()
    _deliver(first, someone)
    pages = (f"{PEOPLE}/", f"{PEOPLE}/{someone.id}")
    one = [cost(client, page) for page in pages]
    for number in range(2, 24):
        subscriber(organisation_name="Les Semeurs")
        issue = Issue(publication=resaclic(), number=number, planned_on=first.planned_on)
        db.session.add(issue)
        _deliver(issue, someone)
    assert [cost(client, page) for page in pages] == one


def _deliver(issue, someone):
    db.session.add(Delivery(issue=issue, subscription=someone, state=State.SENT, settled_at=now()))
    db.session.commit()
