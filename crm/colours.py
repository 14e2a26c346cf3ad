"""Colours one can read: contrast as WCAG 2.2 measures it, and the nearest colour that passes."""

import colorsys
import re
from functools import lru_cache

ENOUGH = 4.5  # WCAG 2.2, success criterion 1.4.3
WHITE = "#ffffff"
PAPER = "#faf8f4"


def is_colour(value: str) -> bool:
    return re.fullmatch(r"#[0-9a-fA-F]{6}", value) is not None


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21 (WCAG 2.2, « relative luminance »)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def is_readable(colour: str) -> bool:
    """Whether text of this colour can be read on our white and on our paper."""
    return min(contrast(colour, WHITE), contrast(colour, PAPER)) >= ENOUGH


def nearest_readable(colour: str) -> str:
    """The same hue, just dark enough to be read; `colour` itself when it already is."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    while not is_readable(colour) and lightness > 0:
        lightness = max(0.0, lightness - 0.005)
        colour = _hex(colorsys.hls_to_rgb(hue, lightness, saturation))
    return colour


@lru_cache(maxsize=256)  # asked for several times by each mail
def light_variant(colour: str) -> str:
    """The same hue, just light enough to be read on a dark page."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    while contrast(colour, "#1b1f27") < 7 and lightness < 1:
        lightness = min(1.0, lightness + 0.005)
        colour = _hex(colorsys.hls_to_rgb(hue, lightness, saturation))
    return colour


def _luminance(colour: str) -> float:
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def _hex(channels: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)
