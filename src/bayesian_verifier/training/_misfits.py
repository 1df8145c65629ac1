"""In which ways do simulated people misfit when the check's power is measured?

Each answers as somebody the model does not describe. The likelihood-ratio test that knows the very way, its strength
included, is the most powerful there is on average over θ (Neyman & Pearson 1933): it is what the check is held against.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.posterior import MisfitGrid
from bayesian_verifier.simulators.lottery import Rival
from bayesian_verifier.simulators.lottery._chance import LAPSE, REWARD_SD
from bayesian_verifier.training._misfit_pool import fine_risk_aversions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.simulators.lottery import DenseCases, LotterySimulator

Float = NDArray[np.float64]
F32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to misfit.

    rival: how they see the cases.   coin: feedback is a coin's.   move: they change half-way, by so many prior sd of r
    up or down, or into anybody (inf).
    """

    name: str
    rival: Rival = field(default_factory=Rival)
    coin: bool = False
    move: float = 0.0

    def sent(self, cases: DenseCases) -> DenseCases:
        """What is sent about cases as generated: payoffs in another currency beside the wealth, or no wealth."""
        if self.rival.wealth_factor != 1.0:
            return cases._replace(wealth=cases.wealth / self.rival.wealth_factor)
        return cases._replace(wealth=np.zeros_like(cases.wealth)) if self.rival.unsaid_wealth else cases

    def toss(self, rng: np.random.Generator, answers: Float) -> None:
        """Let a coin give the feedback among answers [n, 3], in place, if that is the way."""
        if self.coin:
            answers[:, 0] = np.where(rng.random(len(answers)) < 0.5, 1.0, -1.0) * (answers[:, 0] != 0)  # noqa: PLR2004 - a coin

    def changed(self, rng: np.random.Generator, who: Float, simulator: LotterySimulator) -> Float:
        """Whom somebody [2] becomes half-way: themselves, unless that is the way."""
        if not self.move:
            return who
        if math.isinf(self.move):
            other: Float = simulator.sample_prior(rng, 1)[0]
            return other
        step = self.move * simulator.parameters[0].prior_sd
        return who + np.array([step if rng.random() < 0.5 else -step, 0.0])  # noqa: PLR2004 - up or down


WAYS = (
    Way("random answers", coin=True),
    Way("probability weighting, g 0.61", Rival(curvature=0.61)),
    Way("probability weighting, g 0.5", Rival(curvature=0.5)),
    Way("probability weighting, g 0.7", Rival(curvature=0.7)),
    Way("probability weighting, Prelec 0.65", Rival(prelec=0.65)),
    Way("loss aversion, λ 2.25", Rival(loss_aversion=2.25)),
    Way("loss aversion, λ 1.5", Rival(loss_aversion=1.5)),
    Way("loss aversion, λ 3", Rival(loss_aversion=3.0)),
    Way("change by 1 sd", move=1.0),
    Way("change by 2 sd", move=2.0),
    Way("change into anybody", move=math.inf),
    Way("payoffs sent 10 × too large", Rival(wealth_factor=10.0)),
    Way("payoffs sent 100 × too large", Rival(wealth_factor=100.0)),
    Way("payoffs sent 10 × too small", Rival(wealth_factor=0.1)),
    Way("payoffs sent 100 × too small", Rival(wealth_factor=0.01)),
    Way("wealth of the stakes' size left out", Rival(unsaid_wealth=1.0)),
    Way("wealth of 10 × the stakes left out", Rival(unsaid_wealth=10.0)),
)


class FineLikelihood:
    """Log-likelihoods on a fine grid of θ, for the test that knows the alternative."""

    def __init__(self, simulator: LotterySimulator) -> None:
        (r, ln_noise) = ((p.prior_mean, p.prior_sd) for p in simulator.parameters)
        self.first = fine_risk_aversions()
        self.second = ln_noise[0] + ln_noise[1] * math.log(2.0) * np.linspace(-3.5, 3.5, 15)
        self.first_sd = r[1]
        self.grid = MisfitGrid(self.first, self.second, r, ln_noise)

    def surfaces(self, curves: F32, answers: Float, sizes: Sequence[int]) -> Float:
        """Summed log-likelihoods [sizes, F, M] of the first so many answers [n, 3] to advantages [n, F]."""
        delta = curves[: sizes[-1]].astype(np.float64)
        sign, reward, paid = (answers[: sizes[-1], i : i + 1] for i in range(3))
        starts = np.array([0, *sizes[:-1]])
        result = np.zeros((len(sizes), self.first.size, self.second.size))
        if sign.any():
            for level, log_noise in enumerate(self.second):
                with np.errstate(over="ignore"):
                    chance = LAPSE / 2 + (1 - LAPSE) / (1 + np.exp(-sign * delta / math.exp(log_noise)))
                result[:, :, level] = np.add.reduceat(np.log(chance) * np.abs(sign), starts, axis=0)
        if paid.any():
            squares = paid * (reward - delta) ** 2 * (-0.5 / REWARD_SD**2)
            result += np.add.reduceat(squares, starts, axis=0)[:, :, None]
        return np.cumsum(result, axis=0, out=result)

    def log_ratio(self, way: Way, model: F32, seen: F32, answers: Float, sizes: Sequence[int]) -> Float:
        """Log-evidence [sizes] of a way without a change over the model's."""
        null = self.grid.log_marginal(self.surfaces(model, answers, sizes))
        if not way.coin:
            return self.grid.log_marginal(self.surfaces(seen, answers, sizes)) - null
        silent = answers * np.array([0.0, 1.0, 1.0])
        tossed = np.cumsum(answers[:, 0] != 0)[np.array(sizes) - 1]
        rest = self.grid.log_marginal(self.surfaces(model, silent, sizes))
        return np.add(tossed * math.log(0.5), rest - null)

    def log_ratio_of_change(self, way: Way, before: Float, after: Float) -> Float:
        """Log-evidence [sizes] of a change between two lots of answers, surfaces [sizes, F, M], over the model's."""
        null = self.grid.log_marginal(before + after)
        if math.isinf(way.move):
            return self.grid.log_marginal(before) + self.grid.log_marginal(after) - null
        step = way.move * self.first_sd
        either = [self.grid.log_marginal(before + self._moved(after, by)) for by in (step, -step)]
        return np.logaddexp(*either) - math.log(2.0) - null

    def _moved(self, surfaces: Float, by: float) -> Float:
        """Surfaces of someone whose r is larger by so much, held at the ends."""
        flat = np.moveaxis(surfaces, 1, -1).reshape(-1, self.first.size)
        moved = np.array([np.interp(self.first + by, self.first, row) for row in flat])
        shape = (surfaces.shape[0], surfaces.shape[2], self.first.size)
        return np.moveaxis(moved.reshape(shape), -1, 1)
