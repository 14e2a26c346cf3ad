"""SPF: which servers a domain says may write in its name (RFC 7208)."""

import ipaddress
from dataclasses import dataclass, field

from crm.newsletter.returns.names import Names

LOOKUPS = 10  # the most that one record may cause (§4.6.4)


@dataclass
class Reading:
    """What reading a record gave: who is allowed, and how many questions it took."""

    networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = field(default_factory=list)
    lookups: int = 0
    everybody: str = ""  # « - », « ~ », « ? » or « + », before « all »
    errors: list[str] = field(default_factory=list)

    def allows(self, address: str) -> bool:
        found = ipaddress.ip_address(address)
        return any(found in network for network in self.networks)


def records(names: Names, domain: str) -> list[str]:
    """The SPF records of `domain`, always in the same order: the DNS keeps none."""
    return sorted(text for text in names.texts(domain) if text.lower().split(" ")[0] == "v=spf1")


def read(names: Names, domain: str, record: str) -> Reading:
    """Follow a record as servers do, `include` and `redirect` with it. Raises Unreachable."""
    reading = Reading()
    _follow(names, domain, record, reading, is_first=True)
    return reading


def _follow(names: Names, domain: str, record: str, reading: Reading, *, is_first: bool) -> None:
    for term in record.split()[1:]:
        sign, mechanism = (term[0], term[1:]) if term[0] in "+-~?" else ("+", term)
        name, _, value = mechanism.partition("=" if mechanism.startswith("redirect") else ":")
        name = name.lower().partition("/")[0]
        if name == "all" and is_first:
            reading.everybody = sign
        elif name in ("ip4", "ip6"):
            _keep(value, reading)
        elif name in ("a", "mx", "include", "redirect", "exists", "ptr"):
            reading.lookups += 1
            if reading.lookups <= LOOKUPS:
                target = value.partition("/")[0] or domain
                _look(names, name, target, reading, is_first=is_first)


def _look(names: Names, name: str, target: str, reading: Reading, *, is_first: bool) -> None:
    if name in ("include", "redirect"):
        found = records(names, target)
        if not found:
            reading.errors.append(target)
        for record in found[:1]:
            _follow(names, target, record, reading, is_first=is_first and name == "redirect")
    elif name in ("a", "mx"):
        hosts = names.mail_servers(target) if name == "mx" else [target]
        for host in hosts[:LOOKUPS]:
            for address in names.addresses(host):
                _keep(address, reading)


def _keep(value: str, reading: Reading) -> None:
    try:
        reading.networks.append(ipaddress.ip_network(value, strict=False))
    except ValueError:
        reading.errors.append(value)
