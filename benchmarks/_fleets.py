"""Which questions about fleets are simulated?"""

from __future__ import annotations

import math
from functools import partial
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
from _side_cars import Measured, Outcome, Slow, Traffic, play

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from _side_cars import Float, Sharing

SEED = 20261130
DEADLINE, QUEUE = 0.050, 64
#: share of requests that may be the controller's before a fleet counts as too small
MISSED = 0.001
#: seconds between caller and side-car and back: on one machine, and over a network to a pool
BESIDE, AWAY = 0.0003, 0.001
KINDS = ("8", "32", "128")
TRAFFICS = {"even": 1.0, "bursts": 5.0}
SUBJECTS_A_SECOND, APPLICATIONS = 10_000.0, 1_000


def service_of(serving: Mapping[str, Any], overload: Mapping[str, Any]) -> dict[str, Any]:
    """What a side-car takes, in ms: medians and 99% of answers by number of judgments, and what a refusal costs.

    The cost of a refusal is what kept the server from answering as many as it could at ten times its capacity.
    """
    ours = serving["subjects"]["ours"]
    capacity = overload["capacity_per_second"]
    rushed = overload["subjects"]["ours"]["by_multiple"]["10"]
    refused = rushed["asked_per_second"] - rushed["good_per_second"]
    return {
        "answers": {
            kind: {"p50_ms": row["p50_ms"], "p99_ms": row["p99_ms"]}
            for kind, row in ours["by_judgments"].items()
        },
        "refusal_ms": round(1e3 * (1 - rushed["good_per_second"] / capacity) / refused, 4),
        "memory_mb": ours["memory"]["proportional_mb"],
    }


def measured_as(service: Mapping[str, Any], kind: str, overhead: float) -> Measured:
    """A side-car on one core that answers such requests: log-normal, with the median and the 99% measured."""
    row = service["answers"][kind]
    spread = math.log(row["p99_ms"] / row["p50_ms"]) / NormalDist().inv_cdf(0.99)
    shares = (np.arange(1000) + 0.5) / 1000
    normal = np.array([NormalDist().inv_cdf(share) for share in shares])
    return Measured(
        row["p50_ms"] / 1e3 * np.exp(spread * normal),
        refusal=service["refusal_ms"] / 1e3,
        overhead=overhead,
        queue_limit=QUEUE,
        deadline=DEADLINE,
    )


def single(service: Mapping[str, Any], seconds: float) -> list[dict[str, Any]]:
    """One side-car and its application, by how busy the core is: judgments of 32, over at least 20,000 requests."""
    side_car = measured_as(service, "32", BESIDE)
    capacity = 1 / float(side_car.answers.mean())
    rows = []
    for name, peak in TRAFFICS.items():
        for share in (0.1, 0.3, 0.5, 0.7, 0.9):
            rate = share * capacity
            rng = np.random.default_rng(SEED)
            times = Traffic(rate, peak).times(rng, max(seconds, 20_000 / rate))
            outcome = play(rng, side_car, [times], 1, "own")
            rows.append({"traffic": name, "load": share, "rate": round(rate, 1), **told(outcome)})
    return rows


def fleets(service: Mapping[str, Any], seconds: float) -> list[dict[str, Any]]:
    """10,000 requests a second of 1,000 applications: how few cores answer 99.9% in time, by how they are shared."""
    rows = []
    for kind in KINDS:
        for name, peak in TRAFFICS.items():
            rng = np.random.default_rng(SEED)
            one = Traffic(SUBJECTS_A_SECOND / APPLICATIONS, peak)
            arrivals = [one.times(rng, seconds) for _ in range(APPLICATIONS)]
            beside = play(
                np.random.default_rng(SEED),
                measured_as(service, kind, BESIDE),
                arrivals,
                APPLICATIONS,
                "own",
            )
            rows.append(
                {"kind": kind, "traffic": name, "sharing": "own", "cores": APPLICATIONS, **told(beside)}
            )
            pool = measured_as(service, kind, AWAY)
            least = math.ceil(SUBJECTS_A_SECOND * float(pool.answers.mean()))
            for sharing in ("random", "two choices"):
                tried = partial(_pooled, pool, arrivals, sharing)
                cores = fewest(lambda count, tried=tried: tried(count).missed <= MISSED, least)
                rows.append(
                    {
                        "kind": kind,
                        "traffic": name,
                        "sharing": sharing,
                        "cores": cores,
                        "least": least,
                        **told(tried(cores)),
                    }
                )
    return rows


def _pooled(pool: Measured, arrivals: list[Float], sharing: Sharing, count: int) -> Outcome:
    return play(np.random.default_rng(SEED), pool, arrivals, count, sharing)


def fewest(enough: Callable[[int], bool], low: int) -> int:
    """The least count from `low` on that is enough, where more is never worse."""
    high = low
    while not enough(high):
        low, high = high + 1, math.ceil(1.25 * high) + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return high


def rollout(service: Mapping[str, Any], reload: Mapping[str, Any]) -> dict[str, Any]:
    """1,000 side-cars at 10 requests a second each go on to another model within five seconds of one another.

    A reload costs a core for as long as was measured, so that half of one core is left for answers for twice as long,
    and lets nothing be answered for 30 ms twice.
    """
    spent, stall, within, at = float(reload["warm"]["reload_seconds"]), 0.030, 5.0, 10.0
    side_car = measured_as(service, "32", BESIDE)
    rng = np.random.default_rng(SEED)
    arrivals = [Traffic(10.0).times(rng, 30.0) for _ in range(APPLICATIONS)]
    slowed = []
    for start in (at + rng.uniform(0, within, APPLICATIONS)).tolist():
        end = start + 2 * spent
        stalls = [Slow(start + part * spent, start + part * spent + stall, math.inf) for part in (0.5, 1.5)]
        slowed.append(
            [
                Slow(start, stalls[0].start, 2.0),
                stalls[0],
                Slow(stalls[0].end, stalls[1].start, 2.0),
                stalls[1],
                Slow(stalls[1].end, end, 2.0),
            ]
        )
    quiet = play(np.random.default_rng(SEED), side_car, arrivals, APPLICATIONS, "own")
    rolled = play(np.random.default_rng(SEED), side_car, arrivals, APPLICATIONS, "own", slowed)
    return {
        "reload_seconds": spent,
        "within_seconds": within,
        "requests": rolled.asked,
        "missed_without": quiet.asked - quiet.good,
        "missed_with": rolled.asked - rolled.good,
    }


def overload(service: Mapping[str, Any], found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was measured of one server under even traffic beyond its capacity, beside the simulation of the same.

    Answers are scaled to the capacity of that run, which kept the server busy without a pause.
    """
    side_car = measured_as(service, "32", BESIDE)
    capacity = float(found["capacity_per_second"])
    scale = 1 / capacity / float(side_car.answers.mean())
    then = side_car._replace(answers=side_car.answers * scale)
    rows = []
    for multiple, row in found["subjects"]["ours"]["by_multiple"].items():
        rate = float(row["asked_per_second"])
        duration = 5.0
        times = np.arange(round(rate * duration)) / rate
        outcome = play(np.random.default_rng(SEED), then, [times], 1, "own")
        rows.append(
            {
                "load": multiple,
                "measured": row["good_share_of_capacity"],
                "simulated": round(outcome.good / duration / capacity, 3),
            }
        )
    return rows


def told(outcome: Outcome) -> dict[str, float]:
    """What is kept of an outcome."""
    return {
        "requests": outcome.asked,
        "missed": round(outcome.missed, 6),
        "busy": round(outcome.busy, 3),
        "p50_ms": round(1e3 * float(np.median(outcome.waits)), 2),
        "p99_ms": round(1e3 * float(np.quantile(outcome.waits, 0.99)), 2),
    }
