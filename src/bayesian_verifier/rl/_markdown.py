"""How does a table look in Markdown?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def part(title: str, *paragraphs: str) -> str:
    """A heading and what stands under it, with an empty line after each."""
    return "\n\n".join([f"## {title}", *paragraphs]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
