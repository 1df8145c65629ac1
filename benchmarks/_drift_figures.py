"""What do windows to first alarms come to? Means with their errors."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from _drift_streams import CHANGE_AT, CHANGES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _drift_streams import Stream
    from numpy.typing import NDArray

    Alarms = Mapping[str, NDArray[np.int64]]
    Figures = dict[str, Any]

#: bounds between groups of people, in prior sd
_GROUPS = (-1.5, -0.5, 0.5, 1.5)


def run_lengths_of(first: Alarms) -> Figures:
    """Of each stream without change."""
    quiet = {name: times for name, times in first.items() if "moved" not in name}
    return {name: _run_length(times, int(times.max())) for name, times in quiet.items()}


def delays_of(first: Alarms, prefix: str) -> Figures:
    """By size of change, of people without an earlier alarm; missed: share without alarm to the stream's end."""
    found = {}
    for moved in CHANGES:
        times = first[f"{prefix}moved {moved:g}"]
        late = times[times > CHANGE_AT] - CHANGE_AT
        last = int(times.max()) - CHANGE_AT
        found[f"{moved:g}"] = _mean(late) | {
            "median": float(np.median(late)) if late.size else None,
            "missed": float((late == last).mean()) if late.size else None,
            "alarmed_before": float((times <= CHANGE_AT).mean()),
        }
    return found


def by_group(away: NDArray[np.float64], first: NDArray[np.int64], windows: int) -> Figures:
    """Windows to a false alarm by how far away [N] people are from the prior's mean, in its sd.

    Windows heard over alarms, which needs no run to end.
    """
    edges = (-math.inf, *_GROUPS, math.inf)
    found = {}
    for low, high in pairwise(edges):
        who = (away >= low) & (away < high)
        alarms = int((first[who] < windows).sum())
        found[f"{low:g} to {high:g}"] = {
            "people": int(who.sum()),
            "alarms": alarms,
            "windows_per_alarm": int(first[who].sum()) / alarms if alarms else None,
        }
    return found


def described(stream: Stream) -> Figures:
    """How many people and windows, and how wide posteriors are, as shares of the prior's sd."""
    windows, people = stream.mean.shape
    low, middle, high = (float(one) for one in np.quantile(stream.sd, (0.05, 0.5, 0.95)))
    return {"people": people, "windows": windows, "widths": [low, middle, high]}


def _run_length(times: NDArray[np.int64], longest: int) -> Figures:
    return _mean(times) | {"cut_short": float((times == longest).mean())}


def _mean(times: NDArray[np.int64]) -> Figures:
    if times.size < 2:  # noqa: PLR2004 - no spread
        return {"mean": None, "standard_error": None}
    return {
        "mean": float(times.mean()),
        "standard_error": float(times.std(ddof=1)) / math.sqrt(times.size),
    }
