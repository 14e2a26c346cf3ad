"""Speaking SMTP with one server, in as few writes as it allows (RFC 5321, RFC 2920)."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress

Reply = tuple[int, bytes]
Envelope = tuple[str, str]  # whom refusals come back to, and the recipient

# Seconds a server may think before it answers a command, and before it says what it did with a
# message: hanging up too early there is how people receive a letter twice (RFC 5321 §4.5.3.2.6).
TIMEOUT = 60
FINAL_TIMEOUT = 300
GOODBYE_TIMEOUT = 2
LONGEST_LINE = 8192  # bytes of an answer


class Refused(Exception):
    """The server said no to one message: for good, or for now.

    `of_sender`: it did so before it knew the recipient, of whom that says nothing.
    """

    def __init__(self, words: str, *, for_good: bool, of_sender: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.for_good = for_good
        self.of_sender = of_sender


class ServerGone(Exception):
    """The server does not answer, or no longer.

    `in_doubt`: the message had been handed over whole and no answer came back.
    """

    def __init__(self, words: str, *, in_doubt: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.in_doubt = in_doubt


class Server(smtplib.SMTP):
    """An SMTP server, spoken to in as few writes as it allows (RFC 2920).

    Where it does, the end of a message, and MAIL, RCPT and DATA for the next one, go together.
    """

    relay, instead_of = "", ""
    # What it has been told of the next message, its answers not read yet.
    _announced: Envelope | None = None

    _came = b""  # what it said that was not read yet

    @property
    def link(self) -> socket.socket:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("la connexion est fermée")
        return self.sock

    def hand_over(
        self, sender: str, recipient: str, message: bytes, then: Envelope | None = None
    ) -> str:
        try:
            self._begin((sender, recipient))
            # Cut in here, the message has no end: the server cannot have taken it.
            self.link.sendall(message + b".\r\n" + self._next(then))
        except OSError as error:
            self.close()
            raise ServerGone(f"la connexion s’est interrompue ({reason(error)})") from error
        return _accepted(self._outcome())

    @property
    def expects(self) -> bool:
        return self._announced is not None

    def hang_up(self) -> None:
        with suppress(OSError):
            self.link.settimeout(GOODBYE_TIMEOUT)
            if not self._announced:  # else it waits for a message, and would take QUIT for its text
                self.quit()
        self.close()

    def _begin(self, envelope: Envelope) -> None:
        """MAIL, RCPT and DATA. Returns when the server waits for the message."""
        announced, self._announced = self._announced, None
        if announced:
            assert announced == envelope
            self._settle([self._reply() for _ in range(3)])
        elif self.has_extn("pipelining"):
            commands = self._envelope(envelope)
            self.link.sendall(b"".join(commands))
            self._settle([self._reply() for _ in commands])
        else:
            self._settle(list(self._one_by_one(self._envelope(envelope))))

    def _next(self, then: Envelope | None) -> bytes:
        """The commands that announce the next message, where they may follow this one."""
        if then is None or not "".join(then).isascii() or not self.has_extn("pipelining"):
            return b""
        self._announced = then
        return b"".join(self._envelope(then))

    def _envelope(self, envelope: Envelope) -> list[bytes]:
        (sender, recipient), option = envelope, ""
        if not (sender + recipient).isascii():
            if not self.has_extn("smtputf8"):
                raise Refused(
                    "le serveur d’envoi ne prend pas les adresses accentuées", for_good=True
                )
            option = " SMTPUTF8"
        body = " BODY=8BITMIME" if self.has_extn("8bitmime") else ""
        lines = (f"MAIL FROM:<{sender}>{body}{option}", f"RCPT TO:<{recipient}>", "DATA")
        return [f"{line}\r\n".encode() for line in lines]

    def _one_by_one(self, commands: list[bytes]) -> Iterator[Reply]:
        for command in commands:
            self.link.sendall(command)
            reply = self._reply()
            yield reply
            if reply[0] >= 400:
                return

    def getreply(self) -> Reply:
        """The next answer (RFC 5321 §4.2), out of all that came: several often come together."""
        said = []
        while True:
            line = self._line()
            said.append(line[4:].strip())
            if not line[:3].isdigit():
                return -1, b"\n".join(said)
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(said)

    def _line(self) -> bytes:
        while (end := self._came.find(b"\n")) < 0:
            if len(self._came) > LONGEST_LINE:
                self.close()
                raise smtplib.SMTPResponseException(500, "ligne trop longue")
            try:
                more = self.link.recv(65536)
            except OSError as error:
                self.close()
                raise smtplib.SMTPServerDisconnected(reason(error)) from error
            if not more:
                self.close()
                raise smtplib.SMTPServerDisconnected("la connexion est fermée")
            self._came += more
        line, self._came = self._came[: end + 1], self._came[end + 1 :]
        return line

    def starttls(self, *, context: ssl.SSLContext | None = None) -> Reply:  # type: ignore[override]
        reply = super().starttls(context=context)
        self._came = b""  # said before the conversation was private: by anybody (RFC 3207 §6)
        return reply

    def _reply(self) -> Reply:
        """The answer to a command. Raises ServerGone when it ends the conversation."""
        reply = self.getreply()
        if reply[0] == 421 or not 200 <= reply[0] < 600:
            raise ServerGone(_words(reply))
        return reply

    def _settle(self, replies: list[Reply]) -> None:
        """Raises Refused when one of the commands of an envelope was refused."""
        refused = next((place for place, (code, _) in enumerate(replies) if code >= 400), None)
        if refused is not None:
            self._give_up(replies[-1])
            # A sender that is refused says nothing of the recipient: it will be tried again.
            raise _refusal(replies[refused], of_sender=refused == 0)
        if replies[-1][0] != 354:
            raise ServerGone(f"réponse incompréhensible\u00a0: {_words(replies[-1])}")

    def _give_up(self, last: Reply) -> None:
        """Bring the server back to where the next message can begin."""
        if last[0] == 354:  # it waits for a message that nobody would get: an empty one (RFC 2920)
            self.link.sendall(b".\r\n")
            self._reply()
        self.link.sendall(b"RSET\r\n")
        self._reply()

    def _outcome(self) -> Reply:
        """What the server did with a message that it received whole."""
        try:
            self.link.settimeout(FINAL_TIMEOUT)
            reply = self.getreply()
            self.link.settimeout(TIMEOUT)
        except OSError as error:
            self.close()
            words = f"la connexion s’est interrompue à la fin du message ({reason(error)})"
            raise ServerGone(words, in_doubt=True) from error
        if not 200 <= reply[0] < 600 or 300 <= reply[0] < 400:
            self.close()
            raise ServerGone(f"réponse incompréhensible\u00a0: {_words(reply)}", in_doubt=True)
        return reply


class TlsServer(Server, smtplib.SMTP_SSL):
    """An SMTP server spoken to over TLS from the first byte (RFC 8314)."""


def _refusal(reply: Reply, *, of_sender: bool = False) -> Refused:
    for_good = reply[0] >= 500 and not of_sender
    return Refused(_words(reply), for_good=for_good, of_sender=of_sender)


def _accepted(reply: Reply) -> str:
    """The server's words, once the message is in its hands."""
    if reply[0] == 421:  # it says itself that it did not take it
        raise ServerGone(_words(reply))
    if reply[0] >= 400:
        raise _refusal(reply)
    return _words(reply)


def reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _words((error.smtp_code, _as_bytes(error.smtp_error)))
    return type(error).__name__ if not isinstance(error, OSError) else (error.strerror or "délai")


def _as_bytes(value: bytes | str) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


def _words(reply: Reply) -> str:
    code, said = reply
    return f"{code} {' '.join(said.decode('utf-8', 'replace').split())}"[:500]
