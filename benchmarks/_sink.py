"""A mail server that takes everything and keeps nothing: `python -m benchmarks._sink`.

It prints its port. One thread for each connection; PIPELINING and 8BITMIME; `--delay` makes it
think, in milliseconds, before each answer.
"""

import argparse
import socket
import sys
import threading
import time

END = b"\r\n.\r\n"


class Session:
    """One connection, from its greeting to QUIT."""

    def __init__(self, link: socket.socket, delay: float) -> None:
        self.link, self.delay, self.pending = link, delay, b""
        self.room = bytearray(131072)

    def run(self) -> None:
        self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.link.sendall(b"220 sink\r\n")
        try:
            while self._answer():
                pass
        except OSError:
            pass
        finally:
            self.link.close()

    def _answer(self) -> bool:
        """Read what came and answer it in one write; False when the conversation is over."""
        came = self.link.recv(65536)
        self.pending += came
        answers, goes_on = [], bool(came)
        while b"\r\n" in self.pending:
            line, _, self.pending = self.pending.partition(b"\r\n")
            verb = line[:4].upper()
            if verb == b"EHLO":
                answers.append(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            elif verb == b"DATA":
                answers.append(b"354 go on\r\n")
                self._reply(answers)
                self._swallow()
                answers = [b"250 taken\r\n"]
            elif verb == b"QUIT":
                answers.append(b"221 bye\r\n")
                goes_on = False
            else:
                answers.append(b"250 ok\r\n")
        self._reply(answers)
        return goes_on

    def _swallow(self) -> None:
        """Read a message to its end; what follows is the next commands."""
        room = self.room  # the same for every message: making one costs more than filling it
        room[:2] = b"\r\n"
        filled = 2 + len(self.pending)
        room[2:filled] = self.pending
        while (end := room.find(END, 0, filled)) < 0:
            tail = room[max(0, filled - 4) : filled]  # the end may come in two pieces
            room[: len(tail)] = tail
            came = self.link.recv_into(memoryview(room)[len(tail) :])
            if not came:
                raise ConnectionResetError
            filled = len(tail) + came
        self.pending = bytes(room[end + len(END) : filled])

    def _reply(self, answers: list[bytes]) -> None:
        if answers:
            if self.delay:
                time.sleep(self.delay)
            self.link.sendall(b"".join(answers))


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--delay", type=float, default=0)
    delay = options.parse_args().delay / 1000
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        print(server.getsockname()[1], flush=True)
        # Ends with whoever started it.
        threading.Thread(target=lambda: (sys.stdin.read(), server.close()), daemon=True)
        while True:
            link, _ = server.accept()
            threading.Thread(target=Session(link, delay).run, daemon=True).start()


if __name__ == "__main__":
    main()
