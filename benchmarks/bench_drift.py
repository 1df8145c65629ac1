"""How soon is a change noticed, and how often is one seen where there is none, beside other people's detectors?

Every way to decide is put on the same streams: our detector, CUSUM and KL here, river's Page-Hinkley and ADWIN and
alibi-detect's online Cramer-von Mises detector in environments of their own. Those that can be are set to the same
mean run length on a stream without change, then all meet other mixes of posterior widths, overconfident posteriors,
and exact posteriors of people who answered real proposals. Writes results/drift.json.

    python benchmarks/bench_drift.py             about an hour
    python benchmarks/bench_drift.py --quick     minutes, for the shape alone
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _drift_figures import by_group, delays_of, described, run_lengths_of
from _drift_streams import EXACT, Effort, streams
from _drift_ways import our_ways, peers_ways
from _exact_windows import NOISE_PRIOR, PRIOR, off_reference
from _peers import SkippedError
from _record import about, say, write
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    import numpy as np
    from _drift_streams import Stream
    from _drift_ways import Cannot, Way
    from numpy.typing import NDArray

WANTED = (370.0, 1000.0)
#: how many people others' detectors hear, at Python's speed and alibi-detect's
FULL = Effort(people=250, windows=4000, real_people=300, real_windows=3000, peers={"river": 250, "alibi": 60})
QUICK = Effort(people=250, windows=600, real_people=60, real_windows=120, peers={"river": 60, "alibi": 12})


def figures_of(way: Way) -> dict[str, Any]:
    """Run lengths by stream without change, delays by size of change."""
    told = {"title": way.title, "feed": way.feed, "wanted": way.wanted, "setting": way.setting}
    return told | {
        "run_lengths": run_lengths_of(way.first),
        "delays": {"normal": delays_of(way.first, "")}
        | {name: delays_of(way.first, f"{name}, ") for name in EXACT},
    }


def groups(exact: Stream, first: NDArray[np.int64]) -> dict[str, Any]:
    """False alarms of our detector by who people are."""
    assert exact.theta is not None
    away = [
        (exact.theta[:, place] - one.prior_mean) / one.prior_sd
        for place, one in enumerate((PRIOR, NOISE_PRIOR))
    ]
    return {
        name: by_group(far, first, len(exact.mean)) for name, far in zip(("r", "ln τ"), away, strict=True)
    }


def main() -> None:
    """Measure, write, and show a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer and shorter streams")
    quick = parser.parse_args().quick
    wanted = (50.0, 150.0) if quick else WANTED
    figures: dict[str, Any] = {"about": about("none", quick=quick)}
    effort = QUICK if quick else FULL
    say("simulating the streams")
    told = dict(streams(effort))
    ways: list[Way] = our_ways(told, wanted)
    ours = next(way for way in ways if way.wanted == wanted[-1])
    cannot: list[Cannot] = []
    skipped: dict[str, str] = {}
    figures |= {
        "effort": effort._asdict(),
        "off_reference_sd": off_reference(0),
        "wanted": wanted,
        "streams": {name: described(stream) for name, stream in told.items()},
        "exact_by": {name: groups(told[name], ours.first[name]) for name in EXACT},
    }
    for name, people in effort.peers.items():
        say(f"{name}, {people} people of each stream")
        try:
            with tempfile.TemporaryDirectory() as scratch:
                more, no, versions = peers_ways(name, told, wanted, people, Path(scratch))
        except SkippedError as error:
            say(f"SKIPPED {name}: {error}")
            skipped[name] = str(error)
        else:
            ways += more
            cannot += no
            figures["about"]["versions"] |= versions
        figures |= {
            "ways": [figures_of(way) for way in ways],
            "cannot": [one._asdict() for one in cannot],
            "skipped": skipped,
        }
        write("drift", figures)
    Console(width=150).print(table(figures))


def table(figures: dict[str, Any]) -> Table:
    """The figures, in short."""
    shown = Table(title="windows to a false alarm, and from a change to its alarm")
    first = figures["ways"][0]
    for heading in ("way", "told", "set to", *first["run_lengths"], *first["delays"]["normal"]):
        shown.add_column(heading, justify="right")
    for way in figures["ways"]:
        lengths = (f"{one['mean']:.0f}" for one in way["run_lengths"].values())
        late = (
            "–" if one["mean"] is None else f"{one['mean']:.2f} ± {one['standard_error']:.2f}"
            for one in way["delays"]["normal"].values()
        )
        set_to = "–" if way["wanted"] is None else f"{way['wanted']:g}"
        shown.add_row(way["title"], way["feed"], f"{set_to} {way['setting']}", *lengths, *late)
    return shown


if __name__ == "__main__":
    main()
