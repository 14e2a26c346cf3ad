"""Kinds: the words that events and registrations are said in."""

from enum import StrEnum


class EventKind(StrEnum):
    """What sort of gathering it is."""

    MEETING = "meeting"
    TRAINING = "training"
    WEBINAR = "webinar"
    WORKSHOP = "workshop"
    BRIEFING = "briefing"
    COMMITTEE = "committee"
    FORUM = "forum"
    TALK = "talk"
    OTHER = "other"

    @property
    def label(self) -> str:
        return _KINDS[self]


_KINDS = {
    EventKind.MEETING: "Rencontre",
    EventKind.TRAINING: "Formation",
    EventKind.WEBINAR: "Webinaire",
    EventKind.WORKSHOP: "Atelier",
    EventKind.BRIEFING: "Réunion d’information",
    EventKind.COMMITTEE: "Comité",
    EventKind.FORUM: "Forum, salon ou stand",
    EventKind.TALK: "Intervention",
    EventKind.OTHER: "Autre",
}


class Part(StrEnum):
    """What a partner does in an event."""

    ORGANISER = "organiser"
    CO_ORGANISER = "co_organiser"
    SPEAKER = "speaker"
    HOST = "host"
    PARTNER = "partner"
    FUNDER = "funder"

    @property
    def label(self) -> str:
        return _PARTS[self]

    def named(self, count: int) -> str:
        """What it is called when so many play it: « Partenaires »."""
        return self.label + "s" if count > 1 and self is not Part.HOST else self.label


_PARTS = {
    Part.ORGANISER: "Organisateur",
    Part.CO_ORGANISER: "Co-organisateur",
    Part.SPEAKER: "Intervenant",
    Part.HOST: "Accueil",
    Part.PARTNER: "Partenaire",
    Part.FUNDER: "Financeur",
}


class State(StrEnum):
    """Where a registration stands. Only the first two hold a place."""

    CONFIRMED = "confirmed"
    OFFERED = "offered"  # a place was freed: it is theirs until the deadline
    WAITING = "waiting"
    CANCELLED = "cancelled"
    SUSPECT = "suspect"  # perhaps a robot's: it holds no place and gets no mail

    @property
    def label(self) -> str:
        return _STATES[self]

    @property
    def icon(self) -> str:
        return {"confirmed": "check-circle", "offered": "hourglass-split", "waiting": "clock",
                "cancelled": "x-circle", "suspect": "question-circle"}[self]  # fmt: skip


_STATES = {
    State.CONFIRMED: "Inscrit·e",
    State.OFFERED: "Place proposée",
    State.WAITING: "Liste d’attente",
    State.CANCELLED: "Désisté·e",
    State.SUSPECT: "À vérifier",
}

SEATED = (State.CONFIRMED, State.OFFERED)  # those that hold a place


class Channel(StrEnum):
    """How a registration came."""

    FORM = "form"
    STAFF = "staff"
    DOOR = "door"  # they came without having registered
    FILE = "file"  # read from a list of those who attended

    @property
    def label(self) -> str:
        return {"form": "En ligne", "staff": "Par l’équipe", "door": "Sur place",
                "file": "Depuis une liste"}[self]  # fmt: skip


class Owed(StrEnum):
    """What mail somebody is owed: a worker writes it a moment later."""

    STATE = "state"  # where their registration stands
    MOVED = "moved"  # the event changed
    OFF = "off"  # the event is called off


class Attendance(StrEnum):
    """Whether they came, once it is known."""

    CAME = "came"
    LATE = "late"
    ABSENT = "absent"

    @property
    def label(self) -> str:
        return {"came": "Présent·e", "late": "En retard", "absent": "Absent·e"}[self]


CAME = (Attendance.CAME, Attendance.LATE)


class Known(StrEnum):
    """How it is known that somebody came."""

    SHEET = "sheet"
    NAME = "name"
    CODE = "code"
    FILE = "file"
    TEAM = "team"

    @property
    def label(self) -> str:
        return {"sheet": "feuille d’émargement", "name": "pointage par nom",
                "code": "code présenté à l’entrée", "file": "liste de connexion",
                "team": "noté par l’équipe"}[self]  # fmt: skip


class CountKind(StrEnum):
    """How a number of people was arrived at."""

    COUNTED = "counted"
    DECLARED = "declared"
    ESTIMATED = "estimated"

    @property
    def label(self) -> str:
        return {"counted": "compté", "declared": "déclaré", "estimated": "estimé"}[self]


class Shown(StrEnum):
    """Who a document is for."""

    EVERYONE = "everyone"
    REGISTERED = "registered"

    @property
    def label(self) -> str:
        return {"everyone": "Tout le monde", "registered": "Les personnes inscrites"}[self]


class QuestionKind(StrEnum):
    """How a question of the registration form is answered."""

    LINE = "line"
    TEXT = "text"
    CHOICE = "choice"
    SEVERAL = "several"
    YES = "yes"

    @property
    def label(self) -> str:
        return {"line": "Quelques mots", "text": "Un texte", "choice": "Un choix dans une liste",
                "several": "Plusieurs choix", "yes": "Oui ou non"}[self]  # fmt: skip
