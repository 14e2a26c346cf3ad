"""The short lists of requests: kinds, states, channels… each with its words in French."""

from enum import IntEnum, StrEnum


class RequestKind(StrEnum):
    """What someone asks for: the questions of the public form follow from it."""

    INFORMATION = "information"
    PROJECT = "project"
    YOUTH = "youth"
    FUNDING = "funding"
    PARTNER = "partner"
    OTHER = "other"

    @property
    def label(self) -> str:
        return _KINDS[self]

    @property
    def question(self) -> str:
        """The same, as someone who asks would say it."""
        return _QUESTIONS[self]


_KINDS = {
    RequestKind.INFORMATION: "Information",
    RequestKind.PROJECT: "Projet international",
    RequestKind.YOUTH: "Projet ECSI ou jeunesse",
    RequestKind.FUNDING: "Financement",
    RequestKind.PARTNER: "Recherche de partenaire",
    RequestKind.OTHER: "Autre demande",
}
_QUESTIONS = {
    RequestKind.INFORMATION: "Je cherche une information",
    RequestKind.PROJECT: "Je souhaite être accompagné·e dans un projet international",
    RequestKind.YOUTH: "Je monte un projet jeunesse ou d’éducation à la citoyenneté mondiale",
    RequestKind.FUNDING: "Je cherche un financement",
    RequestKind.PARTNER: "Je cherche un partenaire",
    RequestKind.OTHER: "Autre chose",
}


class State(StrEnum):
    """Where a request stands. Closed, it can be opened again."""

    NEW = "new"
    ASSIGNED = "assigned"
    ONGOING = "ongoing"
    WAITING = "waiting"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        return _STATES[self][0]

    @property
    def plural(self) -> str:
        return _STATES[self][1]

    @property
    def slug(self) -> str:
        """As an address writes it."""
        return _STATES[self][2]


_STATES = {
    State.NEW: ("nouvelle", "nouvelles", "nouvelles"),
    State.ASSIGNED: ("attribuée", "attribuées", "attribuees"),
    State.ONGOING: ("en cours", "en cours", "en-cours"),
    State.WAITING: ("en attente du demandeur", "en attente du demandeur", "en-attente"),
    State.CLOSED: ("close", "closes", "closes"),
}
OPEN_STATES = (State.NEW, State.ASSIGNED, State.ONGOING, State.WAITING)


class Channel(StrEnum):
    """How someone reached the network."""

    FORM = "form"
    MAIL = "mail"
    PHONE = "phone"
    STAND = "stand"
    VISIT = "visit"
    VIDEO = "video"
    SOCIAL = "social"

    @property
    def label(self) -> str:
        return _CHANNELS[self]


_CHANNELS = {
    Channel.FORM: "Formulaire",
    Channel.MAIL: "Courriel",
    Channel.PHONE: "Téléphone",
    Channel.STAND: "Stand ou salon",
    Channel.VISIT: "Visite",
    Channel.VIDEO: "Visioconférence",
    Channel.SOCIAL: "Réseaux sociaux",
}


class Public(StrEnum):
    """Who asks, in the broad kinds that yearly figures count."""

    INDIVIDUAL = "individual"
    YOUNG = "young"
    ASSOCIATION = "association"
    AUTHORITY = "authority"
    SCHOOL = "school"
    COMPANY = "company"
    INSTITUTION = "institution"
    OTHER = "other"

    @property
    def label(self) -> str:
        return _PUBLICS[self]


_PUBLICS = {
    Public.INDIVIDUAL: "Particulier",
    Public.YOUNG: "Jeune, étudiant·e",
    Public.ASSOCIATION: "Association",
    Public.AUTHORITY: "Collectivité",
    Public.SCHOOL: "Établissement d’enseignement",
    Public.COMPANY: "Entreprise",
    Public.INSTITUTION: "Autre institution",
    Public.OTHER: "Autre public",
}


class Stage(StrEnum):
    """How far a project has come."""

    IDEA = "idea"
    DESIGN = "design"
    FUNDING = "funding"
    RUNNING = "running"
    DONE = "done"

    @property
    def label(self) -> str:
        return _STAGES[self]


_STAGES = {
    Stage.IDEA: "Une idée",
    Stage.DESIGN: "Un projet qui s’écrit",
    Stage.FUNDING: "Un projet écrit, à financer",
    Stage.RUNNING: "Un projet déjà en route",
    Stage.DONE: "Un projet terminé, à prolonger ou à raconter",
}


class Priority(IntEnum):
    """The lower, the sooner: lists are in the order of the numbers."""

    HIGH = 0
    NORMAL = 1
    LOW = 2

    @property
    def label(self) -> str:
        return ("haute", "normale", "basse")[self]


class Outcome(StrEnum):
    """What a closed request led to."""

    ANSWERED = "answered"
    ACCOMPANIED = "accompanied"
    REDIRECTED = "redirected"
    OUT_OF_SCOPE = "out_of_scope"
    NO_NEWS = "no_news"
    WITHDRAWN = "withdrawn"
    DUPLICATE = "duplicate"

    @property
    def label(self) -> str:
        return _OUTCOMES[self]


_OUTCOMES = {
    Outcome.ANSWERED: "Information donnée",
    Outcome.ACCOMPANIED: "Projet accompagné",
    Outcome.REDIRECTED: "Orientée vers un partenaire",
    Outcome.OUT_OF_SCOPE: "Hors de nos missions",
    Outcome.NO_NEWS: "Sans nouvelles du demandeur",
    Outcome.WITHDRAWN: "Retirée par le demandeur",
    Outcome.DUPLICATE: "Déjà traitée dans une autre demande",
}
