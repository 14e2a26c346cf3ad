"""Rendering: an issue's content as mail HTML, as text and as a web page."""

import binascii
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from crm.filters import markdown
from crm.identity import Identity
from crm.mail import environment, printable, render_mjml
from crm.newsletter import story
from crm.newsletter.content import Content
from crm.newsletter.story import Room

# Where each recipient's own links go. Plain ASCII that neither HTML nor quoted-printable changes.
LEAVE_MARK = "%%MAILLAGE-QUITTER%%"
PREFERENCES_MARK = "%%MAILLAGE-PREFERENCES%%"

# Said at the foot; `crm.newsletter.counting.lead` says otherwise where opens are measured.
PLEDGE = "Cette lettre ne contient aucun pisteur."

HTML_BUDGET = 80_000  # bytes of HTML
# Gmail clips at 102 KB: the whole message as it travels stays below, headers included.
MESSAGE_BUDGET = 98_000  # bytes of both parts, encoded

# From the widest to the tightest: summaries give way first, then the editorial, then pictures.
_ROOMS = (
    Room(1200, 420),
    Room(900, 320),
    Room(600, 240),
    Room(450, 180),
    Room(300, 120),
    Room(200, 80),
    Room(0, 0),
    Room(0, 0, editorial=4000),
    Room(0, 0, editorial=1200, pictures=False),
)


@dataclass(frozen=True)
class Letter:
    """An issue ready to leave, the same for everybody but for the two marks."""

    subject: str
    html: str
    text: str

    @property
    def weight(self) -> int:
        """Bytes of its two parts as they travel, in quoted-printable."""
        parts = (self.html, self.text)
        return sum(len(binascii.b2a_qp(part.encode(), istext=True)) for part in parts)

    @property
    def is_light(self) -> bool:
        return len(self.html.encode()) <= HTML_BUDGET and self.weight <= MESSAGE_BUDGET


def render(content: Content, identity: Identity, base_url: str) -> Letter:
    """The mail of an issue, shortened until it is light enough: titles and items always stay.

    Only an issue that is too heavy without any summary sends readers to the web version for the
    last items of its longest sections.
    """
    for room in _ROOMS:
        letter = _letter(content, identity, base_url, room)
        if letter.is_light:
            return letter
    tightest = _ROOMS[-1]
    return _fullest(
        lambda stories: _letter(content, identity, base_url, replace(tightest, stories=stories)),
        max((len(part.blocks) for part in content.parts), default=0),
    )


def _fullest(make: Callable[[int], Letter], most: int) -> Letter:
    """The letter with the most stories a section that is still light enough, or the lightest."""
    low, best = 0, make(0)
    while low < most:
        middle = (low + most + 1) // 2
        letter = make(middle)
        if letter.is_light:
            low, best = middle, letter
        else:
            most = middle - 1
    return best


def _letter(content: Content, identity: Identity, base_url: str, room: Room) -> Letter:
    # What stands for the marks while rendering cannot be guessed: a user's text is never a mark.
    marks = {secrets.token_hex(16): LEAVE_MARK, secrets.token_hex(16): PREFERENCES_MARK}
    leave, preferences = marks
    context = _context(content, base_url, room) | {
        "identity": identity,
        "leave_url": leave,
        "preferences_url": preferences,
    }
    html = compact(render_mjml("mail/newsletter/issue.mjml.html", **context))
    text = environment().get_template("mail/newsletter/issue.txt").render(**context)
    return Letter(
        subject=context["subject"],
        html=_marked(html, marks, "%&#37;"),
        text=_marked(airy(text), marks, "%\u2060%"),
    )


def _context(content: Content, base_url: str, room: Room | None) -> dict[str, Any]:
    web_url = f"{base_url}/lettres/{content.slug}/{content.number}"
    editorial, is_cut = story.excerpt(
        printable(content.editorial), room.editorial if room else None
    )
    return {
        "content": content,
        "subject": re.sub(r"\s*[\x00-\x1f\x7f]\s*", " ", content.subject).strip(),
        "preheader": content.preheader.strip() or " · ".join(story.first_titles(content)),
        "editorial": editorial,
        "editorial_is_cut": is_cut,
        "chapters": story.chapters(content, web_url, room),
        "prose": prose,
        "pledge": PLEDGE,
        "base_url": base_url,
        "web_url": web_url,
    }


def _marked(text: str, marks: dict[str, str], broken: str) -> str:
    """`text` with the marks where their stand-ins are, and there alone."""
    for mark in marks.values():
        text = text.replace(mark, mark.replace("%%", broken, 1))
    for stand_in, mark in marks.items():
        text = text.replace(stand_in, mark)
    return text


def personal(text: str, leave_url: str, preferences_url: str) -> str:
    """A letter's HTML or text for one reader: a preview, a test mail."""
    return text.replace(LEAVE_MARK, leave_url).replace(PREFERENCES_MARK, preferences_url)


def web(content: Content, base_url: str = "") -> Markup:
    """The web version of an issue, whole, title included, without any inline style.

    The page around it links `css/letter.css` and adds no `h1` of its own.
    """
    template = environment().get_template("public/newsletter/issues/_letter.html")
    return Markup(printable(template.render(**_context(content, base_url, None))))


def prose(text: str, link_style: str = "", level: int = 2) -> Markup:
    """A text in Markdown as HTML whose headings follow one of that level, none skipped."""
    html = str(markdown(printable(text)))

    def nested(found: re.Match[str]) -> str:
        nonlocal level
        if not found["end"]:
            level = min(int(found["level"]) + 1, level + 1)
        return f"<{found['end']}h{level}>"

    html = re.sub(r"<(?P<end>/?)h(?P<level>[2-4])>", nested, html)
    return Markup(
        html.replace("<a href=", f'<a style="{link_style}" href=') if link_style else html
    )


def compact(html: str) -> str:
    """The same page with one space, or one line feed, wherever there were several."""
    return re.sub(r"[ \t\r\n]{2,}", lambda run: "\n" if "\n" in run[0] else " ", html)


def airy(text: str) -> str:
    """A text part as it leaves: never more than two empty lines, no space at the end of a line."""
    text = re.sub(r"[ \t\r]+\n", "\n", printable(text))
    return re.sub(r"\n{4,}", "\n\n\n", text).strip() + "\n"
