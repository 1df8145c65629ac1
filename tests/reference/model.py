"""What do docs/model.md's formulas give for one judgment, worked out a second time?

An independent reading of the model: it takes judgments as the plain mappings of the wire, uses NumPy and
exact fractions only, and shares no code with the package it is used to test.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LAPSE = 0.02
REWARD_SD = 0.25
TOLERATED = Fraction("1e-9")

Lottery = list[tuple[float, float]]
Record = Mapping[str, Any]


def lotteries(record: Record) -> list[Lottery]:
    """Each option as (payoff, probability) pairs: payoffs ascending and merged, zeros dropped, sum 1."""
    return [_normalised(option["outcomes"]) for option in record["options"]]


def feasible(record: Record) -> list[bool]:
    """Say of each option whether every outcome leaves a final wealth of at least 0."""
    wealth = record.get("wealth", 0.0)
    return [all(wealth + payoff >= 0 for payoff, _ in lottery) for lottery in lotteries(record)]


def refuted(record: Record) -> bool:
    """Say whether the proposal is refuted: infeasible, or as the record says, or else by the four rules."""
    chosen, possible = record["chosen"], feasible(record)
    verdict = record.get("verdict")
    if not possible[chosen]:
        return True
    if verdict is not None:
        return bool(verdict == "refuted")
    stake, budget = record.get("stake"), record.get("budget")
    return (
        not all(_sums_to_one(option["outcomes"]) for option in record["options"])
        or (stake is not None and budget is not None and stake > budget)
        or any(
            _dominates(record["options"][i]["outcomes"], record["options"][chosen]["outcomes"])
            for i in range(len(possible))
            if i != chosen and possible[i]
        )
    )


def values(record: Record, r: NDArray[np.float64]) -> NDArray[np.float64]:
    """V_i(r), float [options, len(r)]; NaN rows for infeasible options.

    Raises ValueError where there is no context: nothing feasible, or y_max = y_min.
    """
    wealth = record.get("wealth", 0.0)
    rows, possible = lotteries(record), feasible(record)
    reached = [payoff for lottery, ok in zip(rows, possible, strict=True) if ok for payoff, _ in lottery]
    if not reached or min(reached) == max(reached):
        raise ValueError("no two different outcomes are reachable: there is no utility scale")
    v = np.full((len(rows), len(r)), np.nan)
    for i, (lottery, ok) in enumerate(zip(rows, possible, strict=True)):
        if ok:
            v[i] = sum(p * utility(x, min(reached), max(reached), wealth, r) for x, p in lottery)
    return v


def utility(
    payoff: float, lowest: float, highest: float, wealth: float, r: NDArray[np.float64]
) -> NDArray[np.float64]:
    """v_r(y) of final wealth y = wealth + payoff between y_min = wealth + lowest and y_max, float [len(r)].

    With s = 1 - r, both fractions are the definition; each is used where its powers are at most 1.
    """
    y, y_min, y_max = wealth + payoff, wealth + lowest, wealth + highest
    s = 1.0 - np.asarray(r, dtype=np.float64)
    if payoff == lowest:
        return np.zeros_like(s)
    if payoff == highest:
        return np.ones_like(s)
    if y_min == 0:
        return np.where(s > 0, (y / y_max) ** np.maximum(s, 0.0), 1.0)
    below = _log_ratio(y, y_max, payoff - highest)
    above = _log_ratio(y, y_min, payoff - lowest)
    span = _log_ratio(y_min, y_max, lowest - highest)
    up, down = np.where(s > 0, s, 1.0), np.where(s < 0, s, -1.0)
    averse = np.expm1(down * above) / np.expm1(-down * span)
    seeking = (np.expm1(up * below) - np.expm1(up * span)) / -np.expm1(up * span)
    return np.where(s == 0, above / -span, np.where(s > 0, seeking, averse))


def advantage(record: Record, r: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Δ(r) of the chosen option over the best other feasible one, float [len(r)]; None where none exists."""
    possible, chosen = feasible(record), record["chosen"]
    if not possible[chosen] or sum(possible) < 2:
        return None
    try:
        v = values(record, r)
    except ValueError:
        return None
    others = [v[i] for i in range(len(possible)) if possible[i] and i != chosen]
    return np.asarray(v[chosen] - np.max(others, axis=0))


def informative(record: Record) -> bool:
    """Say whether the judgment changes the likelihood at all."""
    answered = record.get("feedback") is not None or record.get("reward") is not None
    return answered and not refuted(record) and advantage(record, np.array([0.5])) is not None


def approval(
    delta: NDArray[np.float64], tau: NDArray[np.float64], lapse: float = LAPSE
) -> NDArray[np.float64]:
    """P(approve | θ) for advantages and noises of one shape (or broadcast)."""
    with np.errstate(over="ignore"):  # exp(+large) = inf is the right limit: 1 / (1 + inf) = 0
        return np.asarray(lapse / 2 + (1 - lapse) / (1 + np.exp(-delta / tau)))


def log_likelihood(record: Record, r: NDArray[np.float64], tau: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ln p(feedback, reward | r, τ) at paired points, float [len(r)]; 0 for an uninformative judgment."""
    if not informative(record):
        return np.zeros(len(r))
    delta = advantage(record, r)
    assert delta is not None
    total = np.zeros(len(r))
    if record.get("feedback") is not None:
        sign = 1.0 if record["feedback"] == "approve" else -1.0
        total += np.log(approval(sign * delta, tau))
    if record.get("reward") is not None:
        z = (record["reward"] - delta) / REWARD_SD
        total += -0.5 * z * z - math.log(REWARD_SD * math.sqrt(2 * math.pi))
    return total


def _normalised(outcomes: list[Mapping[str, float]]) -> Lottery:
    total = math.fsum(outcome["probability"] for outcome in outcomes)
    merged: dict[float, float] = {}
    for outcome in sorted(outcomes, key=lambda o: o["payoff"]):
        if outcome["probability"] > 0:
            merged[outcome["payoff"]] = merged.get(outcome["payoff"], 0.0) + outcome["probability"]
    return [(payoff, p / total) for payoff, p in merged.items()]


def _log_ratio(a: float, b: float, difference: float) -> float:
    """ln(a/b), from the difference a - b where they are close."""
    return math.log1p(difference / b) if abs(difference) < b / 2 else math.log(a) - math.log(b)


def _exact(number: float) -> Fraction:
    """The shortest decimal that reads back as this double."""
    return Fraction(repr(float(number)))


def _sums_to_one(outcomes: list[Mapping[str, float]]) -> bool:
    total = sum((_exact(o["probability"]) for o in outcomes), Fraction(0))
    return abs(total - 1) <= Fraction("1e-6")


def _distribution(outcomes: list[Mapping[str, float]], points: list[float]) -> list[Fraction]:
    total = sum((_exact(o["probability"]) for o in outcomes), Fraction(0))
    mass = {x: Fraction(0) for x in points}
    for outcome in outcomes:
        mass[outcome["payoff"]] += _exact(outcome["probability"])
    return [share / total for share in itertools.accumulate(mass[x] for x in points)]


def _dominates(better: list[Mapping[str, float]], worse: list[Mapping[str, float]]) -> bool:
    points = sorted({outcome["payoff"] for outcome in [*better, *worse]})
    gaps = [f - g for f, g in zip(_distribution(better, points), _distribution(worse, points), strict=True)]
    return all(gap <= TOLERATED for gap in gaps) and any(gap < -TOLERATED for gap in gaps)
