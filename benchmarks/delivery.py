"""Delivering: messages per second to a sink on this machine, beside smtplib and smtp-source.

Ours includes everything: rendering, rows taken and settled on disk, personal links. The others only
hand over one and the same message. `BENCH_FULL=1` adds the memory taken with 500,000 recipients.
"""

import contextlib
import os
import resource
import shutil
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

import sqlalchemy as sa
from flask_migrate import upgrade

from crm.app import create_app
from crm.config import ROOT, Settings
from crm.db import db, now
from crm.defaults import install_defaults
from crm.filters import number, today
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.delivery import deliver, schedule
from crm.newsletter.delivery.claims import Row
from crm.newsletter.delivery.courtesy import Courtesy
from crm.newsletter.issues import Issue, Publication, Section
from crm.newsletter.items import Item, Kind
from crm.newsletter.placements import Placement
from crm.newsletter.subscriptions import Basis, Consent, Subscription

ITEMS = 38  # a message of about 60 kB
RECIPIENTS = 8_000
ROUNDS = 4
REFERENCE = 200  # messages of smtplib in each round
CROWDS = (4_000, 100_000, *((500_000,) if os.environ.get("BENCH_FULL") else ()))
SMTP_SOURCE = shutil.which("smtp-source") or shutil.which("/usr/sbin/smtp-source")
OURS = "crm newsletter send, 2 connexions"
SENT_OF_CROWD = 4_000  # memory is read after so many

PARAGRAPH = (
    "Le réseau accompagne celles et ceux qui coopèrent, été comme hiver : une équipe, "
    "des rencontres, des outils, et beaucoup d’écoute.\n\n"
)


def run() -> None:
    """Print messages per second and memory, each beside its reference."""
    _speeds()
    _scaling()
    _memory()


def _speeds() -> None:
    """Everybody in turn, several times: the machine may be slower at one moment than at another."""
    times: dict[str, float] = {}
    with _sink() as port, _issue(RECIPIENTS // ROUNDS, f"smtp://127.0.0.1:{port}") as message:
        text = message.replace(b"\r\n..", b"\r\n.").decode()
        contenders: dict[str, tuple[int, Callable[[], object]]] = {
            OURS: (RECIPIENTS // ROUNDS, _deliver),
            "smtplib.sendmail (texte)": (REFERENCE, lambda: _smtplib(port, text)),
            "smtplib.sendmail (octets)": (REFERENCE, lambda: _smtplib(port, text.encode())),
        }
        if SMTP_SOURCE:
            contenders["smtp-source, 10 sessions"] = (
                RECIPIENTS // ROUNDS,
                lambda: _smtp_source(port, len(message)),
            )
        for turn in range(ROUNDS):
            if turn:
                _compose(Settings.current())
            for name, (_, action) in contenders.items():
                times[name] = times.get(name, 0) + _timed(action)
    speeds = {name: count * ROUNDS / times[name] for name, (count, _) in contenders.items()}
    print(f"\nEnvoi de {number(RECIPIENTS)} messages de {len(message) // 1000} ko, SQLite")
    for name, speed in speeds.items():
        ratio = "" if name == OURS else f"   × {speeds[OURS] / speed:.1f}"
        print(f"  {name:<36}{speed:>8.0f} messages/s{ratio}")
    if not SMTP_SOURCE:
        print("  smtp-source manque (paquet postfix) : comparaison laissée de côté")


def _scaling() -> None:
    print("\nSelon le nombre de connexions (messages/s)")
    for delay, count in ((0, 1600), (20, 240)):
        speeds = []
        for connections in (1, 2, 4, 8):
            with _sink(delay) as port, _issue(count, f"smtp://127.0.0.1:{port}"):
                db.session.add(Courtesy(connections=connections, spares_weekends=False))
                db.session.commit()
                speeds.append(f"{connections} : {count / _timed(_deliver):.0f}")
        print(f"  serveur qui réfléchit {delay:>2} ms       {'   '.join(speeds)}")


def _memory() -> None:
    print("\nMémoire au plus haut, processus entier")
    for crowd in CROWDS:
        child = [sys.executable, "-m", "benchmarks.delivery", str(crowd)]
        peak = subprocess.run(child, check=True, capture_output=True, text=True, cwd=ROOT).stdout
        print(f"  {number(crowd):>9} destinataires             {int(peak) / 1024:>6.0f} Mio")


def _peak(crowd: int) -> int:
    """Kibibytes at the most, while the first messages of a crowd leave."""
    with _sink() as port, _issue(crowd, f"smtp://127.0.0.1:{port}"):
        sent = 0

        def enough(count: int) -> None:
            nonlocal sent
            sent += count
            if sent >= SENT_OF_CROWD:
                raise KeyboardInterrupt

        with contextlib.suppress(KeyboardInterrupt):
            deliver.deliver_due(Settings.current(), progress=enough)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@contextlib.contextmanager
def _sink(delay: int = 0) -> Iterator[int]:
    """The port of a sink in a process of its own."""
    command = [sys.executable, "-m", "benchmarks._sink", "--delay", str(delay)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


@contextlib.contextmanager
def _issue(recipients: int, smtp_url: str) -> Iterator[bytes]:
    """An issue that is due on a new SQLite database; gives one of its messages."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.load(
            {"CRM_INSTANCE": folder, "CRM_SMTP_URL": smtp_url, "CRM_SECRET_KEY": "k" * 32}
        )
        app = create_app(settings)
        with app.app_context():
            upgrade(directory=str(ROOT / "migrations"))
            install_defaults()
            _subscribe(recipients)
            yield _compose(settings)
            db.session.remove()
            db.engine.dispose()


def _subscribe(count: int) -> None:
    publication = Publication.find("resaclic")
    assert publication is not None
    for start in range(0, count, 1000):
        people = [
            {"publication_id": publication.id, "email": f"abonne{rank}@example.org",
             "first_name": "Zoé", "last_name": f"Durand {rank}"}
            for rank in range(start, min(start + 1000, count))
        ]  # fmt: skip
        db.session.execute(sa.insert(Subscription), people)
    proof = sa.select(
        Subscription.id, sa.literal(Basis.FORM, Consent.basis.type), sa.literal("Oui."),
        sa.literal("mesure"), Subscription.created_at, Subscription.created_at,
    )  # fmt: skip
    names = ["subscription_id", "basis", "wording", "source", "given_at", "confirmed_at"]
    db.session.execute(sa.insert(Consent).from_select(names, proof))


def _compose(settings: Settings) -> bytes:
    publication = Publication.find("resaclic")
    assert publication is not None
    issue = Issue(
        publication=publication,
        number=publication.next_number(),
        subject="Un été solidaire",
        planned_on=today(),
    )
    issue.editorial = PARAGRAPH * 10
    issue.sections = [Section(position=1, title="Actualités", placements=_placements())]
    db.session.add(issue)
    db.session.flush()
    schedule.schedule(issue, now())
    message = _one(issue, settings)
    db.session.commit()
    return message


def _placements() -> list[Placement]:
    items = [
        Item(kind=Kind.NEWS, title=f"Une rencontre, numéro {rank}", summary=PARAGRAPH * 2,
             url=f"https://reseau.example.org/actualites/{rank}")
        for rank in range(1, ITEMS + 1)
    ]  # fmt: skip
    return [Placement(item=item, position=position) for position, item in enumerate(items, 1)]


def _one(issue: Issue, settings: Settings) -> bytes:
    someone = Row(1, 1, "abonne1@example.org", "Zoé Durand", 0)
    return deliver.message_of(issue, settings).to(someone, someone.email)


def _deliver() -> None:
    trouble = deliver.deliver_due(Settings.current())
    assert trouble == ""
    issue = db.session.scalars(sa.select(Issue).order_by(Issue.id.desc())).first()
    assert issue is not None
    assert issue.sent_at is not None
    assert Delivery.counts(issue)[State.SENT] == sum(Delivery.counts(issue).values())
    db.session.commit()


def _smtplib(port: int, message: str | bytes) -> None:
    """`smtplib.sendmail`, again and again on one connection."""
    with smtplib.SMTP("127.0.0.1", port) as server:
        for _ in range(REFERENCE):
            server.sendmail("lettre@example.org", ["abonne1@example.org"], message)


def _smtp_source(port: int, weight: int) -> None:
    command = [str(SMTP_SOURCE), "-s", "10", "-m", str(RECIPIENTS // ROUNDS), "-l", str(weight)]
    command += ["-f", "lettre@example.org", "-t", "abonne1@example.org", f"127.0.0.1:{port}"]
    subprocess.run(command, check=True)


def _timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


if __name__ == "__main__":
    print(_peak(int(sys.argv[1])))
