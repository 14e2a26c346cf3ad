"""Cards for the tests: organisations and people as the pages make them, found by the search."""

from html.parser import HTMLParser
from typing import Any

import queries

from crm.contacts import change
from crm.contacts.facts import Contact
from crm.contacts.journal import Entry
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person, Role
from crm.contacts.search import store
from crm.db import db


def begin() -> None:
    """Forget what the search knew of the cards of other tests."""
    store.clear()
    db.session.commit()


def organisation(name: str = "Sahel-Isère Amitié", **values: Any) -> Organisation:
    card = Organisation()
    change.create(card, {"name": name} | values)
    return card


def person(first_name: str = "Fatoumata", last_name: str = "Traoré", **values: Any) -> Person:
    card = Person()
    change.create(card, {"first_name": first_name, "last_name": last_name} | values)
    return card


def works(who: Person, where: Organisation, title: str = "", since: Any = None) -> Role:
    role = who.hold(where, title, since)
    change.saved(who)
    return role


def journal(card: Contact) -> list[str]:
    """The lines of a card's journal, newest first."""
    return [entry.text for entry in db.session.scalars(Entry.of(card))]


def form_of(client: Any, url: str) -> dict[str, Any]:
    """What a browser would post from the section's form on that page, nothing touched."""
    answer = client.get(url)
    assert answer.status_code == 200, answer.text
    return fields(answer.text)


def fields(html: str) -> dict[str, Any]:
    """The fields of the form of a section, as they stand."""
    return Form(html).values


class Form(HTMLParser):
    """Reads the form of a section as a browser does: what it would post, nothing touched."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.values: dict[str, Any] = {}
        self._inside = self._choice = self._text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = dict(attributes)
        if tag == "form":
            self._inside = "yes" if "section-form" in (said.get("class") or "") else ""
        if not self._inside:
            return
        if tag == "input" and said.get("type") in ("checkbox", "radio"):
            if "checked" in said:
                self.values.setdefault(said["name"], []).append(said["value"])
        elif tag == "input" and said.get("name"):
            self.values[said["name"]] = said.get("value") or ""
        elif tag == "select":
            self._choice = said["name"] or ""
            self.values.setdefault(self._choice, None)
        elif tag == "option" and ("selected" in said or self.values[self._choice] is None):
            self.values[self._choice] = said["value"]
        elif tag == "textarea":
            self._text = said["name"] or ""
            self.values[self._text] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._text:
            # A browser drops the line end that opens a text area, and posts \r\n.
            text = self.values[self._text].removeprefix("\r\n").removeprefix("\n")
            self.values[self._text] = text.replace("\r\n", "\n").replace("\n", "\r\n")
            self._text = ""
        elif tag == "form":
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._text:
            self.values[self._text] += data


def queries_of(client, url: str) -> int:
    """How many questions a page asks the database, once what never changes is known."""
    client.get(url)
    with queries.counted() as statements:
        client.get(url)
    return len(statements)
