"""Formulas: what a spreadsheet would compute is written so that it stays text, and read back.

The rule can be undone exactly: « '=A1 » as typed becomes « ''=A1 », so nothing is lost on the way.
"""

import re

CELL_LIMIT = 32_767  # characters: Excel keeps no more in a cell

# The characters that begin a formula in Excel or LibreOffice, wide forms included (OWASP, « CSV
# injection »), behind any number of the quotes we add.
_RISKY = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")


def disarm(text: str) -> str:
    """`text` as a cell no spreadsheet computes."""
    return f"'{text}" if _RISKY.match(text) else text


def rearm(cell: str) -> str:
    """What `disarm` was given; a cell it did not write comes back as it is."""
    return cell[1:] if cell.startswith("'") and _RISKY.match(cell) else cell
