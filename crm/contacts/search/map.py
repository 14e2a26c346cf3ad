"""A map of departments by shape and number: only those that have something to show, close up."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from crm.contacts.departments import DEPARTMENTS

_NUMBER = re.compile(r"-?\d*\.?\d+(?:e-?\d+)?")
_COMMAND = re.compile(r"([a-zA-Z])([^a-zA-Z]*)")
# How many numbers each command takes, and which pair of them is where it ends.
_SIZES = {"m": 2, "l": 2, "c": 6, "s": 4, "q": 4, "t": 2}

Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class Shape:
    """One department: its outline, where its number is written, and how strong its colour is."""

    code: str
    name: str
    count: int
    outline: str
    x: float
    y: float
    strength: float  # from 0 to 1


@dataclass(frozen=True)
class Map:
    """Shapes, and the frame that holds them all."""

    shapes: tuple[Shape, ...]
    frame: str  # an SVG viewBox
    size: float  # the height of the writing, in the same units


def draw(counts: dict[str, int]) -> Map | None:
    """The map of these departments with their counts, or None when there is nothing to draw."""
    outlines = {code: _outlines()[code] for code in counts if code in _outlines()}
    if not outlines:
        return None
    most = max(counts[code] for code in outlines)
    boxes = {code: _box(outline) for code, outline in outlines.items()}
    shapes = (
        Shape(
            code=code,
            name=DEPARTMENTS[code],
            count=counts[code],
            outline=outlines[code],
            x=(left + right) / 2,
            y=(top + bottom) / 2,
            strength=round(0.12 + 0.68 * counts[code] / most, 2),
        )
        for code, (left, top, right, bottom) in sorted(boxes.items())
    )
    left, top, right, bottom = _around(boxes.values())
    frame = f"{left - 5:.0f} {top - 5:.0f} {right - left + 10:.0f} {bottom - top + 10:.0f}"
    return Map(tuple(shapes), frame, size=max(right - left, bottom - top) / 36)


@cache
def _outlines() -> dict[str, str]:
    """The outline of each department, as the drawing of pygal_maps_fr gives it."""
    found = find_spec("pygal_maps_fr")
    if found is None or not found.submodule_search_locations:
        return {}
    svg = Path(found.submodule_search_locations[0], "fr.departments.svg").read_text()
    groups = re.findall(r'<g class="z(\w+) departement[^"]*">(.*?)</g>', svg, re.DOTALL)
    return {
        # Each outline is drawn from the corner: said again, as they are joined in one.
        code.upper(): " ".join(f"M0 0{path}" for path in re.findall(r'<path d="([^"]+)"', paths))
        for code, paths in groups
        if code.upper() in DEPARTMENTS
    }


def _box(outline: str) -> Box:
    points = [point for point in _points(outline) if point != (0, 0)]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _around(boxes: Iterable[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _points(outline: str) -> Iterator[tuple[float, float]]:
    """Where each stroke of an SVG path ends (SVG 2, « Path data »)."""
    x = y = 0.0
    for command, rest in _COMMAND.findall(outline):
        numbers = [float(number) for number in _NUMBER.findall(rest)]
        size = _SIZES.get(command.lower())
        if size is None:
            continue
        for start in range(0, len(numbers) - size + 1, size):
            dx, dy = numbers[start + size - 2 : start + size]
            x, y = (x + dx, y + dy) if command.islower() else (dx, dy)
            yield x, y
