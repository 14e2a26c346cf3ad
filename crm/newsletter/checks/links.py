"""Links: whether the pages a number leads to answer. Asked in the background, kept for a while.

Asking commits as it goes: each is a visit to someone else's site.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from urllib.parse import urlsplit

import sqlalchemy as sa

from crm.config import Settings
from crm.db import change, db, now
from crm.filters import markdown, plural
from crm.jobs import every
from crm.newsletter.checks.findings import Finding, Weight, Where, on_item, quoted
from crm.newsletter.feeds.addresses import canonical_url, is_home, web_address
from crm.newsletter.feeds.reach import Unreachable
from crm.newsletter.feeds.web import Gone, follow
from crm.newsletter.issues import Issue
from crm.newsletter.items import Item
from crm.newsletter.placements import Placement
from crm.newsletter.probes import Probe, digest

SECONDS = 12.0
AT_ONCE = 6  # visits at the same time
KEPT = timedelta(days=60)

_HREF = re.compile(r'href="(https?://[^"]+)"')


@dataclass(frozen=True)
class Progress:
    """How many links of a number have an answer, of how many."""

    total: int
    answered: int
    waiting: int


def addresses(issue: Issue) -> dict[str, Placement | None]:
    """Where a number leads, in its order, and what leads there; None: its editorial."""
    found: dict[str, Placement | None] = dict.fromkeys(_hrefs(issue.editorial))
    for placement in issue.placements:
        if url := web_address(placement.url):
            found.setdefault(url, placement)
        if placement.is_free:
            for url in _hrefs(placement.summary):
                found.setdefault(url, placement)
    return found


def ask(issue: Issue, at: datetime, *, again: bool = False) -> int:
    """Have the links of a number visited, those of `again` or without a fresh answer.

    Returns how many will be.
    """
    urls = addresses(issue)
    known, count = Probe.of(urls), 0
    for url in urls:
        probe = known.get(url)
        if probe is None:
            db.session.add(probe := Probe(url=url, digest=digest(url)))
        elif probe.is_fresh(at) and not again:
            continue
        probe.asked_at, probe.vouched_at = at, None
        count += 1
    return count


def progress(issue: Issue) -> Progress:
    urls = addresses(issue)
    known = Probe.of(urls).values()
    waiting = sum(probe.asked_at is not None for probe in known)
    answered = sum(probe.asked_at is None and probe.checked_at is not None for probe in known)
    return Progress(len(urls), answered, waiting)


def links(issue: Issue) -> Iterator[Finding]:
    """What the pages answered, the last time they were asked."""
    urls = addresses(issue)
    known = Probe.of(urls)
    silent: dict[tuple[str, str], list[Placement | None]] = defaultdict(list)
    for url, placement in urls.items():
        probe = known.get(url)
        if probe is None or probe.checked_at is None or probe.vouched_at is not None:
            continue
        if probe.is_gone:
            words = f"{_named(placement)} mène à une page disparue. {probe.error}"
            yield Finding(words, Where.LINK, probe.id, Weight.BLOCKING, detail=url)
        elif probe.error:
            silent[urlsplit(url).netloc, probe.error].append(placement)
        elif probe.leads_to:
            yield _redirected(probe, placement)
    for (host, error), placements in silent.items():
        yield _silence(host, error, placements)
    state = progress(issue)
    missing = sum(url not in known or known[url].checked_at is None for url in urls)
    if state.waiting:
        yield Finding(
            f"La visite des liens est en cours\u00a0: {state.answered} sur {state.total}."
        )
    elif missing:
        yield Finding(f"{plural(missing, 'lien reste', 'liens restent')} à vérifier.")


def leading_to(issue: Issue, url: str) -> list[Item]:
    """The items of a number whose page is at `url`."""
    items = (placement.item for placement in issue.placements)
    return [item for item in items if item is not None and web_address(item.url) == url]


def adopt(issue: Issue, probe: Probe) -> None:
    """Lead straight to where `probe` was sent, wherever this number leads there."""
    for item in leading_to(issue, probe.url):
        item.edit(url=probe.leads_to[:2000], canonical_url=canonical_url(probe.leads_to))
    for placement in issue.placements:
        if placement.is_free:
            if web_address(placement.own_url) == probe.url:
                placement.own_url = probe.leads_to[:2000]
            placement.own_summary = _led(placement.own_summary or "", probe)
    issue.editorial = _led(issue.editorial, probe)


def _led(text: str, probe: Probe) -> str:
    """`text` with the address that moved, and not those that only begin like it."""
    whole = rf"(?<![\w=/]){re.escape(probe.url)}(?=[.,;:!?]*(?:[\s)>\]\"'<]|$))"
    return re.sub(whole, lambda _: probe.leads_to, text)


def vouch(probe: Probe) -> None:
    """« Je l’ai ouvert, il est bon »: until it is asked again. Safe to repeat."""
    probe.vouched_at = probe.vouched_at or now()


@every(minutes=1)
def visit_asked() -> None:
    """Visit what was asked for, a few pages at a time."""
    allow = Settings.current().feed_allow
    while urls := _next():
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(lambda url: _visit(url, allow), urls))
        for url, answer in zip(urls, answers, strict=True):
            _keep(url, *answer)
        db.session.commit()


@every(hours=24)
def forget_probes() -> None:
    """Forget the answers that are of no more use."""
    change(sa.delete(Probe).where(Probe.checked_at < now() - KEPT, Probe.asked_at.is_(None)))


def _next() -> Sequence[str]:
    waiting = sa.select(Probe.url).where(Probe.asked_at.is_not(None))
    urls = db.session.scalars(waiting.order_by(Probe.asked_at, Probe.id).limit(AT_ONCE)).all()
    db.session.commit()
    return urls


def _visit(url: str, allow: Sequence[object]) -> tuple[str, str, bool]:
    """Where it leads, why it does not answer, and whether the page is no more."""
    try:
        return follow(url, allow=allow, seconds=SECONDS), "", False  # type: ignore[arg-type]
    except Gone as gone:
        return "", str(gone), True
    except Unreachable as error:
        return "", str(error), False


def _keep(url: str, leads_to: str, error: str, is_gone: bool) -> None:
    moved = bool(leads_to) and canonical_url(leads_to) != canonical_url(url)
    values = {
        "leads_to": leads_to if moved else "", "error": error[:300], "is_gone": is_gone,
        "checked_at": now(), "asked_at": None,
    }  # fmt: skip
    change(sa.update(Probe).where(Probe.digest == digest(url)).values(**values))
    said = {"link_error": error[:300] if is_gone else "", "link_checked_at": now()}
    change(sa.update(Item).where(Item.url == url).values(**said))


def _redirected(probe: Probe, placement: Placement | None) -> Finding:
    name = _named(placement)
    if is_home(canonical_url(probe.leads_to)):
        words = f"{name} mène à l’accueil du site\u00a0: la page n’existe sans doute plus."
        return Finding(words, Where.LINK, probe.id, detail=probe.leads_to)
    words = f"{name} est renvoyé vers une autre adresse."
    return Finding(words, Where.LINK, probe.id, detail=probe.leads_to)


def _silence(host: str, error: str, placements: Sequence[Placement | None]) -> Finding:
    """One line for a site that is down, however many links lead there."""
    first = placements[0]
    if len(placements) == 1:
        words = f"{_named(first)} n’a pas répondu. {error}"
        return on_item(first, words) if first else Finding(words, Where.TEXTS)
    return Finding(f"{host}, où mènent {len(placements)}\u00a0liens, n’a pas répondu. {error}")


def _named(placement: Placement | None) -> str:
    return quoted(placement.name) if placement else "Un lien de l’éditorial"


def _hrefs(text: str) -> list[str]:
    return [unescape(url) for url in _HREF.findall(str(markdown(text)))] if text else []
