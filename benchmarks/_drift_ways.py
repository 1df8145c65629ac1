"""When does each way to decide alarm, on the same streams? Ours here, others' in their environments."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from _drift_streams import CALIBRATION, surprises
from _peers import PEERS, SkippedError, environment, last_line
from _record import say
from numpy.typing import NDArray

from bayesian_verifier.drift import Detector
from bayesian_verifier.drift._people import Window
from bayesian_verifier.drift._rivals import Cusum, EDetector, NeighbourKl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from _drift_streams import Stream

    from bayesian_verifier.drift._rivals import Statistic

Alarms = dict[str, NDArray[np.int64]]

#: a detector that never restarts: one path then serves for every threshold
_DEAF = Detector(0.0, 1.0, threshold=1e300)
_BLOCK = 60
#: people and windows of the sample that alibi-detect compares with, and seconds a peer may take
_REFERENCE, _LONGEST_RUN = 200, 3 * 3600


class Way(NamedTuple):
    """One way to decide, at one setting.

    wanted: the mean run length it was set to, or promises, None as it comes.   feed: what it was told.
    first: by stream, windows [N] until the first alarm; without one, the stream's length.
    """

    title: str
    feed: str
    wanted: float | None
    setting: str
    first: Alarms


class Cannot(NamedTuple):
    """A way that cannot be set to a run length, and why."""

    title: str
    feed: str
    wanted: float
    why: str


OURS: dict[str, Callable[[int], Statistic]] = {
    "e-detector": lambda people: EDetector(people, _DEAF),
    "CUSUM": lambda people: Cusum(people, _DEAF),
    "KL to the window before": lambda people: NeighbourKl(people, _DEAF),
}


def our_ways(streams: Mapping[str, Stream], wanted: Sequence[float]) -> list[Way]:
    """The detector at its threshold and set to the same run length as the others, CUSUM, KL; and KL above 0.1."""
    ways = []
    for title, made in OURS.items():
        say(f"{title}, {len(streams)} streams")
        highest = {name: _highest(made, stream) for name, stream in streams.items()}
        settings = [(a, "set", _threshold(highest[CALIBRATION], a)) for a in wanted]
        if title == "e-detector":
            settings = [(a, "promised", a) for a in wanted] + settings
        if title.startswith("KL"):
            settings.append((None, "fixed", 0.1))
        for a, how, threshold in settings:
            first = {s: _first(levels, threshold) for s, levels in highest.items() if s != CALIBRATION}
            ways.append(Way(title, "posteriors", a, f"{how}: {_short(threshold)}", first))
    return ways


def _short(threshold: float) -> str:
    return f"{threshold:,.0f}" if threshold >= 1000 else f"{threshold:.3g}"  # noqa: PLR2004 - above, 3 digits are 1e+03


def peers_ways(
    name: str, streams: Mapping[str, Stream], wanted: Sequence[float], people: int, scratch: Path
) -> tuple[list[Way], list[Cannot], dict[str, str]]:
    """What a peer's `detect.py` says of the first so many people of each stream, and the peer's versions.

    Raises SkippedError.
    """
    python = environment(name)
    given, told = scratch / f"{name}.npz", scratch / f"{name}.json"
    arrays: dict[str, Any] = {}
    for stream, windows in streams.items():
        arrays[f"means_{stream}"] = windows.mean[:, :people].T
        arrays[f"surprises_{stream}"] = surprises(windows)[:, :people].T
    # of people whom nobody is asked about
    arrays["reference"] = surprises(streams[CALIBRATION])[-1, -_REFERENCE:]
    np.savez(given, **arrays)
    command = [str(python), str(PEERS / name / "detect.py"), str(given), str(told), *map(str, wanted)]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, timeout=_LONGEST_RUN)
    if done.returncode:
        raise SkippedError(f"{name} failed: {last_line(done.stderr)}")
    said = json.loads(told.read_text(encoding="utf-8"))
    ways, cannot = [], []
    for row in said["found"]:
        which = row["title"], row["feed"], row.get("wanted")
        if "cannot" in row:
            cannot.append(Cannot(*which, row["cannot"]))
        else:
            first = {stream: np.array(alarms) for stream, alarms in row["first"].items()}
            ways.append(Way(*which, row["setting"], first))
    return ways, cannot, said["versions"]


def _highest(made: Callable[[int], Statistic], stream: Stream) -> NDArray[np.float64]:
    """The largest value of a statistic so far [T, N]."""
    levels = np.empty_like(stream.mean)
    for begin in range(0, levels.shape[1], _BLOCK):
        block = slice(begin, begin + _BLOCK)
        watched = made(levels[:, block].shape[1])
        for place, (mean, sd) in enumerate(zip(stream.mean[:, block], stream.sd[:, block], strict=True)):
            levels[place, block] = watched.update(Window(mean, sd))
    result: NDArray[np.float64] = np.maximum.accumulate(levels, axis=0)
    return result


def _first(highest: NDArray[np.float64], threshold: float) -> NDArray[np.int64]:
    counts: NDArray[np.int64] = (highest < threshold).sum(axis=0)
    return np.minimum(counts + 1, len(highest))


def _threshold(highest: NDArray[np.float64], wanted: float) -> float:
    """At which runs cut short at the stream's end last as long as wanted, on average."""
    low, high = 0.0, float(highest.max())
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if _first(highest, middle).mean() < wanted else (low, middle)
    return 0.5 * (low + high)
