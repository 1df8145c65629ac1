"""Which cases do people meet? Varied ones, drawn at random, from pennies to ruin.

Every kind of case fills padded arrays (payoff and probability [n, 8 options, 16 outcomes]); a mixture says how
often each kind is drawn. What trains and what grades are two mixtures in `configs/`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Float = NDArray[np.float64]
OPTIONS, OUTCOMES = 8, 16


class DenseCases(NamedTuple):
    """N cases with a proposal each: wealth [n], payoff and probability [n, 8, 16] (0 = padding), chosen [n]."""

    wealth: Float
    payoff: Float
    probability: Float
    chosen: NDArray[np.intp]

    def of(self, rows: NDArray[np.bool_]) -> DenseCases:
        """Those of them."""
        return DenseCases(self.wealth[rows], self.payoff[rows], self.probability[rows], self.chosen[rows])


@dataclass(frozen=True, slots=True)
class CaseMixture:
    """Relative frequency of each kind of case, all >= 0 and not all 0."""

    price_list: float = 1.0
    certain_or_risky: float = 1.0
    two_by_two: float = 1.0
    many: float = 1.0
    matched: float = 1.0
    ruin: float = 1.0
    wealthy: float = 1.0

    @classmethod
    def of(cls, weights: Mapping[str, float]) -> CaseMixture:
        """From a table of a settings file; raises ValueError naming an unknown kind or a bad weight."""
        known = {f.name for f in fields(cls)}
        if unknown := set(weights) - known:
            raise ValueError(f"unknown kinds of cases {sorted(unknown)}, expected some of {sorted(known)}")
        if any(w < 0 for w in weights.values()) or not sum(weights.values()) > 0:
            raise ValueError(f"weights must be >= 0 and not all 0, got {dict(weights)}")
        return cls(**(dict.fromkeys(known, 0.0) | dict(weights)))


def generate_cases(rng: np.random.Generator, n: int, mixture: CaseMixture) -> DenseCases:
    """N cases of a mixture, in random order, the proposal drawn evenly from the options there are."""
    kinds = list(_KINDS)
    weights = np.array([getattr(mixture, kind) for kind in kinds])
    counts = rng.multinomial(n, weights / weights.sum())
    parts = [_KINDS[kind](rng, int(count)) for kind, count in zip(kinds, counts, strict=True) if count]
    wealth, payoff, probability = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = rng.permutation(n)
    wealth, payoff, probability = wealth[order], payoff[order], probability[order]
    present = (probability > 0).any(axis=2)
    chosen = (rng.random(n) * present.sum(axis=1)).astype(np.intp)
    return DenseCases(wealth, payoff, probability, chosen)


_Part = tuple[Float, Float, Float]


def _empty(n: int) -> _Part:
    return np.zeros(n), np.zeros((n, OPTIONS, OUTCOMES)), np.zeros((n, OPTIONS, OUTCOMES))


def _stakes(rng: np.random.Generator, n: int) -> Float:
    """Sizes of stakes, from pennies to a fortune."""
    result: Float = 10.0 ** rng.uniform(-2.0, 6.0, n)
    return result


def _price_list(rng: np.random.Generator, n: int) -> _Part:
    """A row of a list: a narrow lottery beside a wide one, the same chance of the better prize in both."""
    wealth, payoff, probability = _empty(n)
    low = rng.uniform(0.3, 0.95, n)
    payoff[:, 0, 0], payoff[:, 0, 1] = 1.0, low
    payoff[:, 1, 0] = rng.uniform(1.1, 3.5, n)
    payoff[:, 1, 1] = low * 10.0 ** rng.uniform(-2.0, -0.02, n)
    chance = np.where(rng.random(n) < 0.7, rng.integers(1, 11, n) / 10.0, rng.uniform(0.02, 1.0, n))  # noqa: PLR2004
    probability[:, :2, 0] = chance[:, None]
    probability[:, :2, 1] = 1.0 - chance[:, None]
    payoff *= _stakes(rng, n)[:, None, None]
    return wealth, payoff, probability


def _certain_or_risky(rng: np.random.Generator, n: int) -> _Part:
    """A sure amount beside a two-outcome lottery."""
    wealth, payoff, probability = _empty(n)
    bottom = np.where(rng.random(n) < 0.5, 0.0, rng.uniform(0.0, 0.6, n))  # noqa: PLR2004 - half of them pay nothing
    payoff[:, 0, 0] = bottom + (1.0 - bottom) * rng.uniform(0.03, 0.97, n)
    probability[:, 0, 0] = 1.0
    chance = rng.uniform(0.03, 0.97, n)
    payoff[:, 1, 0], payoff[:, 1, 1] = 1.0, bottom
    probability[:, 1, 0], probability[:, 1, 1] = chance, 1.0 - chance
    payoff *= _stakes(rng, n)[:, None, None]
    return wealth, payoff, probability


def _two_by_two(rng: np.random.Generator, n: int) -> _Part:
    """Two lotteries of two outcomes each, anything goes."""
    wealth, payoff, probability = _empty(n)
    payoff[:, :2, :2] = rng.uniform(0.0, 1.0, (n, 2, 2)) ** rng.choice([1.0, 3.0], (n, 1, 1))
    chance = rng.uniform(0.02, 0.98, (n, 2))
    probability[:, :2, 0], probability[:, :2, 1] = chance, 1.0 - chance
    payoff *= _stakes(rng, n)[:, None, None]
    return wealth, payoff, probability


def _many(rng: np.random.Generator, n: int) -> _Part:
    """Two to eight lotteries of one to sixteen outcomes."""
    wealth, payoff, probability = _empty(n)
    options = rng.integers(2, OPTIONS + 1, n)
    outcomes = rng.integers(1, OUTCOMES + 1, (n, OPTIONS))
    there = (np.arange(OPTIONS)[None, :] < options[:, None])[:, :, None] & (
        np.arange(OUTCOMES)[None, None, :] < outcomes[:, :, None]
    )
    centre = rng.uniform(0.2, 0.8, (n, OPTIONS, 1))
    width = rng.uniform(0.02, 1.0, (n, OPTIONS, 1))
    raw = centre + width * (rng.random((n, OPTIONS, OUTCOMES)) - 0.5)
    payoff = np.where(there, np.maximum(raw, 0.0) ** rng.choice([1.0, 2.0, 4.0], (n, 1, 1)), 0.0)
    weight = np.where(there, rng.standard_exponential((n, OPTIONS, OUTCOMES)) + 1e-3, 0.0)
    probability = np.divide(weight, weight.sum(axis=2, keepdims=True), out=probability, where=there)
    payoff *= _stakes(rng, n)[:, None, None]
    return wealth, payoff, probability


def _matched(rng: np.random.Generator, n: int) -> _Part:
    """Two or three options on a ladder of final wealth whose neighbours are worth the same at a drawn r."""
    wealth, payoff, probability = _empty(n)
    top = np.exp(rng.uniform(np.log(1.5), np.log(60.0), n))
    sure = top ** rng.uniform(0.15, 0.85, n)
    r = rng.normal(0.5, 1.1, n)
    long_shot = _chance_of_equal_worth(sure, top, r)
    payoff[:, 0, 0], probability[:, 0, 0] = sure, 1.0
    payoff[:, 1, 0], payoff[:, 1, 1] = top, 1.0
    probability[:, 1, 0], probability[:, 1, 1] = long_shot, 1.0 - long_shot
    middle = sure + (top - sure) * rng.uniform(0.2, 0.8, n)
    chance = _chance_of_equal_worth(sure, middle, rng.normal(0.5, 1.1, n))
    third = rng.random(n) < 0.5  # noqa: PLR2004 - half of them have three options
    payoff[:, 2, 0], payoff[:, 2, 1] = middle, 1.0
    probability[:, 2, 0], probability[:, 2, 1] = third * chance, third * (1.0 - chance)
    payoff *= _stakes(rng, n)[:, None, None]
    return wealth, payoff, probability


def _chance_of_equal_worth(sure: Float, top: Float, r: Float) -> Float:
    """The chance of `top`, else 1, that someone with risk aversion r finds as good as `sure`; within 0.005–0.995."""
    a = 1.0 - np.where(np.abs(1.0 - r) < 1e-6, 1.0 - 1e-6, r)  # noqa: PLR2004 - the quotient's limit is smooth
    chance: Float = np.clip(np.expm1(a * np.log(sure)) / np.expm1(a * np.log(top)), 0.005, 0.995)
    return chance


def _ruin(rng: np.random.Generator, n: int) -> _Part:
    """Someone with little stakes much of it: losses down to all they have, and a few they cannot bear."""
    wealth, payoff, probability = _two_by_two(rng, n)
    size = payoff.max(axis=(1, 2))
    wealth = size * rng.uniform(0.3, 1.2, n)
    loss = wealth[:, None] * np.where(rng.random((n, 2)) < 0.2, 1.0, rng.uniform(0.0, 1.03, (n, 2)))  # noqa: PLR2004
    payoff[:, :2, 1] = -loss
    return wealth, payoff, probability


def _wealthy(rng: np.random.Generator, n: int) -> _Part:
    """Stakes beside a reference wealth of about their own size up to a hundred times that."""
    pick = rng.random(n) < 0.5  # noqa: PLR2004 - two shapes, evenly
    first, second = _matched(rng, n), _many(rng, n)
    payoff = np.where(pick[:, None, None], first[1], second[1])
    probability = np.where(pick[:, None, None], first[2], second[2])
    wealth = payoff.max(axis=(1, 2)) * 10.0 ** rng.uniform(-1.5, 2.0, n)
    return wealth, payoff, probability


_KINDS: dict[str, Callable[[np.random.Generator, int], _Part]] = {
    "price_list": _price_list,
    "certain_or_risky": _certain_or_risky,
    "two_by_two": _two_by_two,
    "many": _many,
    "matched": _matched,
    "ruin": _ruin,
    "wealthy": _wealthy,
}
