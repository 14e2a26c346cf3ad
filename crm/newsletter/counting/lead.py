"""Leading readers through us: the links of an issue are counted, the same link for everybody."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import escape, unescape

import sqlalchemy as sa

from crm.db import db
from crm.newsletter.clicks import Link
from crm.newsletter.content import Content
from crm.newsletter.issues import Issue, Opens
from crm.newsletter.render import PLEDGE, Letter
from crm.newsletter.subscriptions import Purpose, Subscription

LONGEST = 2000  # characters of an address that is worth counting

_MEASURED = {
    Opens.TOTALS: "Nous comptons combien de fois elle est ouverte, sans savoir par qui.",
    Opens.CONSENTED: "Nous ne mesurons si elle est lue que si vous l’avez accepté.",
}
_HREF = re.compile(r'href="(https?://[^"]+)"', re.IGNORECASE)


def counted(letter: Letter, issue: Issue, content: Content, base_url: str) -> Letter:
    """`letter` as its readers receive it: what its publication counts passes through us.

    The text part keeps the addresses as they are: there, they are read before they are followed.
    Nothing is committed; safe to repeat, the same link keeps the same rank.
    """
    html = letter.html
    if issue.publication.counts_clicks:
        ours = {link.url: link.rank for link in _links(html, issue, content, base_url)}
        start = f"{base_url}/lettres/{content.slug}/{content.number}"

        def led(found: re.Match[str]) -> str:
            rank = ours.get(unescape(found[1]))
            return found[0] if rank is None else f'href="{escape(f"{start}/vers/{rank}")}"'

        html = _HREF.sub(led, html)
    said = _MEASURED.get(issue.publication.opens, PLEDGE)
    html, text = html.replace(PLEDGE, said), letter.text.replace(PLEDGE, said)
    if issue.publication.opens is Opens.TOTALS:
        source = f"{base_url}/lettres/{content.slug}/{content.number}/ouverture.gif"
        html = html.replace("</body>", f"{pixel(source)}</body>")
    return replace(letter, html=html, text=text)


def measured(issue: Issue) -> frozenset[int]:
    """The subscriptions whose owners agree to be seen opening it, where that is asked at all."""
    if issue.publication.opens is not Opens.CONSENTED:
        return frozenset()
    agree = sa.select(Subscription.id).where(
        Subscription.publication_id == issue.publication_id, Subscription.agrees(Purpose.OPENS)
    )
    return frozenset(db.session.scalars(agree))


def pixel(source: str) -> str:
    """A picture that nobody sees, nor hears read."""
    return f'<img src="{escape(source)}" width="1" height="1" alt="" />'


def _links(html: str, issue: Issue, content: Content, base_url: str) -> list[Link]:
    """The links of this issue, those that are new written down after those that are known."""
    known = {link.url: link for link in db.session.scalars(Link.of(issue.id))}
    titles = {block.url: block.title for block in content.blocks if block.url}
    for url in _addresses(html, base_url):
        if url not in known:
            known[url] = link = Link(
                issue_id=issue.id, rank=len(known) + 1, url=url, title=titles.get(url, "")[:300]
            )
            db.session.add(link)
    try:
        with db.session.begin_nested():
            db.session.flush()
    except sa.exc.IntegrityError:  # another machine began the same issue at the same moment
        return list(db.session.scalars(Link.of(issue.id)))
    return list(known.values())


def _addresses(html: str, base_url: str) -> Iterator[str]:
    """Where the letter leads outside of ours, each once, in its order."""
    for url in dict.fromkeys(unescape(found) for found in _HREF.findall(html)):
        if len(url) <= LONGEST and url != base_url and not url.startswith(f"{base_url}/"):
            yield url
