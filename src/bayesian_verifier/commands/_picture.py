"""How does a distribution look in a terminal?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

EIGHTHS = " ▁▂▃▄▅▆▇█"
TICKS = 5


def picture(draws: Sequence[float], label: str, *, width: int = 60, height: int = 6) -> str:
    """A histogram of draws over its 90% interval and a labelled axis; `height + 3` lines.

    draws: finite, at least 2.   width, height: of the plot in characters, width at least 30.
    """
    values = np.asarray(draws, dtype=np.float64)
    low, high = _range(values)
    counts, _ = np.histogram(values, bins=width, range=(low, high))
    rows = _bars(counts, height)
    return "\n".join([*rows, _interval(values, low, high, width), *_axis(low, high, width, label)])


def _range(values: NDArray[np.float64]) -> tuple[float, float]:
    """Round numbers around all but the outermost 1% of the values."""
    low, high = (float(q) for q in np.quantile(values, [0.005, 0.995]))
    step = 10.0 ** np.floor(np.log10(max(high - low, 1e-9)))
    step /= 2.0 if (high - low) / step < 5.0 else 1.0  # noqa: PLR2004 half a step where one would be coarse
    return float(np.floor(low / step) * step), float(np.ceil(high / step) * step) or step


def _bars(counts: NDArray[np.int64], height: int) -> list[str]:
    eighths = np.rint(8 * height * counts / max(int(counts.max()), 1)).astype(int)
    return [
        "".join(EIGHTHS[max(0, min(8, int(n) - 8 * row))] for n in eighths) for row in reversed(range(height))
    ]


def _interval(values: NDArray[np.float64], low: float, high: float, width: int) -> str:
    """├──●──┤: the median within the 90% interval."""
    left, middle, right = (
        min(width - 1, max(0, int((float(q) - low) / (high - low) * width)))
        for q in np.quantile(values, [0.05, 0.5, 0.95])
    )
    line = [" "] * width
    line[left : right + 1] = "─" * (right + 1 - left)
    line[left], line[right], line[middle] = "├", "┤", "●"
    return "".join(line).rstrip()


def _axis(low: float, high: float, width: int, label: str) -> list[str]:
    places = [round(i * (width - 1) / (TICKS - 1)) for i in range(TICKS)]
    ruler = "".join("┴" if place in places else "─" for place in range(width))
    numbers = [" "] * (width + 12)
    for i, place in enumerate(places):
        text = f"{low + i * (high - low) / (TICKS - 1):.3g}"
        start = max(0, place - len(text) // 2)
        numbers[start : start + len(text)] = text
    return [f"{ruler}  {label}", "".join(numbers).rstrip()]
