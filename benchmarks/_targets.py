"""Does what was measured meet what was promised?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Figures = Mapping[str, Any]

#: How far the p50 of a streaming update may drift over histories of 1 to 512 judgments; timings jitter by about that.
STREAM_DRIFT = 1.15


class Target(NamedTuple):
    """A promise. figure: reads it off the subjects' figures.   limit: what it must not exceed, or reach."""

    what: str
    limit: float
    at_most: bool
    figure: Callable[[Figures], float]


def judged(figures: Figures) -> list[dict[str, Any]]:
    """Each promise with its figure; None where what it needs was not measured."""
    rows = []
    for target in TARGETS:
        try:
            value = target.figure(figures)
        except (KeyError, TypeError, ValueError, ZeroDivisionError):
            value = None
        met = None if value is None else (value <= target.limit if target.at_most else value >= target.limit)
        rows.append(
            {
                "what": target.what,
                "wanted": f"{'≤' if target.at_most else '≥'} {target.limit:g}",
                "figure": None if value is None else round(value, 3),
                "met": met,
            }
        )
    return rows


def _p50(figures: Figures, name: str) -> float:
    """By wrk where it is there, else by our own loop."""
    latency = figures["subjects"][name]["latency"]
    return float((latency.get("wrk") or latency["python"])["p50_ms"])


def _best(figures: Figures, name: str) -> float:
    throughput = figures["subjects"][name]["throughput"]
    return float((throughput.get("wrk") or throughput["python"])["best_per_second"])


def _best_peer(figures: Figures) -> float:
    found = [
        _best(figures, name) for name in ("bentoml", "litserve") if "throughput" in figures["subjects"][name]
    ]
    return max(found)


def _network(figures: Figures) -> float:
    by = figures["subjects"]["ours"]["by_judgments"]
    return float(by["512"]["network_ms"] / by["8"]["network_ms"])


def _stream(figures: Figures) -> float:
    times = [row["p50_ms"] for row in figures["streaming"].values()]
    return float(max(times) / min(times))


TARGETS = (
    Target(
        "p50 of 32 judgments, beside a constant", 2, True, lambda f: _p50(f, "ours") / _p50(f, "constant")
    ),
    Target(
        "p50 of 32 judgments: approximator.sample (1,000 draws) takes so many times as long",
        50,
        False,
        lambda f: _p50(f, "approximator-1000") / _p50(f, "ours"),
    ),
    Target("throughput, beside a constant", 0.5, False, lambda f: _best(f, "ours") / _best(f, "constant")),
    Target(
        "throughput, beside the better of the peers", 3, False, lambda f: _best(f, "ours") / _best_peer(f)
    ),
    Target(
        "start to first answer with a warm cache, s",
        3,
        True,
        lambda f: f["subjects"]["ours"]["start"]["warm_s"],
    ),
    Target("resident memory, MB", 350, True, lambda f: f["subjects"]["ours"]["memory"]["resident_mb"]),
    Target("network time of 512 judgments, beside 8", 1.5, True, _network),
    Target("streaming update after 1 to 512 judgments, slowest beside fastest", STREAM_DRIFT, True, _stream),
)
