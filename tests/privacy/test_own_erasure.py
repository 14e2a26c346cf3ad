"""Erased by themselves, on a page of theirs, somebody leaves no more behind than erased by us."""

from urllib.parse import urlsplit

import gatherings
import planted
import pytest
from asking import asked
from factories import subscriber

from crm.config import Settings
from crm.db import db
from crm.events.links import page_url
from crm.mail import send_mails, write
from crm.newsletter.readers.links import preferences_token
from crm.privacy import scrub
from crm.requests.links import page_token

EMAIL, FIRST, LAST = planted.EMAIL, planted.FIRST, planted.LAST


def reader() -> str:
    found = subscriber(EMAIL, first_name=FIRST, last_name=LAST)
    tell("Objet")
    return f"/lettres/preferences/{preferences_token(found.id)}/effacement"


def requester() -> str:
    made = asked(email=EMAIL, last_name=LAST)
    tell(f"Votre demande {made.reference}")
    return f"/demandes/{page_token(made)}/effacement"


def guest() -> str:
    seat = gatherings.registration(gatherings.event(), email=EMAIL, last_name=LAST)
    tell("Objet")
    return f"{urlsplit(page_url(seat)).path}/effacement"


def tell(subject: str) -> None:
    write(EMAIL, subject=subject, text="Bonjour", html="<p>Bonjour</p>")


@pytest.mark.parametrize("page", [reader, requester, guest])
def test_nothing_is_left_in_the_files_either(app, visitor, page):
    instance = Settings.current().instance
    for file in (instance / "mail").glob("*.eml"):  # of another test
        file.unlink()
    address = page()
    db.session.commit()
    send_mails()
    assert any(planted.leaks(planted.in_files(instance / "mail")))
    assert visitor.post(address).status_code == 200
    scrub.scrub_due()
    assert planted.leaks(planted.in_database()) == []
    assert planted.leaks(planted.on_disk()) == []
