"""The sender's health: what the DNS says of who may write in our name, and what to mend.

SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489), reverse names, and whether returns can arrive.
Without a DNS, each check still says which record should be there.
"""

import ipaddress
import re
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from crm import signature
from crm.config import Settings
from crm.newsletter.returns import spf
from crm.newsletter.returns.names import Names, Unreachable


class State(StrEnum):
    """How well one thing is; the value is what colours it."""

    GOOD = "good"
    DOUBT = "wait"
    WRONG = "bad"
    UNKNOWN = "idle"

    @property
    def label(self) -> str:
        names = {"good": "en ordre", "wait": "à revoir", "bad": "à corriger", "idle": "inconnu"}
        return names[self]


@dataclass(frozen=True)
class Check:
    """One thing to know: what was found, what to do, and the record to copy if there is one."""

    title: str
    state: State
    said: str
    found: str = ""
    name: str = ""
    record: str = ""


BLIND = "Le DNS ne répond pas depuis ce serveur\u00a0: nous n’avons pas pu regarder."


def examine(settings: Settings) -> list[Check]:
    """Everything that can be told of our domain. Once the DNS is silent, it is asked no more."""
    names: Names | None = None
    with suppress(Unreachable):
        names = Names(settings.dns_server)
    checks = []
    for check in (_spf, _dkim, _dmarc, _ptr, _returns):
        try:
            checks.append(check(settings, names))
        except Unreachable:
            names = None
            checks.append(check(settings, None))
    return checks


def relay(settings: Settings) -> str:
    """The name of the server our mail is handed over to, or nothing."""
    return urlsplit(settings.smtp_url or "").hostname or ""


def envelope_domain(settings: Settings) -> str:
    """The domain that refusals come back to: the one SPF is asked about."""
    return settings.bounces_mail.rpartition("@")[2].lower() or signature.domain(settings)


def _spf(settings: Settings, names: Names | None) -> Check:
    title, domain, host = (
        "SPF\u00a0: qui peut écrire en votre nom",
        envelope_domain(settings),
        relay(settings),
    )
    wanted = f"v=spf1 mx{f' a:{host}' if _is_public(host) else ''} ~all"
    if names is None:
        return Check(title, State.UNKNOWN, BLIND, "", domain, wanted)
    found = spf.records(names, domain)
    if not found:
        said = (
            f"{domain} ne dit pas quels serveurs peuvent écrire en son nom. Ajoutez cet "
            "enregistrement TXT, complété par ce que demande votre hébergeur."
        )
        return Check(title, State.WRONG, said, "", domain, wanted)
    if len(found) > 1:
        said = (
            "Il y a plusieurs enregistrements SPF\u00a0: ils s’annulent. Réunissez-les en un seul."
        )
        return Check(title, State.WRONG, said, " | ".join(found), domain, _merged(found))
    return _read_spf(
        title, domain, found[0], spf.read(names, domain, found[0]), _places(host, names)
    )


def _read_spf(
    title: str, domain: str, record: str, reading: spf.Reading, places: list[str]
) -> Check:
    if reading.lookups > spf.LOOKUPS:
        said = (
            f"Il oblige à plus de {spf.LOOKUPS} recherches\u00a0: les messageries l’ignorent. "
            "Retirez les «\u00a0include\u00a0» inutiles."
        )
        return Check(title, State.WRONG, said, record)
    if reading.errors:
        said = f"Une partie ne peut pas être lue\u00a0: {', '.join(reading.errors[:3])}."
        return Check(title, State.WRONG, said, record)
    if reading.everybody in ("+", "?", ""):
        said = (
            "Il laisse n’importe qui écrire en votre nom\u00a0: il doit finir par "
            "«\u00a0~all\u00a0»."
        )
        fixed = re.sub(r"\s*[+?]?all\s*$", "", record) + " ~all"
        return Check(title, State.WRONG, said, record, domain, fixed)
    missing = [place for place in places if not reading.allows(place)]
    if missing:
        kind = "ip6" if ":" in missing[0] else "ip4"
        said = (
            f"Votre serveur d’envoi ({missing[0]}) n’y est pas. S’il écrit lui-même aux "
            "messageries, ajoutez-le."
        )
        fixed = re.sub(r"\s(\S?all)\s*$", rf" {kind}:{missing[0]} \1", record)
        return Check(title, State.DOUBT, said, record, domain, fixed)
    return Check(
        title, State.GOOD, f"{domain} dit quels serveurs peuvent écrire en son nom.", record
    )


def _dkim(settings: Settings, names: Names | None) -> Check:
    title, domain = "DKIM\u00a0: la signature de vos messages", signature.domain(settings)
    if not settings.dkim_selector:
        said = (
            "D’habitude, le serveur d’envoi signe lui-même. Pour vérifier sa clef ici, donnez le "
            "nom de son «\u00a0sélecteur\u00a0» dans le réglage CRM_DKIM_SELECTOR."
        )
        return Check(title, State.UNKNOWN, said)
    name = f"{settings.dkim_selector}._domainkey.{domain}"
    wanted = signature.public_record(settings.dkim_key) if settings.dkim_key else ""
    if names is None:
        return Check(title, State.UNKNOWN, BLIND, "", name, wanted)
    found = next((text for text in names.texts(name) if "p=" in text), "")
    if not found:
        said = (
            f"Aucune clef n’est publiée sous {name}\u00a0: les messageries ne peuvent pas "
            "vérifier vos messages."
        )
        return Check(title, State.WRONG, said, "", name, wanted)
    if not _key(found):
        said = "La clef publiée est vide\u00a0: elle a été révoquée."
        return Check(title, State.WRONG, said, found, name, wanted)
    if wanted and _key(found) != _key(wanted):
        said = "La clef publiée n’est pas celle qui signe vos messages\u00a0: remplacez-la."
        return Check(title, State.WRONG, said, found, name, wanted)
    said = (
        "Vos messages sont signés, et la clef publiée est la bonne."
        if wanted
        else "Une clef est publiée pour le serveur qui signe."
    )
    return Check(title, State.GOOD, said, found)


def _dmarc(settings: Settings, names: Names | None) -> Check:
    title, domain = "DMARC\u00a0: que faire des faux", signature.domain(settings)
    name, wanted = f"_dmarc.{domain}", f"v=DMARC1; p=none; rua=mailto:dmarc@{domain}"
    if names is None:
        return Check(title, State.UNKNOWN, BLIND, "", name, wanted)
    found = _dmarc_of(names, domain)
    if not found:
        said = (
            "Gmail et Yahoo le demandent à qui écrit beaucoup. Commencez par observer (p=none), "
            "à une adresse que vous lisez."
        )
        return Check(title, State.WRONG, said, "", name, wanted)
    policy = re.search(r"(?i)\bp\s*=\s*(none|quarantine|reject)\b", found)
    if policy is None:
        return Check(title, State.WRONG, "Il ne dit pas que faire (p=…).", found, name, wanted)
    if policy[1].lower() == "none":
        said = (
            "Il observe sans protéger. Quand les rapports sont bons, passez à "
            "«\u00a0quarantine\u00a0»\u00a0: les faux iront dans les indésirables."
        )
        fixed = re.sub(r"(?i)\bp\s*=\s*none", "p=quarantine", found)
        return Check(title, State.DOUBT, said, found, name, fixed)
    return Check(
        title, State.GOOD, "Les messages qui se font passer pour vous sont écartés.", found
    )


def _dmarc_of(names: Names, domain: str) -> str:
    """That of the domain, else of the one above it (RFC 7489 §6.6.3)."""
    parts = domain.split(".")
    for start in range(max(1, len(parts) - 1)):
        for text in names.texts("_dmarc." + ".".join(parts[start:])):
            if text.lower().startswith("v=dmarc1"):
                return text
    return ""


def _ptr(settings: Settings, names: Names | None) -> Check:
    title, host = "Nom inverse du serveur d’envoi", relay(settings)
    if not _is_public(host):
        said = (
            "Votre serveur d’envoi est sur un réseau privé, ou n’est pas réglé "
            "(CRM_SMTP_URL)\u00a0: son adresse publique ne se voit pas d’ici."
        )
        return Check(title, State.UNKNOWN, said)
    if names is None:
        return Check(title, State.UNKNOWN, BLIND)
    places = _places(host, names)
    nameless = [place for place in places if not _is_named(place, names)]
    if not places:
        return Check(title, State.WRONG, f"{host} n’a pas d’adresse dans le DNS.")
    if nameless:
        said = (
            f"L’adresse {nameless[0]} n’a pas de nom qui revienne à elle. Demandez à l’hébergeur "
            f"du serveur de la nommer {host}."
        )
        return Check(title, State.WRONG, said)
    return Check(
        title, State.GOOD, "Son adresse porte un nom, et ce nom revient à elle.", ", ".join(places)
    )


def _returns(settings: Settings, names: Names | None) -> Check:
    title, domain = "Adresse des retours", envelope_domain(settings)
    if not settings.bounces_mail:
        said = (
            f"Les refus reviennent à l’adresse d’expéditeur ({domain}). Réglez CRM_BOUNCES_MAIL "
            "et CRM_BOUNCES_MAILBOX pour qu’ils soient lus ici."
        )
        return Check(title, State.DOUBT, said)
    if names is None:
        return Check(title, State.UNKNOWN, BLIND)
    if not names.mail_servers(domain) and not names.addresses(domain):
        said = f"{domain} ne reçoit pas de courrier\u00a0: aucun refus ne vous parviendra."
        return Check(
            title, State.WRONG, said, "", domain, f"MX 10 {relay(settings) or 'mx.' + domain}"
        )
    said = "Chaque refus revient avec la marque du destinataire qu’il concerne."
    if "*" not in settings.bounces_mail:
        said = (
            "Les refus reviennent. Avec une «\u00a0*\u00a0» dans CRM_BOUNCES_MAIL, chacun dirait "
            "de lui-même qui il concerne."
        )
    return Check(title, State.GOOD if "*" in settings.bounces_mail else State.DOUBT, said)


def _places(host: str, names: Names) -> list[str]:
    if not _is_public(host):
        return []
    return [host] if _is_address(host) else names.addresses(host)


def _is_named(place: str, names: Names) -> bool:
    return any(place in names.addresses(name) for name in names.reverse(place))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_public(host: str) -> bool:
    """Whether the world sees our relay under this name."""
    if _is_address(host):
        return ipaddress.ip_address(host).is_global
    return "." in host and not host.endswith((".local", ".lan", ".internal", ".localhost"))


def _key(record: str) -> str:
    found = re.search(r"p=([A-Za-z0-9+/=\s]*)", record)
    return re.sub(r"\s", "", found[1]) if found else ""


def _merged(records: list[str]) -> str:
    terms = [term for record in records for term in record.split()[1:] if not term.endswith("all")]
    return " ".join(["v=spf1", *dict.fromkeys(terms), "~all"])
