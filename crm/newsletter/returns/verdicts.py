"""Verdicts: what a refusal says of an address, told by its status, then by the server's words."""

import re

from crm.newsletter.bounces import Kind

# Enhanced status codes (RFC 3463, the IANA registry, and what large providers really send).
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_CODE = re.compile(r"(?<![\w.\-/:])([45]\d\d)(?=[ \-:,\])]|$)")

_WORDS = {
    # What is said of us, or of the message, says nothing against the address.
    Kind.BLOCKED: (
        r"sender (address|domain|rejected|denied|unknown|verif)|(from|return).{0,12}address "
        r"rejected|spam|unsolicited|junk|blocked|black ?list|block ?list|denylist|dnsbl|\brbl\b"
        r"|spamhaus|dmarc|\bdkim\b|\bspf\b|reputation|polic(y|ies)|content (rejected|refused)"
        r"|virus|malware|phish|relay(ing)? (access )?(denied|not|prohib)|not permitted to relay"
        r"|unauthenticated|not authorized to send|banned|too (large|big|long)|exceeds? .{0,30}size"
        r"|size limit|reverse dns|\bptr\b|liste noire|indésirable|indesirable|ofr_?\d|bad helo"
    ),
    Kind.SOFT: (
        r"mailbox (is )?full|mailfolder is full|over ?quota|quota|insufficient (system )?storage"
        r"|boîte .{0,30}pleine|boite .{0,30}pleine|espace .{0,20}insuffisant|try (again|later)"
        r"|temporar|greylist|grey-list|too many|rate limit|deferred|time(d|-)?[ ]?out|expired"
        r"|connection (refused|lost|reset)|retry|réessayer|retenter|momentan|saturée"
    ),
    Kind.HARD: (
        r"(user|recipient|mailbox|account|address|adresse|destinataire|utilisateur|compte|boîte"
        r"|boite|domain|domaine|host).{0,60}(unknown|not (found|exist|valid|listed|available|here)"
        r"|unavailable|doesn.?t (exist|have)|does not (exist|have)|n.existe|inconnu|introuvable"
        r"|invalid|disabled|inactive|inactif|suspend|désactiv|desactiv|ferm[ée]|clos|closed"
        r"|rejected|no longer|invalide|deactivated|terminated)"
        r"|(unknown|invalid|no such|bad destination|nonexistent|non-existent).{0,20}"
        r"(user|recipient|mailbox|address|account|domain|host|person|local part)"
        r"|no mailbox (here )?by that name|no such (person|user|recipient)|recipnotfound"
        r"|recipientnotfound|nxdomain|name or service not known|account .{0,20}(is )?disabled"
        r"|couldn.?t find any host|not our customer|mailbox not found|unrouteable address"
        r"|utilisateur inconnu|adresse .{0,20}(inconnue|erronée|incorrecte)|pas de boîte"
    ),
}
_WORDS_RE = {kind: re.compile(words, re.IGNORECASE) for kind, words in _WORDS.items()}


def status_of(*texts: str) -> str:
    """The most telling status in these texts: « 5.1.1 », else « 550 », else nothing."""
    found = [".".join(one) for text in texts for one in _STATUS.findall(text)]
    failures = [status for status in found if status[0] in "45"]
    precise = [status for status in failures if not status.endswith(".0.0")]
    codes = [code for text in texts for code in _CODE.findall(text)]
    return next(iter([*precise, *failures, *codes]), "")


def verdict(status: str, words: str) -> Kind | None:
    """What this refusal says, or None when it says nothing that can be understood."""
    if "." in status:
        return _by_status(status, words)
    if status:
        return _by_code(status, words)
    return by_words(words)


def by_words(words: str) -> Kind | None:
    """What the words alone say: against us first, then for now, then against the address."""
    return next((kind for kind, said in _WORDS_RE.items() if said.search(words)), None)


def _by_status(status: str, words: str) -> Kind:
    severity, subject, detail = (int(part) for part in status.split(".")[:3])
    if severity == 4:
        return Kind.SOFT
    usual = _USUAL.get((subject, detail)) or _OF_SUBJECT.get(subject, Kind.HARD)
    if (subject, detail) in _USUAL or subject not in _UNSURE:
        return usual
    return by_words(words) or usual


def _by_code(code: str, words: str) -> Kind:
    if code.startswith("4"):
        return Kind.SOFT
    usual = {"552": Kind.SOFT, "554": Kind.BLOCKED}.get(code, Kind.HARD)
    return by_words(words) or usual


# What is sure whatever the words: (subject, detail) of a permanent failure.
_USUAL = {
    (1, 1): Kind.HARD, (1, 2): Kind.HARD, (1, 3): Kind.HARD, (1, 6): Kind.HARD,
    (1, 7): Kind.BLOCKED, (1, 8): Kind.BLOCKED, (1, 10): Kind.HARD,
    (2, 2): Kind.SOFT, (2, 3): Kind.BLOCKED, (2, 4): Kind.SOFT,
    (3, 4): Kind.BLOCKED, (4, 4): Kind.HARD, (4, 7): Kind.SOFT, (4, 310): Kind.HARD,
}  # fmt: skip
# What a subject means when its detail says no more, and its words neither.
_OF_SUBJECT = {
    0: Kind.HARD, 1: Kind.HARD, 2: Kind.HARD, 3: Kind.SOFT, 4: Kind.SOFT, 5: Kind.SOFT,
    6: Kind.BLOCKED, 7: Kind.BLOCKED,
}  # fmt: skip
_UNSURE = {0, 1, 2, 3, 4, 5, 7}
