"""How likely are answers at each node of a lattice over traits and choice noise, summed over judgments?

One more judgment adds to these numbers, in any order and to the same bits: a chance of an answer is never above 0.99,
so that its logarithm in single precision is a multiple of 2⁻³⁰, and such numbers add up exactly in double precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery import LAPSE, REWARD_SD
from bayesian_verifier.simulators.traits._cases import People
from bayesian_verifier.simulators.traits._drawn_in import drawn_in, drawn_out
from bayesian_verifier.simulators.traits._surface import Axis, Lattice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from bayesian_verifier.simulators._protocol import Parameter
    from bayesian_verifier.simulators.traits._answers import Answers
    from bayesian_verifier.simulators.traits._cases import TraitCases

Float = NDArray[np.float64]
F32 = NDArray[np.float32]
#: beside the nodes: how many judgments had feedback, and how many a reward
COUNTS = 2
#: judgments at once, so that what is between fits into the processor's cache
_AT_ONCE = 32
#: a reward's log-density is a multiple of this; one farther off than so many sd is as unlikely as that
_GRAIN, _MOST_OFF = 2.0**-20, 16.0
#: stretch and reach of axes (docs/adr/0016-traits.md)
_EXPLORATION, _EVEN = (1.6, 3.5), 50.0


@dataclass(frozen=True)
class Summing:
    """On a lattice over P parameters, choice noise last; centre, scale [P]: prior means and sds that it is laid by."""

    lattice: Lattice
    centre: Float
    scale: Float

    @classmethod
    def of(cls, parameters: Sequence[Parameter]) -> Self:
        """For people with three parameters, or with four, who weigh chances too."""
        if len(parameters) == 3:  # noqa: PLR2004 - of the two simulators
            axes = [Axis(32, 1.19, 4.8), Axis(22, *_EXPLORATION), Axis(8, _EVEN, 3.1)]
        else:
            axes = [Axis(24, 1.6, 4.3), Axis(16, *_EXPLORATION), Axis(6, _EVEN, 2.8), Axis(8, _EVEN, 2.5)]
        means, sds = (np.array([getattr(p, of) for p in parameters]) for of in ("prior_mean", "prior_sd"))
        return cls(Lattice(tuple(axes)), means, sds)

    @property
    def size(self) -> int:
        """How many numbers a person is."""
        return self.lattice.size + COUNTS

    @property
    def by_rank(self) -> bool:
        """Whether people weigh chances."""
        return self.nodes.exponent is not None

    def summed(self, cases: TraitCases, answers: Answers) -> Float:
        """Sums [size] over answered cases."""
        advantage = self.advantages(cases)
        told = answers.sign != 0
        total = self.of_feedback(answers.sign[told, None].astype(np.float32) * advantage[told]).ravel()
        if answers.rewarded.any():
            rewards = answers.reward[answers.rewarded, None]
            total += np.repeat(self.of_rewards(rewards, advantage[answers.rewarded]), len(self.noises))
        return np.append(total, [told.sum(), answers.rewarded.sum()])

    def advantages(self, cases: TraitCases) -> F32:
        """∆ [C, K] of cases at the nodes of all parameters but the noise."""
        return cases.across(*self.nodes)

    @cached_property
    def nodes(self) -> People:
        """Along each parameter by itself, but the noise: R risk aversions, X explorations, A exponents."""
        link = [self.centre[i] + self.scale[i] * axis.places for i, axis in enumerate(self.lattice.axes[:-1])]
        return People(link[0], link[1], np.exp(link[2]) if link[2:] else None)

    def of_feedback(self, signed: F32) -> Float:
        """Log-chances of answers, summed [K, T], of signed advantages [C, K]."""
        total = np.zeros((signed.shape[1], len(self.noises)))
        for start in range(0, len(signed), _AT_ONCE):
            some = signed[start : start + _AT_ONCE]
            for number, noise in enumerate(self.noises):
                total[:, number] += log_chances(some, noise).sum(axis=0, dtype=np.float64)
        return total

    def of_rewards(self, reward: Float, advantage: F32) -> Float:
        """Log-densities of rewards [C, 1], summed [K], of advantages [C, K], but for a constant."""
        result: Float = log_rewards(reward - advantage, np).sum(axis=0)
        return result

    def coefficients(self, totals: Float) -> Float:
        """Of the spline [C] through sums [size]."""
        nodes = totals[None, :-COUNTS]
        result: Float = self.lattice.coefficients(drawn_in(nodes - nodes.max(), np), np)[0]
        return result

    def read(self, coefficients: Float, theta: Float) -> Float:
        """The summed log-likelihood [n] at θ [n, P] on the link scale, less the greatest at a node."""
        places = ((theta - self.centre) / self.scale)[None]
        return drawn_out(self.lattice.read(coefficients[None], places, np)[0], np)

    @cached_property
    def noises(self) -> F32:
        result: F32 = np.exp(self.centre[-1] + self.scale[-1] * self.lattice.axes[-1].places).astype(
            np.float32
        )
        return result


def log_rewards(residual: Float, xp: ModuleType) -> Float:
    """Log-densities of rewards so far off the advantage, but for a constant; xp: NumPy, or jax.numpy in a trace."""
    off = xp.clip(residual / REWARD_SD, -_MOST_OFF, _MOST_OFF)
    result: Float = _GRAIN * xp.rint((-0.5 / _GRAIN) * off * off)
    return result


def log_chances(signed: F32, noise: np.float32) -> F32:
    """Log-probability of feedback with signed advantages of any shape, in single precision."""
    result: F32 = signed * np.float32(-1.0 / noise)
    with np.errstate(over="ignore"):
        np.exp(result, out=result)
    result += np.float32(1.0)
    np.divide(np.float32(1.0 - LAPSE), result, out=result)
    result += np.float32(LAPSE / 2.0)
    np.log(result, out=result)
    return result
