"""How do figures become cells of a table?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Figures = Mapping[str, Any]


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def of(row: Figures | None, key: str) -> str:
    """One figure of a row that may be missing."""
    return number(None if row is None else row.get(key))


def number(value: float | None) -> str:
    """Three digits that count; a dash for what was not measured."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - more digits are noise


def verdict(met: bool | None) -> str:  # noqa: FBT001 - a value, not a switch
    """Of a promise."""
    return {True: "met", False: "**missed**", None: "not measured"}[met]
