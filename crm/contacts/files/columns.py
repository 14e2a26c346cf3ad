"""Columns: what a spreadsheet of contacts may hold, the same ones coming in and going out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from crm.contacts import cells, identifiers
from crm.contacts.details import DetailKind
from crm.contacts.kinds import ContactKind
from crm.contacts.terms import Vocabulary

# What stands between several values typed by hand in one cell; ours are between bars.
IN_TEXT = r"[;\n]"
_IN_PHONES = r"[;,/\n]|\bou\b"
_IN_MAILS = r"[;,\s]"


@dataclass(frozen=True)
class Column:
    """One kind of fact, and how it is written in a cell."""

    key: str  # « organisation.siren »: whose it is, and what
    label: str  # the heading we write, and recognise first
    read: Callable[[str], Any]  # one value; raises ValueError, in French
    write: Callable[[Any], str] = str
    between: str = ""  # what separates several values, when there may be several
    vocabulary: Vocabulary | None = None
    detail: DetailKind | None = None
    aliases: tuple[str, ...] = ()  # other headings, folded

    @cached_property
    def owner(self) -> str:
        """`organisation`, `person` or `role`."""
        return self.key.partition(".")[0]

    @cached_property
    def name(self) -> str:
        return self.key.partition(".")[2]

    def values(self, cell: str) -> Any:
        """What the cell says: one value, or a list. Raises ValueError, in French."""
        if self.between:
            return [self.read(part) for part in cells.split(cell, self.between)]
        return self.read(cell)

    def cell(self, value: Any) -> str:
        """How this value is written; nothing is an empty cell."""
        if self.between:
            return cells.join([self.write(one) for one in value or ()], self.between)
        return "" if value is None else self.write(value)


def _french(value: date) -> str:
    return f"{value:%d/%m/%Y}"


def _terms(key: str, label: str, vocabulary: Vocabulary, *aliases: str) -> Column:
    return Column(
        key, label, cells.line(200), between=IN_TEXT, vocabulary=vocabulary, aliases=aliases
    )


def _mails(owner: str, label: str, *aliases: str) -> Column:
    return Column(
        f"{owner}.emails", label, cells.email,
        between=_IN_MAILS, detail=DetailKind.EMAIL, aliases=aliases,
    )  # fmt: skip


def _phones(owner: str, label: str, *aliases: str) -> Column:
    return Column(
        f"{owner}.phones", label, cells.phone,
        between=_IN_PHONES, detail=DetailKind.PHONE, aliases=aliases,
    )  # fmt: skip


ORGANISATION = (
    Column("organisation.id", "Fiche structure", cells.whole),
    Column("organisation.name", "Structure", cells.line(300), aliases=(
        "structure", "raison sociale", "organisme", "organisation", "association", "collectivite",
        "denomination", "nom de la structure", "nom structure", "nom de l organisation",
        "nom organisation", "nom de l association", "nom association", "nom de l organisme",
        "entreprise", "societe", "etablissement", "employeur", "intitule", "libelle",
    )),
    Column("organisation.acronym", "Sigle", cells.line(60), aliases=("acronyme", "abreviation")),
    Column("organisation.other_names", "Autres noms", cells.line(300), between=IN_TEXT, aliases=(
        "autre nom", "ancien nom", "anciens noms", "nom d usage", "alias",
    )),
    Column("organisation.actor_type", "Type", cells.line(200), vocabulary=Vocabulary.ACTOR_TYPE,
           aliases=("type d acteur", "type acteur", "type de structure", "type structure",
                    "nature", "statut", "forme juridique", "type d organisation")),
    Column("organisation.category", "Catégorie (quand le type manque)", cells.line(200),
           vocabulary=Vocabulary.ACTOR_TYPE,
           aliases=("categorie", "categorie d acteur", "famille", "college")),
    Column("organisation.siren", "SIREN", cells.siren, aliases=("numero siren", "n siren")),
    Column("organisation.siret", "SIRET", cells.siret, aliases=("numero siret", "n siret")),
    Column("organisation.rna", "RNA", identifiers.rna, aliases=("numero rna", "n rna", "waldec")),
    Column("organisation.street", "Adresse", cells.line(300), aliases=(
        "rue", "voie", "adresse 1", "adresse1", "adresse du siege", "adresse siege", "siege",
    )),
    Column("organisation.postcode", "Code postal", cells.postcode, aliases=("cp", "code post")),
    Column("organisation.commune", "Commune", cells.line(120), aliases=(
        "ville", "localite", "ville siege", "commune du siege",
    )),
    Column("organisation.department", "Département", cells.department, aliases=(
        "dept", "dpt", "dep", "code departement", "numero de departement", "departement du siege",
    )),
    Column("organisation.postal_address", "Adresse postale", cells.text(2000), aliases=(
        "adresse de correspondance", "adresse d envoi",
    )),
    Column("organisation.website", "Site web", cells.website, aliases=(
        "site", "site internet", "url", "web", "page web", "internet",
    )),
    Column("organisation.languages", "Langues", cells.language, cells.language_name,
           between=r"[;,/\n]", aliases=("langue s", "langues de travail", "langues parlees")),
    Column("organisation.founded_year", "Année de création", cells.year, aliases=(
        "creation", "date de creation", "cree en", "creee en", "annee creation", "fondee en",
    )),
    Column("organisation.staff_count", "Salariés", cells.whole, aliases=(
        "nombre de salaries", "nb salaries", "effectif", "effectifs", "etp",
    )),
    Column("organisation.volunteer_count", "Bénévoles", cells.whole, aliases=(
        "nombre de benevoles", "nb benevoles",
    )),
    _terms("organisation.sectors", "Secteurs", Vocabulary.SECTOR,
           "secteur", "secteur d activite", "secteurs d activite", "domaine", "domaines",
           "thematique", "thematiques", "domaines d intervention", "secteurs d intervention"),
    _terms("organisation.sdgs", "ODD", Vocabulary.SDG,
           "objectifs de developpement durable", "objectif de developpement durable"),
    _terms("organisation.countries", "Pays", Vocabulary.COUNTRY,
           "pays d intervention", "zone d intervention", "zones d intervention", "pays zones"),
    _terms("organisation.tags", "Étiquettes", Vocabulary.TAG,
           "etiquette", "mots cles", "mot cle", "tags", "tag"),
    Column("organisation.description", "Présentation", cells.text(20_000), aliases=(
        "description", "objet", "activites", "activite", "missions", "resume",
    )),
    Column("organisation.competences", "Compétences", cells.text(20_000), aliases=(
        "competence", "expertise", "savoir faire",
    )),
    Column("organisation.on_board_since", "Membre du conseil depuis", cells.day, _french, aliases=(
        "au ca depuis", "membre du ca depuis",
    )),
    Column("organisation.relay_territory", "Territoire du relais", cells.line(200)),
    _mails("organisation", "Courriels de la structure",
           "courriel structure", "email structure", "mail structure", "e mail structure",
           "courriel de la structure", "mail de la structure", "email de la structure",
           "email generique", "courriel generique", "mail organisme", "email organisation"),
    _phones("organisation", "Téléphones de la structure",
            "telephone structure", "tel structure", "telephone de la structure", "standard",
            "tel standard", "telephone standard"),
)  # fmt: skip

PERSON = (
    Column("person.id", "Fiche personne", cells.whole),
    Column("person.first_name", "Prénom", cells.line(100), aliases=("prenoms", "prenom contact")),
    Column("person.last_name", "Nom", cells.line(100), aliases=(
        "nom de famille", "nom contact", "nom du contact", "nom d usage de la personne",
    )),
    Column("person.full_name", "Nom complet", cells.line(200), aliases=(
        "contact", "prenom nom", "nom prenom", "nom et prenom", "prenom et nom", "personne",
        "interlocuteur", "referent", "referente", "responsable", "correspondant", "president",
        "representant", "personne contact", "personne a contacter",
    )),
    _mails("person", "Courriels"),
    _phones("person", "Téléphones"),
    Column("person.language", "Langue", cells.language, cells.language_name),
    Column("person.channel", "Canal préféré", cells.channel, lambda value: value.label, aliases=(
        "canal", "moyen de contact",
    )),
    Column("person.commune", "Commune de la personne", cells.line(120)),
    Column("person.department", "Département de la personne", cells.department),
    _terms("person.tags", "Étiquettes de la personne", Vocabulary.TAG),
    Column("role.title", "Fonction", cells.line(200), aliases=(
        "poste", "qualite", "role", "titre", "fonction dans la structure", "mandat",
    )),
    Column("role.started_on", "En fonction depuis", cells.day, _french, aliases=(
        "depuis", "depuis le", "date de prise de fonction",
    )),
)  # fmt: skip

COLUMNS = {column.key: column for column in ORGANISATION + PERSON}

# Headings said of a structure as well as of a person: the others around them tell.
EITHER = {
    "emails": (
        "courriel", "courriels", "email", "emails", "e mail", "e mails", "mail", "mails", "mel",
        "adresse mail", "adresse email", "adresse e mail", "adresse electronique", "adresse mel",
        "courrier electronique",
    ),
    "phones": (
        "tel", "telephone", "telephones", "telephone fixe", "tel fixe", "fixe", "portable",
        "mobile", "tel portable", "telephone portable", "numero de telephone", "tel 1", "tel 2",
        "gsm",
    ),
    "commune": ("commune", "ville", "localite"),
    "department": ("departement", "dept", "dpt", "dep", "code postal", "cp"),
    "tags": ("etiquettes", "etiquette", "mots cles", "tags"),
}  # fmt: skip


def owner_kind(column: Column) -> ContactKind | None:
    """Which card the column is about; None for what ties a person to an organisation."""
    return ContactKind(column.owner) if column.owner != "role" else None
