"""What does the page say about overload?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from _markdown import number, of, table

Figures = Mapping[str, Any]

TEXT = """Callers ask at a rate of their own, {connections} of them at most at a time, {judgments} judgments each, and
want their posterior within {budget} ms of when it was due; what comes later is worth nothing to them. `good` is
posteriors a second that came in time, by our own loop, as a share of the capacity: {capacity} a second, the best of
closed loops. "Without admission" is the same application behind plain uvicorn, with an unbounded queue and no deadline.
The time to a refusal is seen by the caller, from sending."""


def overload_section(found: Figures | None) -> list[str]:
    """Goodput by load; or that nothing was measured."""
    if found is None:
        return ["## Overload", "Not measured: run `make bench`."]
    subjects = found["subjects"].values()
    loads = list(next(iter(subjects))["by_multiple"])
    heads = ["load"]
    for subject in subjects:
        heads += [f"{subject['title']}: good", "p99 ms, answered", "p50 ms, refused", "p99 ms, refused"]
    rows = [[f"{load}×", *_cells([one["by_multiple"][load] for one in subjects])] for load in loads]
    told = TEXT.format(
        connections=found["connections"],
        judgments=found["judgments"],
        budget=found["budget_ms"],
        capacity=number(found["capacity_per_second"]),
    )
    return ["## Overload", told, table(heads, rows)]


def _cells(found: list[Figures]) -> list[str]:
    cells = []
    for row in found:
        cells += [
            f"{row['good_share_of_capacity']:.0%}",
            of(row["answered"], "p99_ms"),
            of(row["refused"], "p50_ms"),
            of(row["refused"], "p99_ms"),
        ]
    return cells
