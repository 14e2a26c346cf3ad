"""The subscribers of both letters, and the proof of each consent."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from crm.contacts.terms import Vocabulary
from crm.newsletter.issues import Publication
from crm.newsletter.subscriptions import Basis, Consent, Subscription
from crm.seed.french import day, plain, typeset
from crm.seed.names import ORIGINS
from crm.seed.network import PARIS, Network, moment
from crm.seed.people import PRIVATE
from crm.seed.places import CUMULATED, REAL
from crm.seed.rows import Rows

# How often, on what basis, from where, the words that were shown.
CONSENTS = {
    "resaclic": (
        (60, Basis.FORM, "Formulaire du site, version 3",
         "J’accepte de recevoir RESA’CLIC, la lettre mensuelle d’Arvalia, à cette adresse. Je peux "
         "me désinscrire à tout moment par le lien présent dans chaque numéro."),
        (25, Basis.IMPORT, "Reprise de l’ancien outil d’envoi, liste confirmée",
         "Je souhaite m’abonner à la lettre électronique du réseau."),
        (10, Basis.STAFF, "Bulletin papier, forum des acteurs",
         "Oui, je veux recevoir RESA’CLIC par courriel. [case cochée et signée]"),
        (5, Basis.FORM, "Formulaire d’inscription à une rencontre, version 2",
         "Je souhaite aussi recevoir RESA’CLIC, la lettre mensuelle d’Arvalia."),
    ),
    "lettre": (
        (70, Basis.FORM, "Formulaire du site, version 3",
         "J’accepte de recevoir La Lettre d’Arvalia par courriel à chaque parution, trois fois par "
         "an. Je peux me désinscrire à tout moment."),
        (30, Basis.STAFF, "Coupon joint à La Lettre imprimée",
         "Je préfère désormais recevoir La Lettre par courriel. [coupon signé]"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class _Reader:
    """Someone who may subscribe: known to the network, or not yet."""

    email: str
    first_name: str = ""
    last_name: str = ""
    organisation: str = ""
    department: str = ""
    actor_type: str = ""
    person_id: int | None = None
    organisation_id: int | None = None


def fill(network: Network) -> None:
    """Readers of RESA'CLIC: active, gone, unreachable, not confirmed; then those of La Lettre."""
    maker, size, rng = _Maker(network), network.size, network.chance("readers")
    wanted = size.subscribers + size.left + size.suppressed + size.unconfirmed
    readers = list(_readers(network, rng, wanted))
    fates = ["active"] * size.subscribers + ["left"] * size.left
    fates += ["suppressed"] * size.suppressed + ["unconfirmed"] * size.unconfirmed
    rng.shuffle(fates)
    for reader, fate in zip(readers, fates, strict=True):
        maker.add("resaclic", reader, fate)
    for reader in rng.sample(readers, size.readers):
        maker.add("lettre", reader, "active")
    maker.save()


def _readers(network: Network, rng: random.Random, count: int) -> Iterator[_Reader]:
    """Three quarters are people one knows, some are organisations, the others are unknown."""
    people = [someone for someone in network.people if not someone.is_archived]
    chosen = rng.sample(people, min(count * 3 // 4, len(people)))
    for someone in chosen:
        body = someone.body
        yield _Reader(
            someone.email, someone.first_name, someone.last_name, body.name if body else "",
            someone.department, body.kind if body else "", someone.id, body.id if body else None,
        )  # fmt: skip
    bodies = rng.sample(network.bodies, min(count // 8, len(network.bodies)))
    for body in bodies:
        yield _Reader(
            f"contact@{body.domain}", organisation=body.name, department=body.place.department,
            actor_type=body.kind, organisation_id=body.id,
        )  # fmt: skip
    yield from _strangers(rng, count - len(chosen) - len(bodies))


def _strangers(rng: random.Random, count: int) -> Iterator[_Reader]:
    """People who came through the form, and of whom the network knows nothing else."""
    for number in range(1, count + 1):
        origin = rng.choices(ORIGINS, [origin.weight for origin in ORIGINS])[0]
        first_name, last_name = rng.choice(origin.women + origin.men), rng.choice(origin.families)
        email = (
            f"{plain(first_name)[0]}{plain(last_name)}{number}@{rng.choice(PRIVATE)}.example.org"
        )
        if rng.random() < 0.3:
            first_name = last_name = ""
        place = rng.choices(REAL, cum_weights=CUMULATED)[0]
        department = place.department if rng.random() < 0.6 else ""
        yield _Reader(email, first_name, last_name, department=department)


class _Maker:
    """Writes subscriptions and consents down."""

    def __init__(self, network: Network) -> None:
        self.network, self.rng = network, network.chance("subscribers")
        self.subscriptions, self.consents = Rows(Subscription), Rows(Consent)
        self.publications = {slug: Publication.find(slug) for slug in CONSENTS}

    def add(self, slug: str, reader: _Reader, fate: str) -> None:
        publication = self.publications[slug]
        assert publication is not None
        created = self._created(fate)
        died = self._died(created) if fate == "suppressed" else None
        number = self.subscriptions.add(
            publication_id=publication.id,
            email=reader.email,
            first_name=reader.first_name,
            last_name=reader.last_name,
            organisation_name=reader.organisation,
            department=reader.department,
            actor_type_id=self.network.terms.get((Vocabulary.ACTOR_TYPE, reader.actor_type)),
            person_id=reader.person_id,
            organisation_id=reader.organisation_id,
            created_at=created,
            left_at=self._left(created) if fate == "left" else None,
            suppressed=self._reason(died) if died else "",
        )
        if died:
            self.network.died[number] = died
        self._consent(number, slug, created, fate)

    def save(self) -> None:
        self.subscriptions.save()
        self.consents.save()

    def _created(self, fate: str) -> datetime:
        """Over ten years for those who receive; those who have not confirmed came lately."""
        if fate == "unconfirmed":
            return self.network.office_hour(self.rng.randint(1, 40), self.rng)
        return self.network.office_hour(self.rng.randint(2, 3300) + 120, self.rng)

    def _left(self, created: datetime) -> datetime:
        """The hours after a number, which is when people leave; else some time since."""
        rank = self.rng.randint(0, 10)
        after = moment(
            self.network.issue_day(rank), self.rng.randint(9, 20), self.rng.randint(8, 59)
        )
        return after if after > created else created + timedelta(days=self.rng.randint(3, 100))

    def _died(self, created: datetime) -> date:
        """The day of one of the last numbers since the address subscribed."""
        days = [self.network.issue_day(self.rng.randrange(4)), self.network.issue_day(0)]
        return next((on for on in days if moment(on, 9) > created), days[-1])

    def _reason(self, on: date) -> str:
        reasons = (
            "adresse inconnue du serveur destinataire (550 5.1.1)",
            "boîte supprimée (550 5.2.1)",
            "domaine introuvable (550 5.4.4)",
        )
        return typeset(f"Le {day(on)} {on.year} : {self.rng.choice(reasons)}")

    def _consent(self, number: int, slug: str, created: datetime, fate: str) -> None:
        choices = CONSENTS[slug]
        _, basis, source, wording = self.rng.choices(choices, [weight for weight, *_ in choices])[0]
        if fate == "unconfirmed":
            _, basis, source, wording = choices[0]
        delay = timedelta(minutes=self.rng.randint(1, 300) if basis is Basis.FORM else 0)
        on = created.astimezone(PARIS)
        if basis is Basis.STAFF:
            source = f"{source}, {day(on.date())} {on.year}"
        self.consents.add(
            subscription_id=number,
            basis=basis,
            wording=typeset(wording),
            source=typeset(source),
            given_at=created,
            confirmed_at=None if fate == "unconfirmed" else created + delay,
        )
