"""Connecting to someone else's site: to a public address only, and not for long."""

import ipaddress
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter

from crm.config import Network

MAX_ADDRESSES = 4  # of one name, tried in turn
CONNECT_SECONDS = 5.0
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class Unreachable(Exception):
    """A page could not be read. The message is a sentence in French for whoever follows it."""


class Visit(HTTPAdapter):
    """One visit to a site: what it may connect to, and the clock that cuts it short."""

    def __init__(self, allow: Sequence[Network], seconds: float) -> None:
        super().__init__()
        self.allow, self.seconds = allow, seconds
        self.is_over = False
        self._found: list[tuple[int, Any]] = []
        self._lines: list[socket.socket] = []

    def resolve(self, url: str) -> None:
        """Find where `url` leads, and keep only what may be connected to."""
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            answers = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Unreachable("Le site est introuvable\u00a0: vérifiez l’adresse.") from error
        self._found = [
            (int(family), place)
            for family, _type, _protocol, _name, place in answers
            if is_allowed(str(place[0]), self.allow)
        ][:MAX_ADDRESSES]
        if not self._found:
            raise Unreachable("L’adresse mène à un réseau privé\u00a0: elle n’est pas suivie.")

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """The usual connection, for the usual name, but to the addresses that were checked."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        usual = pool.ConnectionCls
        pool.ConnectionCls = type("Checked", (usual,), {"_new_conn": lambda _: self._connect()})
        return pool

    def _connect(self) -> socket.socket:
        failure: OSError = TimeoutError()
        for family, place in self._found:
            line = socket.socket(family, socket.SOCK_STREAM)
            line.settimeout(CONNECT_SECONDS)
            try:
                line.connect(place)
            except OSError as error:
                line.close()
                failure = error
                continue
            return self._watched(line)
        raise failure

    def _watched(self, line: socket.socket) -> socket.socket:
        # A second handle on the connection: TLS takes the first one over.
        self._lines.append(line.dup())
        if self.is_over:
            self.cut()
        return line

    def cut(self) -> None:
        """Hang up, whatever is going on: each byte restarts the usual time limits, not this one."""
        self.is_over = True
        for line in list(self._lines):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        super().close()
        for line in self._lines:
            line.close()


@contextmanager
def visiting(allow: Sequence[Network], seconds: float) -> Iterator[Visit]:
    visit = Visit(allow, seconds)
    timer = threading.Timer(seconds, visit.cut)
    timer.daemon = True
    timer.start()
    try:
        yield visit
    finally:
        timer.cancel()
        timer.join()
        visit.close()


def is_allowed(text: str, allow: Sequence[Network] = ()) -> bool:
    """Whether this IP address may be connected to: on the public internet, or in `allow`."""
    address = _unwrapped(ipaddress.ip_address(text.partition("%")[0]))
    if any(address in network for network in allow):
        return True
    local = address.is_private or address.is_loopback or address.is_link_local
    if isinstance(address, ipaddress.IPv6Address):
        local = local or address.is_site_local
    odd = address.is_multicast or address.is_reserved or address.is_unspecified
    return address.is_global and not local and not odd


def _unwrapped(address: IPAddress) -> IPAddress:
    """The IPv4 address inside an IPv6 one (mapped, 6to4, Teredo, NAT64), where it really leads."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address
