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
from crm.newsletter import deliver, schedule
from crm.newsletter.claims import Row
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.issues import Issue, Publication
from crm.newsletter.subscriptions import Basis, Consent, Subscription

WEIGHT = 60_000  # bytes of one message
RECIPIENTS = 4_000
REFERENCE = 500  # messages, in each half of a reference
CROWDS = (4_000, 100_000, *((500_000,) if os.environ.get("BENCH_FULL") else ()))
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
    with _sink() as port:
        with _issue(RECIPIENTS, f"smtp://127.0.0.1:{port}") as message:
            # Half before and half after: the machine may be slower at one moment than at another.
            text = message.replace(b"\r\n..", b"\r\n.").decode()
            before = _smtplib(port, text), _smtplib(port, text.encode())
            ours = RECIPIENTS / _timed(_deliver)
        as_text, as_bytes = _smtplib(port, text), _smtplib(port, text.encode())
        source = _smtp_source(port)
    references = {
        "smtplib.sendmail (texte)": _mean(before[0], as_text),
        "smtplib.sendmail (octets)": _mean(before[1], as_bytes),
    }
    references |= {"smtp-source, 10 sessions": source} if source else {}
    print(f"\nEnvoi de {number(RECIPIENTS)} messages de {len(message) // 1000} ko, SQLite")
    print(f"  {'crm newsletter send, 2 connexions':<36}{ours:>8.0f} messages/s")
    for name, speed in references.items():
        print(f"  {name:<36}{speed:>8.0f} messages/s   × {ours / speed:.1f}")
    if not source:
        print("  smtp-source manque (paquet postfix) : comparaison laissée de côté")


def _scaling() -> None:
    print("\nSelon le nombre de connexions (messages/s)")
    for delay, count in ((0, 1600), (20, 240)):
        speeds = []
        for workers in (1, 2, 4):
            with _sink(delay) as port, _issue(count, f"smtp://127.0.0.1:{port}"):
                deliver.WORKERS = workers
                speeds.append(f"{workers} : {count / _timed(_deliver):.0f}")
        deliver.WORKERS = 2
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
    for start in range(0, count, 10_000):
        people = [
            {"publication_id": publication.id, "email": f"abonne{rank}@example.org",
             "first_name": "Zoé", "last_name": f"Durand {rank}"}
            for rank in range(start, min(start + 10_000, count))
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
    issue = Issue(publication=publication, number=1, subject="Un été solidaire", planned_on=today())
    issue.editorial = "Bonjour."
    db.session.add(issue)
    db.session.flush()
    bare, one_more = len(_one(issue, settings)), 0
    issue.editorial = PARAGRAPH
    one_more = len(_one(issue, settings)) - bare
    issue.editorial = PARAGRAPH * ((WEIGHT - bare) // one_more)
    schedule.schedule(issue, now())
    message = _one(issue, settings)
    db.session.commit()
    return message


def _one(issue: Issue, settings: Settings) -> bytes:
    someone = Row(1, 1, "abonne1@example.org", "Zoé Durand", 0)
    return deliver.message_of(issue, settings).to(someone, someone.email)


def _deliver() -> None:
    trouble = deliver.deliver_due(Settings.current())
    assert trouble == ""
    issue = db.session.scalars(sa.select(Issue)).one()
    assert Delivery.counts(issue)[State.SENT] == sum(Delivery.counts(issue).values())
    db.session.commit()


def _smtplib(port: int, message: str | bytes) -> float:
    """Messages per second of `smtplib.sendmail`, on one connection."""
    with smtplib.SMTP("127.0.0.1", port) as server:

        def send() -> None:
            for _ in range(REFERENCE):
                server.sendmail("lettre@example.org", ["abonne1@example.org"], message)

        return REFERENCE / _timed(send)


def _smtp_source(port: int) -> float | None:
    program = shutil.which("smtp-source") or shutil.which("/usr/sbin/smtp-source")
    if program is None:
        return None
    command = [program, "-s", "10", "-m", str(RECIPIENTS), "-l", str(WEIGHT)]
    command += ["-f", "lettre@example.org", "-t", "abonne1@example.org", f"127.0.0.1:{port}"]
    return RECIPIENTS / _timed(lambda: subprocess.run(command, check=True))


def _mean(*speeds: float) -> float:
    return len(speeds) / sum(1 / speed for speed in speeds)


def _timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


if __name__ == "__main__":
    print(_peak(int(sys.argv[1])))
