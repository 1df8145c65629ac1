"""How good is the Meta-Judgment Controller, when it has to stand in for the verifier?

Simulated people are put to it in process: how far its mean is from the exact posterior's, whether the truth lies as
often within its ±1 sd as it says, and what choices made by it cost the person. Beside it the service, the exact
posterior, the bracket by itself, the cautious prior, and the constant that is best for all of them in hindsight.
Then people who drift: the last trusted posterior, aged or not, with answers since or without.
Writes results/controller.json.
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

import _ours
import _record
import numpy as np
from _controller_people import Drifter, Person, drifter, person, proposals
from _regret import regret
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.stats import truncnorm

from bayesian_verifier import MetaJudgmentController
from bayesian_verifier.judgment_layer._bracket import bracket
from bayesian_verifier.judgment_layer._controller import CAUTIOUS
from bayesian_verifier.judgment_layer._curves import told_by
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.serving import Engine

SIZES = (0, 2, 8, 32, 128, 512)
ANSWERED = ("feedback", "reward", "both")
DRIFTS, AGES = (0.0, 0.1, 0.2), (1.0, 10.0, 40.0)
CONSTANTS = np.round(np.arange(-1.0, 3.01, 0.1), 1)
DAY = 86_400.0


def by_answers(judgments: Sequence[Judgment]) -> Belief:
    """The controller's word on somebody it has not heard of before."""
    return MetaJudgmentController().assess(None, judgments, 0.0).belief


def by_bracket(judgments: Sequence[Judgment]) -> Belief:
    """The cautious prior cut to the bracket of the newest 64, and mixed with it as far as answers disagree.

    What the controller said before it took to least squares: with a probability of (contradicted + 1) / (answers + 2),
    Laplace's rule of succession, the bracket says nothing.
    """
    found = bracket(told_by(judgments[-64:]))
    if found is None:
        return CAUTIOUS
    doubt = (found.contradicted + 1) / (found.answers + 2)
    low, high = ((edge - CAUTIOUS.mean) / CAUTIOUS.sd for edge in (found.low, found.high))
    cut = truncnorm(low, high, loc=CAUTIOUS.mean, scale=CAUTIOUS.sd)
    inside, spread = float(cut.mean()), float(cut.std())
    mean = (1 - doubt) * inside + doubt * CAUTIOUS.mean
    variance = (1 - doubt) * (spread**2 + (inside - mean) ** 2)
    variance += doubt * (CAUTIOUS.sd**2 + (CAUTIOUS.mean - mean) ** 2)
    return Belief(mean, float(np.sqrt(variance)))


METHODS: dict[str, Callable[[Person], Belief]] = {
    "exact posterior": lambda one: one.exact,
    "service": lambda one: one.service,
    "controller": lambda one: by_answers(one.judgments),
    "bracket alone": lambda one: by_bracket(one.judgments),
    "cautious prior": lambda _: CAUTIOUS,
}


def aged(one: Drifter, since: list[Judgment]) -> Belief:
    """What a controller says that heard of the trusted posterior on day 0."""
    controller = MetaJudgmentController()
    controller.remember("ada", one.trusted, 0.0)
    return controller.assess("ada", [*one.before, *since], one.days * DAY + 1.0).belief


def forgotten(one: Drifter) -> Belief:
    """What it says where it never heard of it."""
    return MetaJudgmentController().assess("ada", one.before, one.days * DAY).belief


DRIFTED: dict[str, Callable[[Drifter], Belief]] = {
    "controller": lambda one: aged(one, []),
    "controller, 8 answers since": lambda one: aged(one, one.since),
    "last trusted, not aged": lambda one: one.trusted,
    "the old answers, aged": forgotten,
    "cautious prior": lambda _: CAUTIOUS,
}


def summarised(people: Sequence[Person | Drifter], beliefs: Sequence[Belief]) -> dict[str, float]:
    """Errors in r, coverage of ±1 sd and of ±2, and regret; of a Person also the distance from the exact mean."""
    error = np.array([belief.mean - one.r for one, belief in zip(people, beliefs, strict=True)])
    sd = np.array([belief.sd for belief in beliefs])
    costs = [regret(one.new, belief) for one, belief in zip(people, beliefs, strict=True)]
    value, money, other = np.mean(costs, axis=0)
    row = {
        "error_rms": rms(error),
        "scaled_error_rms": rms(error / sd),
        "within_1_sd": float(np.mean(np.abs(error) < sd)),
        "within_2_sd": float(np.mean(np.abs(error) < 2 * sd)),
        "regret": float(value),
        "regret_money": float(money),
        "other_choice": float(other),
    }
    known = [one for one in people if isinstance(one, Person)]
    if known:
        off = [belief.mean - one.exact.mean for one, belief in zip(known, beliefs, strict=True)]
        row["off_exact_r"] = rms(off)
        row["off_exact_sd"] = rms([far / one.exact.sd for far, one in zip(off, known, strict=True)])
    return {name: round(figure, 5) for name, figure in row.items()}


def rms(values: Sequence[float] | np.ndarray) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(values))))


def best_constant(people: Sequence[Person]) -> dict[str, float]:
    """The one r, known to be it, by which choices for all these people cost least."""
    losses = [np.mean([regret(one.new, Belief(float(r), 1e-3)).value for one in people]) for r in CONSTANTS]
    best = float(CONSTANTS[int(np.argmin(losses))])
    costs = [regret(one.new, Belief(best, 1e-3)) for one in people]
    value, money, other = np.mean(costs, axis=0)
    return {
        "r": best,
        "regret": round(float(value), 5),
        "regret_money": round(float(money), 5),
        "other_choice": round(float(other), 5),
    }


def answering(engine: Engine, people: int, new: int) -> dict[str, Any]:
    """Each method by kind of answers and number of them."""
    found: dict[str, Any] = {}
    everybody: list[Person] = []
    for answered in ANSWERED:
        for size in track(SIZES, f"{answered:>8}"):
            seeds = (7_000_000 + 10_000 * size + 100 * ANSWERED.index(answered) + i for i in range(people))
            known = [person(seed, size, answered, new, engine) for seed in seeds]
            everybody += known
            for name, says in METHODS.items():
                row = summarised(known, [says(one) for one in known])
                found.setdefault(answered, {}).setdefault(name, {})[str(size)] = row
    return found | {"best constant": best_constant(everybody[:: max(1, len(everybody) // 200)])}


def drifting(engine: Engine, people: int, new: int) -> dict[str, Any]:
    """Each method by how much people drift and for how long."""
    found: dict[str, Any] = {}
    for drift in DRIFTS:
        for days in track(AGES, f"drift {drift}"):
            known = [drifter(9_000_000 + i, days, drift, new, engine) for i in range(people)]
            for name, says in DRIFTED.items():
                row = summarised(known, [says(one) for one in known])
                found.setdefault(str(drift), {}).setdefault(name, {})[str(days)] = row
    return found


def speed(times: int) -> dict[str, dict[str, float]]:
    """What the controller takes, by number of answers; the first time, when no proposal is known to it."""
    found = {}
    for count in (8, 64, 128):
        rng = np.random.default_rng(count)
        judgments = [
            one.model_copy(update={"feedback": "approve", "verdict": "proved"})
            for one in proposals(rng, count)
        ]
        controller, seconds = MetaJudgmentController(), []
        for _ in range(times):
            start = time.perf_counter()
            controller.assess("ada", judgments, 0.0)
            seconds.append(time.perf_counter() - start)
        found[str(count)] = {"first_ms": round(1e3 * seconds[0], 4)} | _record.spread(seconds[1:])
    return found


def tables(figures: dict[str, Any], console: Console) -> None:
    """What was found, for people."""
    for answered in ANSWERED:
        table = Table(
            "method", *map(str, SIZES), title=f"{answered}: regret x 1000, off exact sd, within 1 sd"
        )
        for name, by in figures["answers"][answered].items():
            cells = [
                f"{1e3 * row['regret']:.1f}  {row['off_exact_sd']:.2f}  {row['within_1_sd']:.2f}"
                for row in by.values()
            ]
            table.add_row(name, *cells)
        console.print(table)
    console.print(f"best constant: {figures['answers']['best constant']}")
    for drift, methods in figures["drift"].items():
        table = Table("method", *map(str, AGES), title=f"drift {drift}: regret x 1000, within 1 sd, by days")
        for name, by in methods.items():
            table.add_row(name, *(f"{1e3 * r['regret']:.1f}  {r['within_1_sd']:.2f}" for r in by.values()))
        console.print(table)
    console.print(f"speed: {figures['speed']}")


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=40, help="of each kind (default 40)")
    parser.add_argument("--quick", action="store_true", help="an eighth of them")
    asked = parser.parse_args()
    people = max(2, asked.people // 8) if asked.quick else asked.people
    said = _record.about(_ours.model_version(), quick=asked.quick)
    engine = _ours.engine()
    figures = {
        "about": said,
        "people": people,
        "new_choices": 40,
        "answers": answering(engine, people, 40),
        "drift": drifting(engine, 2 * people, 40),
        "speed": speed(50 if asked.quick else 500),
    }
    _record.write("controller", figures)
    tables(figures, Console(width=140))


if __name__ == "__main__":
    main()
