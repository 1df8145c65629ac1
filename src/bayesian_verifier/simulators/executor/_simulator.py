"""What can be learned of a principal from how they take an executor's work?"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators._plain import PlainSimulator
from bayesian_verifier.simulators._protocol import Parameter, Responses
from bayesian_verifier.simulators.executor._cases import FORECAST, Contest, contest, draw_cases, even_levels
from bayesian_verifier.simulators.executor._facts import OUTCOMES, POINTS, Facts, facts_of
from bayesian_verifier.simulators.executor._principal import RATING_SD, judged
from bayesian_verifier.simulators.executor._runs import read_runs
from bayesian_verifier.simulators.executor._situation import Situation, job_situations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment

Float = NDArray[np.float64]
RECORDED = Path(__file__).parent / "recorded_runs.jsonl.gz"
#: situations that the recorded runs are put in, and the seed of their deadlines, values and prices
_SITUATIONS, _SEED = 600, 20261130
#: knots that signed advantages are spread over, on an axis stretched near zero
KNOTS, STRETCH = 9, 0.05


class ExecutorSimulator(PlainSimulator):
    """Principals whose jobs are done by plans of their executor: θ = (risk_aversion, ln choice_noise).

    situations: what plans paid when they were carried out; by default the recorded runs of the bundled job runner.
    name: that it is installed under, where it is not the bundled one.
    """

    name = "executor"
    parameters: tuple[Parameter, ...] = (
        Parameter("risk_aversion", "identity", 0.5, 1.0),
        Parameter("choice_noise", "log", math.log(0.1), 1.0),
    )
    feature_names = (
        *(f"advantage {r:g} at knot {k}" for r in POINTS for k in range(KNOTS)),
        *(f"reward less advantage {r:g}, squared, in its variance" for r in POINTS),
        *(f"reward less advantage {r:g}, in its variance" for r in POINTS),
        *(f"log variance {r:g}" for r in POINTS),
    )

    def __init__(self, situations: Sequence[Situation] | None = None, name: str | None = None) -> None:
        super().__init__()
        self.name = self.name if name is None else name
        self._given = situations
        self._paid: dict[str, Float] = {}
        self._contests: list[Contest] = []

    def _known(self) -> list[Contest]:
        """What is simulated; recorded runs are read when they are first asked for."""
        if not self._contests:
            situations = (
                job_situations(read_runs(RECORDED), _SITUATIONS, _SEED)
                if self._given is None
                else self._given
            )
            self._contests = [contest(one, POINTS) for one in situations]
            self._paid = {
                f"{one.name}/{plan}": np.quantile(paid, even_levels(OUTCOMES))
                for one in situations
                for plan, paid in zip(one.plans, one.payoffs, strict=True)
            }
        return self._contests

    def draw_cases(self, rng: np.random.Generator, n: int) -> Sequence[Judgment]:
        """Some plans of a situation with what their last runs paid, one of them proposed."""
        return draw_cases(rng, self._known(), n)

    def facts(self, cases: Sequence[Judgment]) -> Float:
        """See `Facts`. A case of no situation known here pays what its lotteries say."""
        return facts_of(cases, self._paid)

    def simulate(self, rng: np.random.Generator, theta: Float, cases: Sequence[Judgment]) -> Responses:
        """Principal i takes the carrying out of proposal i, by what was recorded where its `id` is known."""
        self._known()
        return super().simulate(rng, theta, cases)

    def respond(self, rng: np.random.Generator, theta: Float, facts: Float) -> Responses:
        """See `judged`."""
        return judged(rng, theta, Facts.of(facts))

    def features(self, facts: Float, answers: Float) -> Float:
        """Signed advantages on knots, then rewards against advantages, both of the forecasts at POINTS."""
        known = Facts.of(facts)
        sign, reward, rewarded = answers[:, :1], answers[:, 1:2], answers[:, 2:]
        counts = _on_knots(sign * known.advantage)
        counts *= np.abs(sign)[:, :, None]
        variance = RATING_SD**2 + known.spread**2 * (2 / FORECAST)
        off = rewarded * (reward - known.advantage)
        parts = [
            counts.reshape(len(facts), POINTS.size * KNOTS),
            off**2 / variance,
            off / variance,
            rewarded * np.log(variance),
        ]
        return np.concatenate(parts, axis=1)


def _on_knots(signed: Float) -> Float:
    """Weights [n, K, KNOTS] of signed advantages [n, K] in [-1, 1]: hats on a stretched axis, 1 in all."""
    at = np.arcsinh(signed / STRETCH) / math.asinh(1 / STRETCH)
    # in place, as most of the time that it takes to draw people goes by here
    away: Float = (0.5 * (at + 1.0) * (KNOTS - 1))[:, :, None] - np.arange(KNOTS, dtype=signed.dtype)
    np.abs(away, out=away)
    np.subtract(1.0, away, out=away)
    return np.maximum(away, 0.0, out=away)
