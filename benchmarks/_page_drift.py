"""What does the page say about noticing a change?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from _markdown import number, table

Figures = Mapping[str, Any]

TEXT = """Every way is put on the same streams of posteriors, one a window. "Promised" is our detector at the threshold
that guarantees the run length; "set" are ways whose threshold was found by simulation on the first mix of widths to
give that very run length, which nothing guarantees on another mix. `means` are posterior means in prior sd, what one
would log; `surprises` are how far each window lies from what a filter of the person expects, in sd, which takes the
filter from our detector. river's Page–Hinkley has its slack at ¼ and ½ sd, its ADWIN looks at every window; both are
also shown as they come. alibi-detect's is the online Cramér–von Mises detector, the one of its kind for single
numbers; it is given 200 surprises of other people to compare with, and the expected run time. "Exact posteriors" are
people who answer {size} real proposals a window, r and τ from the prior: not normal, and of widths that
depend on who they are (quadrature, at worst {off:.1g} sd off the reference in `tests/`). Errors are standard errors;
runs end at {windows:,} windows ({exact:,} of exact posteriors), which makes long means too small."""

EXACT = """The guarantee is a mean over people. On exact posteriors, at A = {wanted:g}, by how far people's r or ln τ is
from the prior's mean, in its sd: windows heard over false alarms."""


def drift_section(found: Figures | None) -> list[str]:
    """Run lengths and delays of every way; or that nothing was measured."""
    if found is None:
        return ["## Noticing a change", "Not measured: run `make bench`."]
    effort, ways = found["effort"], found["ways"]
    streams, changes = list(ways[0]["run_lengths"]), list(ways[0]["delays"]["normal"])
    return [
        "## Noticing a change",
        TEXT.format(
            size=16, windows=effort["windows"], exact=effort["real_windows"], off=found["off_reference_sd"]
        ),
        "![Delay against run length](images/bench_drift.png)",
        "Windows to a false alarm:",
        table(
            ("way", "told", "set to", "setting", *streams),
            [(*_named(way), *(_with_error(way["run_lengths"][s], 0) for s in streams)) for way in ways],
        ),
        "Windows from a change, by its size in prior sd, to the alarm:",
        table(
            ("way", "told", "set to", "windows", *changes),
            [
                (*_named(way)[:3], kind, *(_late(late[c]) for c in changes))
                for way in ways
                for kind, late in way["delays"].items()
            ],
        ),
        *_left_out(found),
        EXACT.format(wanted=found["wanted"][-1]),
        table(
            ("windows", "of", "from … to", "people", "false alarms", "windows an alarm"),
            [
                (kind, name, group, str(one["people"]), str(one["alarms"]), number(one["windows_per_alarm"]))
                for kind, by in found["exact_by"].items()
                for name, groups in by.items()
                for group, one in groups.items()
            ],
        ),
    ]


def _named(way: Figures) -> tuple[str, str, str, str]:
    wanted = way["wanted"]
    return way["title"], way["feed"], "–" if wanted is None else f"{wanted:g}", way["setting"]


def _late(one: Figures) -> str:
    never = f", {one['missed']:.0%} never" if one["missed"] else ""
    return _with_error(one, 2) + never


def _with_error(one: Figures, digits: int) -> str:
    if one["mean"] is None:
        return "–"
    return f"{one['mean']:,.{digits}f} ± {one['standard_error']:,.{digits}f}"


def _left_out(found: Figures) -> list[str]:
    said = [
        f"- {one['title']} of {one['feed']} cannot be set to {one['wanted']:g}: {one['why']}"
        for one in found["cannot"]
    ]
    said += [f"- **skipped**: {name}: `{why}`" for name, why in found["skipped"].items()]
    return ["\n".join(said)] if said else []
