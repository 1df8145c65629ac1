"""Do posteriors hold the truth as often as they say?

Simulation-based calibration (Talts et al. 2018, arXiv 1804.06788) of what is served: where the true value lies in the
posterior of its own data. Even over simulated people, in each stratum of set size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.engine import LOCAL, in_order
from bayesian_verifier.training._quality import strata
from bayesian_verifier.training._sets import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bayesian_verifier.engine import Engine
    from bayesian_verifier.posterior import TypicalityTable
    from bayesian_verifier.training._drawn import Drawn, People
    from bayesian_verifier.training._network import Network

Float = NDArray[np.float64]
COVERAGE_LEVELS = (0.5, 0.8, 0.9, 0.95)
_AT_ONCE = 64


class Calibration(NamedTuple):
    """One simulated person.

    stratum: index into `strata()`.   ranks [P]: share of the served posterior below the truth, (0, 1).
    typicality_p: of their evidence, NaN without a table.   trusted: whether weights could be used.
    """

    stratum: int
    ranks: Float
    typicality_p: float
    trusted: bool


class Lot(NamedTuple):
    """People of a stratum who are asked about at once: their first number, and that after their last."""

    stratum: int
    start: int
    end: int


@dataclass(frozen=True, eq=False, slots=True)
class Ranking:
    """Ranks the people of a lot: a pure function, for an engine."""

    network: Network
    population: People
    typicality: TypicalityTable | None
    seed: int

    def __call__(self, lot: Lot) -> list[Calibration]:
        """Their rows, in the order of their numbers."""
        low, high = strata()[lot.stratum]
        people = [
            _person(self.population, self.seed, lot.stratum, i, low, high) for i in range(lot.start, lot.end)
        ]
        return _ranked(self.network, people, self.typicality, lot.stratum)


def calibrate(
    network: Network,
    population: People,
    typicality: TypicalityTable | None,
    each: int,
    seed: int,
    tick: Callable[[], None],
    engine: Engine = LOCAL,
) -> list[Calibration]:
    """`each` simulated people in each stratum; set sizes are log-uniform inside it, answers of each kind in turn."""
    lots = [
        Lot(stratum, start, min(start + _AT_ONCE, each))
        for stratum in range(len(strata()))
        for start in range(0, each, _AT_ONCE)
    ]
    result: list[Calibration] = []
    for rows in in_order(engine.results(Ranking(network, population, typicality, seed), lots)):
        result += rows
        tick()
    return result


def _person(population: People, seed: int, stratum: int, index: int, low: int, high: int) -> Drawn:
    rng = np.random.default_rng([seed, stratum, index])
    size = int(math.exp(rng.uniform(math.log(low + 1), math.log(high + 2)))) - 1
    return population.person(rng, min(max(size, low), high), ANSWERS[index % len(ANSWERS)])


def _ranked(
    network: Network, people: Sequence[Drawn], typicality: TypicalityTable | None, stratum: int
) -> list[Calibration]:
    rows = []
    for person, said in zip(people, network.ask([p.evidence for p in people]), strict=True):
        theta, share, trusted = said.theta, network.points.share, True
        if person.size:
            correction = network.corrected(said, person.evidence)
            trusted = bool(correction.reliable)
            if correction.weights is not None and trusted:
                share = correction.weights.share
        else:
            theta = prior_draws(network)
        p = math.nan
        if typicality is not None and person.size:
            p = typicality.p_value(said.summary, person.evidence.kind, person.size)
        ranks = np.array([_rank(theta[:, i], share, person.theta[i]) for i in range(theta.shape[1])])
        rows.append(Calibration(stratum, ranks, p, trusted))
    return rows


def prior_draws(network: Network) -> Float:
    """What is served of somebody of whom nothing is known [D, P]: the network's points under the prior itself."""
    parameters = network.simulator.parameters
    means, sds = (np.array([getattr(p, f"prior_{what}") for p in parameters]) for what in ("mean", "sd"))
    result: Float = means + sds * network.points.noise
    return result


def _rank(draws: Float, share: Float, truth: float) -> float:
    """Share of weighted draws below the truth, smoothed as served quantiles are."""
    order = np.argsort(draws, kind="stable")
    middle = np.cumsum(share[order]) - 0.5 * share[order]
    return float(np.interp(truth, draws[order], middle))


def coverage(ranks: Float) -> dict[str, float]:
    """How often central intervals of each level hold the truth, of ranks [N]."""
    return {str(level): float((np.abs(ranks - 0.5) <= level / 2).mean()) for level in COVERAGE_LEVELS}


def deviation(ranks: Float) -> float:
    """Greatest distance of the distribution of ranks [N] from even."""
    ordered, n = np.sort(ranks), ranks.size
    return float(max((np.arange(1, n + 1) / n - ordered).max(), (ordered - np.arange(n) / n).max()))


def band(people: int, together: int, level: float = 0.99) -> float:
    """Bound on `deviation` under perfect calibration, for `together` distributions of `people` ranks at once.

    Dvoretzky–Kiefer–Wolfowitz with Massart's constant: simultaneous over all ranks; Bonferroni over distributions.
    """
    return math.sqrt(math.log(2 * together / (1 - level)) / (2 * people))


def sampling_error(level: float, people: int, together: int) -> float:
    """How far a share of `people` may be off `level` by chance, 99% of the time for `together` of them at once."""
    from statistics import NormalDist  # noqa: PLC0415 - nothing else here needs it

    z = NormalDist().inv_cdf(1 - 0.005 / together)
    return z * math.sqrt(level * (1 - level) / people)
