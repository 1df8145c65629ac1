"""What does the page say about the journal?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from _markdown import number, table

Figures = Mapping[str, Any]

TEXT = """Lines of some 700 bytes appended to one file by one process and by eight at once, beside `logging`'s
handlers and, as it has none that promises as much, the shortest handlers that do: one that waits for the disk, one
that takes turns under a lock. What survives, and how many processes may write at once, is part of the comparison:
a line of the journal also has a number and a checksum, and the file is rotated under the writers."""


def journal_section(found: Figures | None) -> list[str]:
    """Throughput beside logging, and how long a new process takes to catch up; or that nothing was measured."""
    if found is None:
        return ["## The journal", "Not measured: run `make bench`."]
    subjects, ratios, catch_up = found["throughput"], found["ratios"], found["catch_up"]
    rows = [
        (
            one["title"],
            one["survives"],
            one["processes"],
            "yes" if one["rotates"] else "no",
            number(one["one"]),
            number(one["eight"]),
            str(one["lost_of_eight"]),
        )
        for one in subjects.values()
    ]
    beside = [
        (
            subjects[ours]["title"],
            subjects[found["peers"][ours]]["title"],
            number(by["one"]),
            number(by["eight"]),
        )
        for ours, by in ratios.items()
    ]
    return [
        "## The journal",
        TEXT,
        table(
            ("what", "survives", "processes", "rotates", "lines/s, one", "lines/s, eight", "lost of eight"),
            rows,
        ),
        "As a multiple of the handler that promises as much to any number of processes:",
        table(("policy", "beside", "one process", "eight"), beside),
        (
            f"A new process knows a journal of {catch_up['lines']:,} judgments after {catch_up['seconds']:.1f} s"
            f" ({number(catch_up['us_per_line'])} µs a line)."
        ),
    ]
