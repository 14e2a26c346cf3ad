"""Names: questions to the DNS, which may not answer."""

from typing import Any

import dns.exception
import dns.resolver
import dns.reversename

SECONDS = 3  # for one question

_ABSENT = (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer)


class Unreachable(Exception):
    """The DNS does not answer."""


class Names:
    """Questions to one server, « 192.0.2.53 » or « 192.0.2.53:53 », or to this machine's own.

    An empty list means that there is no such record. Every method raises Unreachable.
    """

    def __init__(self, server: str = "") -> None:
        try:
            self.resolver = dns.resolver.Resolver(configure=not server)
            if server:
                address, _, port = server.partition(":")
                self.resolver.nameservers, self.resolver.port = [address], int(port or 53)
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise Unreachable from error
        self.resolver.lifetime = SECONDS

    def texts(self, name: str) -> list[str]:
        """The TXT records of `name`, the pieces of each joined."""
        found = self._ask(name, "TXT")
        return [b"".join(one.strings).decode("utf-8", "replace") for one in found]

    def addresses(self, name: str) -> list[str]:
        """Its IPv4 and IPv6 addresses."""
        return [one.address for kind in ("A", "AAAA") for one in self._ask(name, kind)]

    def mail_servers(self, name: str) -> list[str]:
        return [str(one.exchange).rstrip(".") for one in self._ask(name, "MX")]

    def reverse(self, address: str) -> list[str]:
        """The names that an address says to have."""
        name = str(dns.reversename.from_address(address))
        return [str(one.target).rstrip(".") for one in self._ask(name, "PTR")]

    def _ask(self, name: str, kind: str) -> list[Any]:
        try:
            return list(self.resolver.resolve(name, kind))
        except _ABSENT:
            return []
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise Unreachable from error
