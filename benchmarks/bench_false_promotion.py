"""How often is a challenger promoted that is no better, and how soon one that is?

    python benchmarks/bench_false_promotion.py [--quick]

A thousand simulated nights, the evidence looked at after each, many times over. Equal challengers: those that are
wrong by chance alone, those that are wrong in the opposite way as often, and the shipped model looked at through other
points; one for all nights, a new one every month, week or night. Better ones: the champion's prior is where people
were before.
Writes results/false_promotion.json, and exits with 1 where more than 5% of repetitions may promote an equal one.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

import _ours
import _record
import numpy as np
from _promotion_nights import check_growth, evidence_by_night, first_promotion, log_growth
from _promotion_people import Answers, answers
from _real_chances import real_answers
from rich.console import Console
from rich.table import Table
from scipy.stats import binomtest

from bayesian_verifier.retraining import RetrainingSettings
from bayesian_verifier.settings import shipped_config
from bayesian_verifier.settings_file import read_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Float = NDArray[np.float64]
    Truth = NDArray[np.bool_]
    Drawn = Callable[[np.random.Generator, int], tuple[Float, Float, Truth]]

NIGHTS, PER_NIGHT, EACH = 1000, 40, 24
POLICIES = {"one": NIGHTS, "monthly": 30, "weekly": 7, "nightly": 1}
PRIOR, NOISE = (0.5, 1.0), 0.3
#: what people became, mean and sd of their risk aversion, while the champion's prior stayed
MOVED = {"half a prior sd": (1.0, 0.8), "one prior sd": (1.5, 0.8), "two prior sd": (2.5, 0.8)}


def by_noise(pool: Answers) -> Drawn:
    """Both foresee as well as can be, but for noise of their own on the log-odds."""

    def draw(rng: np.random.Generator, count: int) -> tuple[Float, Float, Truth]:
        rows = rng.integers(0, pool.true.size, count)
        odds = np.log(pool.champion.ravel()[rows] / (1.0 - pool.champion.ravel()[rows]))
        one, other = (1.0 / (1.0 + np.exp(-odds - NOISE * rng.standard_normal(count))) for _ in range(2))
        return one, other, pool.approved.ravel()[rows]

    return draw


def by_coin(pool: Answers) -> Drawn:
    """A coin tossed for each answer says which of two is the champion: neither can be better."""

    def draw(rng: np.random.Generator, count: int) -> tuple[Float, Float, Truth]:
        rows, heads = rng.integers(0, pool.true.size, count), rng.random(count) < 0.5  # noqa: PLR2004 - a fair coin
        one, other = pool.champion.ravel()[rows], pool.challenger.ravel()[rows]
        return np.where(heads, one, other), np.where(heads, other, one), pool.approved.ravel()[rows]

    return draw


def equal(draw: Drawn, repetitions: int, alpha: float, seed: int) -> dict[str, Any]:
    """How many of the repetitions promote within all nights, by how often there is a new challenger."""
    promoted = dict.fromkeys(POLICIES, 0)
    for i in range(repetitions):
        champion, challenger, approved = draw(np.random.default_rng([seed, i]), NIGHTS * PER_NIGHT)
        if not i:
            check_growth(champion[:500], challenger[:500], approved[:500])
        growth = log_growth(champion, challenger, approved)
        for policy, lasts in POLICIES.items():
            found = evidence_by_night(growth, NIGHTS, lasts)
            promoted[policy] += first_promotion(found, lasts, alpha) is not None
    return {policy: _rate(count, repetitions) for policy, count in promoted.items()}


def _rate(count: int, repetitions: int) -> dict[str, float]:
    """A share, and what it is at most with 99% confidence (Clopper and Pearson 1934)."""
    bound = binomtest(count, repetitions, alternative="less").proportion_ci(0.99, method="exact").high
    return {"promoted": count, "rate": round(count / repetitions, 5), "at_most_99": round(float(bound), 5)}


def better(pool: Answers, repetitions: int, alpha: float, seed: int) -> dict[str, Any]:
    """Nights to the promotion of a challenger that knows where people are, by its number.

    New people come every 24 nights.
    """
    cohorts = NIGHTS // EACH
    nights: dict[int, list[int | None]] = {1: [], 5: []}
    gains = []
    for i in range(repetitions):
        rng = np.random.default_rng([seed, i])
        people = pool.of(rng.integers(0, len(pool.true), cohorts * PER_NIGHT))
        # each night one answer of each person there is
        champion, challenger, approved = (
            part.reshape(cohorts, PER_NIGHT, EACH).transpose(0, 2, 1).ravel()
            for part in (people.champion, people.challenger, people.approved)
        )
        found = evidence_by_night(log_growth(champion, challenger, approved), cohorts * EACH, NIGHTS)
        gains.append(_gain(champion, challenger, approved))
        for number, of in nights.items():
            of.append(first_promotion(found, NIGHTS, alpha, first=number))
    return {
        "mean_gain_nats": round(float(np.mean(gains)), 5),
        **{f"number {number}": _waits(found, cohorts * EACH) for number, found in nights.items()},
    }


def _gain(champion: Float, challenger: Float, approved: Truth) -> float:
    ratio = np.where(approved, challenger / champion, (1.0 - challenger) / (1.0 - champion))
    return float(np.log(ratio).mean())


def _waits(found: list[int | None], nights: int) -> dict[str, float | None]:
    """Nights to promotion, and the share promoted in all there were; those never promoted count as longer than all."""
    waited = np.array([np.inf if one is None else one for one in found])
    quantiles = {f"nights_p{p}": float(np.percentile(waited, p, method="higher")) for p in (50, 90)}
    told = {name: value if np.isfinite(value) else None for name, value in quantiles.items()}
    return {"promoted": round(float(np.isfinite(waited).mean()), 4), "of_nights": nights, **told}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the people and of the repetitions")
    quick = parser.parse_args().quick
    repetitions, people = (100, 60) if quick else (1000, 600)
    alpha = read_table(RetrainingSettings, shipped_config("retraining.toml")).gate.alpha
    about = _record.about(_ours.model_version(), quick=quick)
    _record.say("people")
    same = answers(people, EACH, truth=PRIOR, champion=PRIOR, challenger=PRIOR, seed=1)
    opposite = answers(people, EACH, truth=PRIOR, champion=(0.0, 1.0), challenger=(1.0, 1.0), seed=2)
    real = real_answers(people // 4, EACH, points=128, seed=3)
    draws = {
        "other noise": by_noise(same),
        "wrong in opposite ways": by_coin(opposite),
        "shipped model, other points": by_coin(real),
    }
    found = {}
    for number, (name, draw) in enumerate(draws.items()):
        _record.say(f"equal: {name}")
        found[name] = equal(draw, repetitions, alpha, 100 + number)
    power = {}
    for number, (name, truth) in enumerate(MOVED.items()):
        _record.say(f"better: people moved by {name}")
        pool = answers(people, EACH, truth=truth, champion=PRIOR, challenger=truth, seed=10 + number)
        power[name] = better(pool, repetitions // 5, alpha, 200 + number)
    figures = {
        "about": about,
        "nights": NIGHTS,
        "answers_a_night": PER_NIGHT,
        "repetitions": repetitions,
        "alpha": alpha,
        "equal": found,
        "better": power,
    }
    _record.write("false_promotion", figures)
    _tell(figures)
    kept = (
        max(one["rate" if quick else "at_most_99"] for by in found.values() for one in by.values()) <= alpha
    )
    sys.exit(0 if kept else 1)


def _tell(figures: dict[str, Any]) -> None:
    console = Console()
    table = Table(
        "equally good",
        *POLICIES,
        title=f"promoted in {NIGHTS} nights, of {figures['repetitions']} repetitions",
    )
    for name, by in figures["equal"].items():
        table.add_row(name, *(f"{one['rate']:.3f} (≤ {one['at_most_99']:.3f})" for one in by.values()))
    console.print(table)
    table = Table(
        "people moved by", "nats an answer", "nights, number 1", "number 5", title="a better challenger"
    )
    for name, by in figures["better"].items():
        table.add_row(name, str(by["mean_gain_nats"]), *(_nights(by[f"number {k}"]) for k in (1, 5)))
    console.print(table)


def _nights(found: dict[str, Any]) -> str:
    return f"p50 {found['nights_p50']}, p90 {found['nights_p90']}, promoted {found['promoted']:.0%}"


if __name__ == "__main__":
    main()
