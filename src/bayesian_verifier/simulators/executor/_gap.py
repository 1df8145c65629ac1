"""Do runs carried out now take what the recorded ones took?

Kolmogorov and Smirnov's distance of the two samples, a plan at a time; how often chance alone sets samples as far apart
is counted by shuffling which runs are live among those of the same job, so that it holds for any distribution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.simulators.executor._runs import Run

Float = NDArray[np.float64]
_SHUFFLES = 2000


class Gap(NamedTuple):
    """One plan: how many runs there are of either kind, their median processor time in yardsticks, the distance of
    their distributions, and how often chance alone sets samples as far apart.
    """

    plan: str
    recorded: int
    live: int
    recorded_median: float
    live_median: float
    distance: float
    p: float


def gaps(recorded: Sequence[Run], live: Sequence[Run], rng: np.random.Generator) -> list[Gap]:
    """Of every plan that there are live runs of."""
    return [_gap(plan, recorded, live, rng) for plan in dict.fromkeys(run.plan for run in live)]


def agree(found: Sequence[Gap], level: float = 0.01) -> bool:
    """Whether no plan is further off than chance would have any of them be, `level` of the time (Bonferroni)."""
    return all(one.p * len(found) >= level for one in found)


def _gap(plan: str, recorded: Sequence[Run], live: Sequence[Run], rng: np.random.Generator) -> Gap:
    then, now = ([run for run in some if run.plan == plan] for some in (recorded, live))
    took = np.array([run.total for run in (*then, *now)])
    is_live = np.arange(took.size) >= len(then)
    jobs = np.unique([run.job for run in (*then, *now)], return_inverse=True)[1]
    distance = _distance(took, is_live)
    further = sum(
        _distance(took, _shuffled(is_live, jobs, rng)) >= distance - 1e-12 for _ in range(_SHUFFLES)
    )
    return Gap(
        plan,
        len(then),
        len(now),
        float(np.median(took[~is_live])),
        float(np.median(took[is_live])),
        distance,
        (1 + further) / (1 + _SHUFFLES),
    )


def _shuffled(
    is_live: NDArray[np.bool_], jobs: NDArray[np.intp], rng: np.random.Generator
) -> NDArray[np.bool_]:
    result = is_live.copy()
    for job in range(int(jobs.max()) + 1):
        of_job = jobs == job
        result[of_job] = rng.permutation(is_live[of_job])
    return result


def _distance(took: Float, is_live: NDArray[np.bool_]) -> float:
    """Greatest difference of the two distributions."""
    order = np.argsort(took, kind="stable")
    steps = np.where(is_live[order], 1 / is_live.sum(), -1 / (~is_live).sum())
    last = np.append(np.diff(took[order]) > 0, True)
    return float(np.abs(np.cumsum(steps)[last]).max())
