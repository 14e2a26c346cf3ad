"""Somebody who left a trace everywhere, through the pages that people use, and how to look for it.

Each mark is a word found nowhere else: one that is still there after an erasure is a leak.
"""

import io
import json
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import quote_plus, urlsplit

import asking
import cards
import gatherings
import sqlalchemy as sa
from contact_files import imported
from factories import resaclic, save
from sending import draft

from crm.config import Settings
from crm.contacts.duplicates.merge import merge
from crm.contacts.duplicates.pairs import OrganisationPair, PersonPair
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.search.segments import Segment
from crm.db import Base, db, now
from crm.events.afterwards import Certificate, FollowUp, Opinion
from crm.events.event_files import EventFile
from crm.events.event_files import Purpose as Listed
from crm.events.kinds import State as Seat
from crm.events.registrations import Registration
from crm.mail import send_mails, write
from crm.newsletter.bounces import Bounce, Kind
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.desk.gestures import DeskGesture
from crm.newsletter.items import Kind as ItemKind
from crm.newsletter.propositions import Proposition
from crm.newsletter.readers import links
from crm.newsletter.readers.moves import Move
from crm.newsletter.subscriptions import Purpose, Subscription
from crm.privacy.features import holdings
from crm.privacy.lapses import Lapse
from crm.requests import meet
from crm.requests.answers import Answer
from crm.requests.kinds import Channel
from crm.requests.links import page_token
from crm.requests.meetings import Absence, Decision, Meeting, Verdict
from crm.requests.messages import Direction, Message
from crm.requests.requests import SupportRequest
from crm.requests.slots import Appointment
from crm.requests.work import TimeSpent
from crm.users import User

FIRST, LAST = "Zylphée", "Vorkazin"
EMAIL, OLD_EMAIL = "zylphee.vorkazin@example.org", "zvorkazinette@example.org"
PHONE = "06 98 41 73 52"
NAME = f"{FIRST} {LAST}"
BARE = "Zylphee"  # as forms without accents have it
OTHERWISE = f"{BARE.upper()} {LAST.upper()}"
# What only they said, or what was said of them alone.
WORDS = ("besoinxylo", "noticexylo", "fichierxylo", "notexylo", "reponsexylo", "accesxylo",
         "questionxylo", "organexylo", "communexylo", "fonctionxylo")  # fmt: skip
LIST = f"Nom,Prénom,Courriel\n{LAST},{FIRST},{EMAIL}\nAutre,Chloé,c@example.org\n".encode()
MARKS = (LAST, FIRST, "zylphee", "zvorkazinette", "0698417352", PHONE, *WORDS)


def plant(officer, visitor, user: User) -> Person:
    """Let them leave a trace in every feature; their card. `officer` is the browser of `user`."""
    cards.begin()
    person = _card(officer)
    _letters(visitor, person)
    _request(officer, visitor, person, user)
    _told(user, person)
    _event(visitor, person)
    _imports(officer, person)
    _elsewhere(user, person)
    send_mails()
    _wait(user)
    _name_them_everywhere()
    db.session.commit()
    return person


def _card(officer) -> Person:
    sia = cards.organisation("Sahel-Isère Amitié", emails=["accueil@example.org"])
    page = f"/gestion/contacts/personnes/nouvelle?organisation={sia.id}"
    typed = {"first_name": FIRST, "last_name": LAST, "emails": EMAIL, "phones": PHONE,
             "title": "fonctionxylo"}  # fmt: skip
    officer.post(page, data=cards.form_of(officer, page) | typed)
    person = db.session.scalars(sa.select(Person).where(Person.last_name == LAST)).one()
    home = f"/gestion/contacts/personnes/{person.id}/modifier/coordonnees"
    officer.post(home, data=cards.form_of(officer, home) | {"commune": "Communexylo"})
    note = {"kind": "note", "text": f"{NAME} préfère le matin : notexylo", "other": sia.id,
            "file": (io.BytesIO(b"fichierxylo du journal"), "notexylo.txt")}  # fmt: skip
    officer.post(f"/gestion/contacts/journal/nouveau?personne={person.id}", data=note)
    for words in (f"Vu {LAST.upper()} {FIRST}, joignable au {PHONE}", f"Rappeler {OTHERWISE}"):
        said = {"kind": "note", "text": words,
                "file": (io.BytesIO(b"x"), f"CV_{LAST}_{BARE}.pdf")}  # fmt: skip
        officer.post(f"/gestion/contacts/journal/nouveau?organisation={sia.id}", data=said)
    twin = cards.person(FIRST, f"{LAST}-Merle", emails=[OLD_EMAIL])
    merge(db.session.get_one(Person, person.id), twin)
    db.session.commit()
    return db.session.get_one(Person, person.id)


def _letters(visitor, person: Person) -> None:
    form = {"email": EMAIL, "publications": "resaclic", "first_name": FIRST, "last_name": LAST,
            "organisation_name": "Organexylo"}  # fmt: skip
    visitor.post("/lettres/inscription", data=form)
    found = Subscription.of(resaclic(), EMAIL)
    visitor.post(urlsplit(links.confirm_url(found.id)).path)
    found = Subscription.of(resaclic(), EMAIL)
    found.person, found.suppressed = person, f"adresse refusée : {EMAIL}"
    found.consents[0].source = f"formulaire de {EMAIL}"
    found.consents[0].wording = f"Moi, {NAME}, j’accepte."
    db.session.add(Move(subscription=found, old_email=OLD_EMAIL, new_email=EMAIL,
                        confirmed_at=now()))  # fmt: skip
    issue = draft(number=900, subject="Objet")
    sent = save(Delivery(issue=issue, subscription=found, state=State.BOUNCED, settled_at=now(),
                         response=f"550 <{EMAIL}> unknown"))  # fmt: skip
    db.session.add_all([
        Bounce(fingerprint="a", kind=Kind.HARD, words=f"<{EMAIL}> inconnue", happened_at=now(),
               subscription=found, delivery=sent),
        Bounce(fingerprint="b", kind=Kind.HARD, words=f"{EMAIL} inconnue", happened_at=now()),
    ])  # fmt: skip
    assert found.has_agreed(Purpose.RECEIVE)
    db.session.commit()


def _request(officer, visitor, person: Person, user: User) -> None:
    asking.post(
        visitor, need=f"Je suis {NAME}, besoinxylo", subject="besoinxylo", first_name=FIRST,
        last_name=LAST, email=EMAIL, phone=PHONE, organisation_name="Organexylo",
        commune="Communexylo", availability="questionxylo",
        files=(io.BytesIO(b"fichierxylo de la demande"), "besoinxylo.txt"),
    )  # fmt: skip
    request = SupportRequest.at(EMAIL)[0]
    request.person = person
    visitor.post(f"/demandes/{page_token(request)}", data={"text": "Merci, reponsexylo"})
    url = f"/gestion/demandes/{request.id}"
    officer.post(f"{url}/messages", data={"text": f"Bonjour {FIRST}, reponsexylo", "geste": "out"})
    other = asking.asked(need=f"Comme {NAME} me l’a dit", email="autre@example.org")
    other.outcome_note = f"Orientée par {NAME}"
    _meeting(request, user)
    suspect = asking.asked(email=EMAIL, first_name=FIRST, last_name=LAST, need="besoinxylo")
    suspect.suspected_at, suspect.suspicion = now(), f"lien vers {EMAIL}"
    db.session.commit()


def _meeting(request: SupportRequest, user: User) -> None:
    meeting = save(Meeting(notes=f"On a parlé de {NAME}"))
    decision = Decision(meeting=meeting, request=request, verdict=Verdict.KEEP, note="notexylo")
    save(decision)
    db.session.commit()
    meet.close(meeting, user)
    db.session.commit()


def _told(user: User, person: Person) -> None:
    save(Answer(key="mark", channel=Channel.PHONE, note=f"{NAME} : noticexylo", place="organexylo",
                user=user, person=person))  # fmt: skip
    db.session.commit()


def _event(visitor, person: Person) -> None:
    event = gatherings.event(title="Forum")
    gatherings.registration(
        event, Seat.CONFIRMED, first_name=FIRST, last_name=LAST, email=EMAIL, phone=PHONE,
        organisation_name="Organexylo", function="fonctionxylo", access_needs="accesxylo",
        answers={"repas": "reponsexylo"}, group_name="organexylo", person_id=person.id,
    )  # fmt: skip
    event.tell(f"{NAME} inscrite par téléphone")
    db.session.commit()


def _imports(officer, person: Person) -> None:
    """One that was applied, and one whose file waits."""
    changed = f"Nom,Prénom,Courriel,Commune\n{LAST},{FIRST},{EMAIL},Communexylo-sur-Isère\n"
    imported(changed.encode())
    file = {"fichier": (io.BytesIO(LIST), f"liste {NAME}.csv")}
    officer.post("/gestion/contacts/imports/", data=file)
    db.session.commit()


def _elsewhere(user: User, person: Person) -> None:
    """A row in each table that no page above fills."""
    today, hour = date(2026, 3, 3), timedelta(hours=1)
    request, event = SupportRequest.at("autre@example.org")[0], gatherings.event(title="Salon")
    seat = db.session.scalars(sa.select(Registration)).first()
    issue, other = draft(number=901), cards.organisation("Autre structure")
    known = db.session.scalars(sa.select(Organisation.id).where(Organisation.id != other.id))
    nobody = cards.person("Autre", "Personne")
    db.session.add_all([
        Segment(name="Liste", query="q=x"),
        Segment(name="Recherche", query=f"q={quote_plus(NAME)}&aussi={quote_plus(EMAIL)}"),
        TimeSpent(request=request, user=user, minutes=5),
        Absence(user=user, starts_on=today, ends_on=today),
        Appointment(request=request, officer=user, starts_at=now(), ends_at=now() + hour, uid="u"),
        EventFile(purpose=Listed.ATTENDANCE, event=event, name="x", content=LIST, said=""),
        Opinion(event=event, answerer="x"), FollowUp(event=event),
        Certificate(registration=seat, facts={"name": NAME}),
        DeskGesture(issue_id=issue.id, words="x", before={}, after={}),
        PersonPair(first_id=nobody.id, second_id=person.id, score=90, reasons=[NAME]),
        OrganisationPair(first_id=known.first(), second_id=other.id, score=90, reasons=[]),
        Proposition(kind=ItemKind.NEWS, title="Une fête", name=NAME, email=EMAIL, key=f"k{EMAIL}",
                    consent_text=f"Moi, {NAME}, j’accepte.", word="x"),
        Lapse(person_id=person.id, email=EMAIL, last_at=now()),
        Message(request=request, direction=Direction.IN, text="x", sender=EMAIL),
    ])  # fmt: skip
    for told in db.session.scalars(sa.select(Message).where(Message.text.contains("xylo"))):
        told.message_id = f"<{told.id}.{EMAIL}>"
    mine = Registration.email == EMAIL
    db.session.execute(sa.update(Registration).where(mine).values(suspicion=NAME))
    merge(cards.organisation("Ancienne"), cards.organisation("Ancienne bis"))
    db.session.commit()


def _wait(user: User) -> None:
    """A mail to the team that speaks of them, and has not left."""
    write(user.email, subject="Objet", text=f"{NAME} a écrit", html=f"<p>{NAME} a écrit</p>")
    db.session.commit()


def _name_them_everywhere() -> None:
    """Write their name, address and number in every text where anybody may be named."""
    for holding in holdings():
        table = Base.metadata.tables[holding.table]
        for name in holding.free:
            rows = db.session.execute(sa.select(table.c.id, table.c[name])).all()
            for row_id, value in rows:
                words = f"{NAME}, {EMAIL}, {PHONE} {row_id}"
                longest = getattr(table.c[name].type, "length", None) or 10_000
                said = {name: _with_them(value, words, name, longest)}
                db.session.execute(sa.update(table).where(table.c.id == row_id).values(said))


def _with_them(value, words: str, name: str, longest: int):
    if isinstance(value, dict):
        return value | {"mot": words}
    if isinstance(value, list):
        change = {"field": "x", "label": words, "before": "", "after": "", "said": ""}
        return [*value, change if name in ("changes", "messages") else words]
    both = f"{value} {words}" if value else words
    return both if len(both) <= longest else words


def in_database() -> dict[str, str]:
    """Every table with what it says: all the rows, the hidden tables of the search included."""
    names = sa.inspect(db.engine).get_table_names()
    quote = db.engine.dialect.identifier_preparer.quote
    with db.engine.connect() as connection:
        return {
            name: "\n".join(
                str(tuple(row)) for row in
                connection.execute(sa.text(f"SELECT * FROM {quote(name)}"))
            )
            for name in names
        }  # fmt: skip


def in_files(folder: Path) -> dict[str, bytes]:
    """Every file there, with its bytes: the database and its journals, the queue, the mails."""
    return {str(one): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def on_disk() -> dict[str, bytes]:
    """All that the application keeps in files, the database of PostgreSQL in its own folder too."""
    return in_files(Settings.current().instance) | in_files(database_folder())


def database_folder() -> Path:
    """Where the database is, all of it written to the disk."""
    if db.engine.dialect.name == "sqlite":
        return Settings.current().instance
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("CHECKPOINT")
        data, number = connection.exec_driver_sql(
            "SELECT current_setting('data_directory'), oid FROM pg_database"
            " WHERE datname = current_database()"
        ).one()
    return Path(data) / "base" / str(number)


def leaks(texts: dict[str, str | bytes]) -> list[str]:
    """The marks that are still somewhere, and where."""
    return [
        f"{mark} in {place}" for place, text in texts.items() for mark in MARKS
        if _is_in(mark, text)
    ]  # fmt: skip


def _is_in(mark: str, text: str | bytes) -> bool:
    """As it is written, in capitals, or escaped as JSON."""
    forms = {mark.lower(), mark.upper().lower(), json.dumps(mark.lower())[1:-1]}
    if isinstance(text, bytes):
        forms = {one.encode().lower() for one in (*forms, mark.upper())}
    return any(form in text.lower() for form in forms)


def marked_columns() -> set[tuple[str, str]]:
    """The columns in which a mark is, table by table."""
    found = set()
    for table in Base.metadata.sorted_tables:
        for row in db.session.execute(sa.select(table)):
            for column, value in row._mapping.items():
                text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                if any(_is_in(mark, text) for mark in MARKS):
                    found.add((table.name, str(column)))
    return found
