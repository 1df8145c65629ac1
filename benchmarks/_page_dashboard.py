"""What does the page say about the dashboard?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from _markdown import number, table

Figures = Mapping[str, Any]

TEXT = """A journal of {events} events read from nothing, then looked at in a real Chromium: from the address to a drawn
view, scrolled from top to bottom (the longest time between two frames; 17 ms is every frame of 60 a second), and how
long an event that another process appends takes to stand on the screen."""
BESIDE = """Posteriors asked of the service every 2 ms, with the page beside it. Whoever shares its cores costs time;
the page's own process gives way to it."""
PHASES = {
    "alone": "nobody looks",
    "while_reading": "the page reads the journal",
    "while_open": "the page is open",
}


def dashboard_section(found: Figures | None) -> list[str]:
    """Reading, views, updates, and the service beside it; or that nothing was measured."""
    if found is None:
        return ["## The dashboard", "Not measured: run `make bench`."]
    reading, replies, seen = found["reading"], found["replies"], found.get("seen")
    rows = [
        (
            view,
            number(replies[view]["p50_ms"]),
            number(replies[view]["kB"]),
            number(None if seen is None else seen["first_paint_ms"][view]),
            number(None if seen is None else seen["scroll"][view]["longest_ms"]),
        )
        for view in ("people", "person", "population", "operations", "ledger")
    ]
    said = [f"Read in {number(reading['read_s'])} s; windows heard after {number(reading['heard_s'])} s."]
    if seen is not None:
        slowest = max(seen["update_s"])
        said.append(f"An appended event was on the screen in {number(slowest)} s or less.")
    beside = [
        (text, number(found["service"][name]["p50_ms"]), number(found["service"][name]["p99_ms"]))
        for name, text in PHASES.items()
    ]
    return [
        "## The dashboard",
        TEXT.format(events=f"{found['events']:,}"),
        table(("view", "data, ms", "data, kB", "first paint, ms", "longest frame, ms"), rows),
        " ".join(said),
        BESIDE,
        table(("meanwhile", "median, ms", "99%, ms"), beside),
    ]
