"""How is a small chart drawn without any library? Scales, ticks, and elements of SVG as text."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NICE = (1.0, 2.0, 2.5, 5.0, 10.0)


class Scale(NamedTuple):
    """From low…high, in any unit, to start…end on the page; the middle where low is high."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value is; beyond the ends it is put at the end."""
        if self.high <= self.low:
            return 0.5 * (self.start + self.end)
        share = min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)
        return self.start + share * (self.end - self.start)


def ticks(low: float, high: float, most: int = 4) -> list[float]:
    """Round numbers within low…high, at most `most` of them, in equal steps."""
    if high <= low:
        return [low]
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in _NICE if power * nice >= rough)
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def element(name: str, content: str = "", /, **attributes: object) -> str:
    """One element. content: SVG or HTML as it is to stand.   attributes: escaped here; class_ is class, _ is -."""
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_plain(value))}"' for key, value in attributes.items()
    )
    return f"<{name}{said}>{content}</{name}>"


def _plain(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def text(words: str, x: float, y: float, **attributes: object) -> str:
    """A label."""
    return element("text", escape(words), x=x, y=y, **attributes)


def line(points: Iterable[tuple[float, float]], **attributes: object) -> str:
    """A line through points on the page; nothing through fewer than two."""
    placed = [f"{x:.1f} {y:.1f}" for x, y in points]
    return element("path", d=f"M{'L'.join(placed)}", **attributes) if len(placed) > 1 else ""


def band(
    upper: Sequence[tuple[float, float]], lower: Sequence[tuple[float, float]], **attributes: object
) -> str:
    """What lies between two lines of as many points."""
    placed = [f"{x:.1f} {y:.1f}" for x, y in (*upper, *reversed(lower))]
    return element("path", d=f"M{'L'.join(placed)}Z", **attributes) if len(upper) > 1 else ""


def picture(title: str, said: str, content: str, width: float, height: float) -> str:
    """A chart with its name, and what is to be seen in it in words, for those who do not see it."""
    named = element("title", escape(title)) + element("desc", escape(said))
    return element(
        "svg",
        named + content,
        viewBox=f"0 0 {_plain(width)} {_plain(height)}",
        role="img",
        aria_label=f"{title}. {said}",
    )
