"""What does the page say about the package?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from _markdown import number, table

Figures = Mapping[str, Any]

TEXT = """A wheel in an empty environment, without extras: what a program embeds that has a Judgment Layer. Processor
time of a whole process, less that of one that does nothing; promised are 150 ms for the import of the package, without
JAX. The names bring NumPy and pydantic along, whose own share stands beside them; the prover's 0.2 s come with the
first verdict."""


def package_section(found: Figures | None) -> list[str]:
    """Sizes and times to import; or that nothing was measured."""
    if found is None:
        return ["## The package", "Not measured: run `make bench`."]
    rows = [
        (name, number(one["median_ms"]), number(one["least_ms"])) for name, one in found["starts"].items()
    ]
    sizes = [
        (name, number(found[name]["all_mb"]), largest_of(found[name]["largest_mb"]))
        for name in ("base", "serve")
    ]
    return [
        "## The package",
        TEXT,
        table(("start", "median, ms", "least, ms"), rows),
        table(("install", "MB", "the largest of them"), sizes),
        f"The wheel has {number(found['wheel_mb'])} MB, the shipped models in it.",
    ]


def largest_of(sizes: Mapping[str, float]) -> str:
    """The five largest, with their sizes."""
    return ", ".join(f"{name} {number(size)}" for name, size in list(sizes.items())[:5])
