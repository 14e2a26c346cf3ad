"""The letter itself: its weight, its headings, its colours, and what the law wants at its foot."""

from collections.abc import Iterator
from html.parser import HTMLParser

from crm.colours import ENOUGH, WHITE, contrast, light_variant
from crm.filters import number, weight
from crm.identity import Identity
from crm.newsletter.checks.findings import Finding, Weight, Where, quoted
from crm.newsletter.render import HTML_BUDGET, LEAVE_MARK, Letter

NEAR = 0.9
DARK = "#1b1f27"  # what mail.css paints in the dark
VAGUE = {"ici", "cliquez ici", "cliquer ici", "lien", "ce lien", "en savoir plus ici", "là"}


class _Outline(HTMLParser):
    """The headings of a page, with their levels, and the words of its links."""

    def __init__(self) -> None:
        super().__init__()
        self.headings: list[tuple[int, str]] = []
        self.links: list[str] = []
        self._level = 0
        self._in_link = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self._level = int(tag[1])
            self.headings.append((self._level, ""))
        elif tag == "a":
            self._in_link = True
            self.links.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == f"h{self._level}":
            self._level = 0
        elif tag == "a":
            self._in_link = False

    def handle_data(self, data: str) -> None:
        if self._level:
            level, words = self.headings[-1]
            self.headings[-1] = (level, words + data)
        if self._in_link:
            self.links[-1] += data


def size(letter: Letter) -> Iterator[Finding]:
    """Gmail cuts a message at 102 KB: ours stays below 80 KB of HTML."""
    found = len(letter.html.encode())
    if not letter.is_light:
        yield Finding(
            f"Le courriel pèse {weight(found)}, plus de 80\u00a0Ko\u00a0: les messageries en "
            "cacheraient la fin. Retirez des contenus.",
            weight=Weight.BLOCKING,
        )
    elif found > NEAR * HTML_BUDGET:
        yield Finding(
            f"Le courriel pèse {weight(found)}, tout près de la limite de 80\u00a0Ko\u00a0: ses "
            "textes sont raccourcis."
        )


def outline(letter: Letter) -> Iterator[Finding]:
    """Screen readers go from heading to heading: none is skipped, none is empty (RGAA 9.1)."""
    read = _Outline()
    read.feed(letter.html)
    before = 0
    for level, words in read.headings:
        if not words.strip():
            yield Finding("Un titre du courriel est vide.", Where.TEXTS)
        elif level > before + 1:
            yield Finding(f"Le titre {quoted(words)} saute un niveau.", Where.TEXTS)
        before = level
    for words in dict.fromkeys(" ".join(link.split()).casefold() for link in read.links):
        if words.strip(" .…") in VAGUE:
            yield Finding(
                f"Un lien s’appelle {quoted(words)}\u00a0: dites où il mène (RGAA 6.1).",
                Where.TEXTS,
            )


def colours(identity: Identity) -> Iterator[Finding]:
    """Every coloured text on white, and on the dark of dark mode (WCAG 2.2, 1.4.3)."""
    for name, colour in (("principale", identity.brand), ("d’attention", identity.attention)):
        worst = min(contrast(colour, WHITE), contrast(light_variant(colour), DARK))
        if worst < ENOUGH:
            yield Finding(
                f"La couleur {name} se lit mal (contraste de {number(round(worst, 1))} pour 4,5).",
                Where.IDENTITY,
                weight=Weight.BLOCKING,
            )


def foot(letter: Letter, identity: Identity) -> Iterator[Finding]:
    """Who writes, and how to leave (LCEN, art. 20; CPCE, art. L34-5; RFC 8058)."""
    if LEAVE_MARK not in letter.html or LEAVE_MARK not in letter.text:
        yield Finding("Rien ne permet de se désinscrire.", weight=Weight.BLOCKING)
    if not identity.postal_address.strip():
        yield Finding("Votre adresse postale manque au bas de la lettre.", Where.IDENTITY)
