"""What the processes write about themselves: one event begins one line, with its moment in UTC."""

import logging
import re
import time

FORMAT = "%(asctime)sZ %(levelname)s %(name)s %(message)s"
# What would begin another line, or move the cursor of who reads (ECMA-48).
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")

# What a driver or a path may say of people: addresses, the values of a row that was refused
# (PostgreSQL’s « DETAIL: Key (email)=(…) »), the personal part of a link.
_ADDRESS = re.compile(r"[^\s<>()\"',;:=/@]+(?:@|%40)[\w-]+(?:\.[\w-]+)+")
_VALUES = re.compile(r"^(DETAIL|CONTEXT|LINE \d+): .*$", re.MULTILINE)
_LINK = re.compile(r"(?<=/)(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[A-Za-z0-9_-]{23,64}(?=[/?\s\])]|$)")


def without_people(text: str) -> str:
    """`text` without the addresses, the values and the personal links it may hold."""
    text = _VALUES.sub(r"\1: …", text)
    return _LINK.sub("…", _ADDRESS.sub("…@…", text))


class Formatter(logging.Formatter):
    """Nothing that is logged can be taken for another entry: what follows on is indented."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__(FORMAT, datefmt="%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        text = _CONTROLS.sub(
            lambda found: f"\\x{ord(found[0]):02x}", without_people(super().format(record))
        )
        return text.replace("\n", "\n\t")


def start() -> None:
    """Write to the standard error, which whoever runs the process keeps (systemd: journald)."""
    handler = logging.StreamHandler()
    handler.setFormatter(Formatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
