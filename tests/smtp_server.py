"""Mail servers for the tests: a real one that collects, and one that fails as it is told."""

import contextlib
import re
import socketserver
import threading
import time
from dataclasses import dataclass, field

from aiosmtpd.controller import Controller
from services import free_port


@contextlib.contextmanager
def collector(**options):
    """A real SMTP server (aiosmtpd); gives its URL and the list of what it received."""
    received = []

    class Keep:
        async def handle_DATA(self, server, session, envelope):  # noqa: N802
            received.append((envelope.rcpt_tos[0], envelope.content))
            return "250 2.0.0 pris"

    controller = Controller(Keep(), hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{controller.port}", received
    finally:
        controller.stop()


@dataclass
class Script:
    """What the server does wrong. A fault is used once; the recipient's next try goes well.

    Faults: "RCPT 450 …", "DATA 451 …", "END 552 …" (what to answer to that command), "CUT DATA"
    (hang up instead of answering), "CUT DURING", "CUT END" (the message is kept, then silence),
    "CUT BEFORE" (the message is whole, and not kept), "STALL" (never answers the message).
    """

    faults: dict[str, list[str]] = field(default_factory=dict)
    mail: list[str] = field(default_factory=list)  # answers to the next MAIL
    greetings: list[str] = field(default_factory=list)  # of the next connections
    pipelining: bool = True
    always_data: bool = False  # says 354 even when nobody will get the message
    delay: float = 0
    stall: float = 2  # seconds
    hang_up_after: int = 0  # messages, when it stops for good
    received: list[tuple[str, bytes]] = field(default_factory=list)
    connections: int = 0
    senders: list[str] = field(default_factory=list)

    @property
    def recipients(self) -> list[str]:
        return [recipient for recipient, _ in self.received]

    def next_fault(self, recipient: str, moment: str) -> str:
        waiting = self.faults.get(recipient, [])
        return waiting.pop(0) if waiting and waiting[0].startswith(moment) else ""


class _Cut(Exception):
    """The server hangs up."""


class _Session(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    recipient, has_sender = "", False

    def handle(self):
        script = self.server.script
        script.connections += 1
        with contextlib.suppress(OSError, _Cut):
            greeting = script.greetings.pop(0) if script.greetings else "220 essai"
            self._say(greeting)
            while greeting.startswith("2") and (line := self.rfile.readline()):
                self._answer(line.decode().strip())

    def _say(self, text):
        self.wfile.write(f"{text}\r\n".encode())
        if text.startswith("421"):
            raise _Cut

    def _answer(self, line):
        script, verb = self.server.script, line[:4].upper()
        if verb == "EHLO":
            extensions = ["essai", *(["PIPELINING"] if script.pipelining else []), "8BITMIME"]
            self._say("\r\n".join(f"250-{name}" for name in extensions) + "\r\n250 SMTPUTF8")
        elif verb == "MAIL":
            script.senders.append(line)
            answer = script.mail.pop(0) if script.mail else "250 expéditeur"
            self.has_sender = answer.startswith("2")
            self._say(answer)
        elif verb == "RCPT":
            address = re.search("<(.*)>", line)[1]
            fault = self._fault(address, "RCPT") if self.has_sender else "503 qui écrit ?"
            self.recipient = "" if fault else address
            self._say(fault or "250 destinataire")
        elif verb == "DATA":
            self._data()
        elif verb == "QUIT":
            self._say("221 au revoir")
            raise _Cut
        else:
            self._say("250 bien")

    def _fault(self, recipient, moment):
        script = self.server.script
        if script.next_fault(recipient, f"CUT {moment}"):
            raise _Cut
        return script.next_fault(recipient, moment).removeprefix(f"{moment} ")

    def _data(self):
        recipient, script = self.recipient, self.server.script
        fault = self._fault(recipient, "DATA")
        if fault or (not recipient and not script.always_data):
            return self._say(fault or "503 personne")
        self._say("354 allez")
        if script.next_fault(recipient, "CUT DURING"):
            self.rfile.read(2000)
            raise _Cut
        message = self._message()
        if not recipient:
            return self._say("554 personne")
        if script.next_fault(recipient, "STALL"):
            time.sleep(script.stall)
            raise _Cut
        if script.next_fault(recipient, "CUT BEFORE"):
            raise _Cut
        time.sleep(script.delay)
        fault = script.next_fault(recipient, "END").removeprefix("END ")
        if 0 < script.hang_up_after <= len(script.received):
            raise _Cut
        if not fault:
            script.received.append((recipient, message))
        if script.next_fault(recipient, "CUT END"):
            raise _Cut
        return self._say(fault or "250 2.0.0 pris")

    def _message(self):
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        if line == b"":
            raise _Cut
        return b"".join(lines)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


@contextlib.contextmanager
def faulty(**options):
    """A server that follows a script; gives its URL and the script."""
    script = Script(**options)
    with _Server(("127.0.0.1", 0), _Session) as server:
        server.script = script
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"smtp://127.0.0.1:{server.server_address[1]}", script
        finally:
            server.shutdown()
            thread.join()
