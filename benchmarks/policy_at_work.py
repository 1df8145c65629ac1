"""What does a decision by a policy cost, and how many people does its A/B test need?

    python benchmarks/policy_at_work.py [--repeats 2000] [--runs 40]

Times of the shipped policy in this process, beside the expected V that the layer finds in any case. Then simulated
people, ten answers each, whose chance of approval differs from person to person; beside the test that may be looked
at every day one that takes all answers for independent, as is often done.
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bayesian_verifier.judgment import Case
from bayesian_verifier.judgment_layer._expectation import expected_values
from bayesian_verifier.policy import Policy, PolicyChooser, Sequence, Surroundings, Unit, scores_of, state_of
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from collections.abc import Callable

OPTIONS = [
    {"outcomes": [{"payoff": 4.0, "probability": 1.0}]},
    {"outcomes": [{"payoff": 9.0, "probability": 0.6}, {"payoff": 2.0, "probability": 0.4}]},
    {"outcomes": [{"payoff": 20.0, "probability": 0.35}, {"payoff": 1.0, "probability": 0.65}]},
]
CASE = Case.model_validate({"options": OPTIONS})
COSTS = [{"latency": 0.1, "energy": 0.5}] * 3
ANSWERS, ALPHA = 10, 0.05


def quantiles(job: Callable[[], object], repeats: int) -> str:
    """Median and tenth percentile of its time, in milliseconds."""
    times = []
    for _ in range(repeats + 50):
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    low, middle = np.quantile(times[50:], [0.1, 0.5]) * 1e3
    return f"{middle:.3f}, {low:.3f}"


def times(repeats: int) -> Table:
    """Of a decision and its parts."""
    policy = Policy.shipped()
    chooser, belief = PolicyChooser(policy), Belief(0.6, 0.3)
    asked = {"options": COSTS, "questions": [{"options": [OPTIONS[0], OPTIONS[2]]}] * 3}
    plain, asking = Surroundings.model_validate({"options": COSTS}), Surroundings.model_validate(asked)
    state, known = state_of(CASE, plain), policy.known(0.6, 0.3)
    grid = policy.known(np.linspace(-1.5, 2.5, 81), np.full(81, 0.3))
    table = Table("", "ms: median, tenth percentile")
    table.add_row("a decision", quantiles(lambda: chooser.score(CASE, belief, plain), repeats))
    table.add_row("with three questions", quantiles(lambda: chooser.score(CASE, belief, asking), repeats))
    table.add_row("its forward pass", quantiles(lambda: scores_of(policy.parts, state, known), repeats))
    table.add_row(
        "81 beliefs at once", quantiles(lambda: scores_of(policy.parts, state, grid), repeats // 10)
    )
    table.add_row("expected V", quantiles(lambda: expected_values(CASE, belief), repeats))
    return table


def people(rng: np.random.Generator, count: int, effect: float) -> tuple[np.ndarray, np.ndarray]:
    """Arms, and shares that people approve of."""
    arms = rng.random(count) < 0.5  # noqa: PLR2004 half of them
    chance = np.clip(rng.beta(6, 4, count) + effect * arms, 0, 1)
    return arms, rng.binomial(ANSWERS, chance) / ANSWERS


def decided_at(rng: np.random.Generator, count: int, effect: float) -> float:
    """After how many people; infinite where not within all."""
    test = Sequence(0.5, alpha=ALPHA)
    for number, (arm, share) in enumerate(zip(*people(rng, count, effect), strict=True), start=1):
        if test.hear([Unit(bool(arm), float(share))]).decided(ALPHA):
            return number
    return np.inf


def naive_decides(rng: np.random.Generator, count: int) -> bool:
    """Whether a z-test of all answers is "significant" at a look after each ten people, where nothing differs."""
    arms, shares = people(rng, count, 0.0)
    for here in range(20, count + 1, 10):
        one, other = shares[:here][arms[:here]], shares[:here][~arms[:here]]
        share = shares[:here].mean()
        error = np.sqrt(share * (1 - share) / ANSWERS * (1 / max(len(one), 1) + 1 / max(len(other), 1)))
        if len(one) and len(other) and abs(one.mean() - other.mean()) > 1.96 * error:
            return True
    return False


def tests(runs: int) -> Table:
    """How soon the test decides, and how often wrongly."""
    rng = np.random.default_rng(0)
    table = Table("approval with the policy", "people until decided: median, 90%", "ever decided")
    for effect, count in ((0.2, 400), (0.1, 1000), (0.0, 400)):
        found = [decided_at(rng, count, effect) for _ in track(range(runs), f"effect {effect}")]
        middle, most = np.quantile(found, [0.5, 0.9], method="higher")
        share = f"{np.isfinite(found).mean():.0%} of {runs}, within {count} people"
        table.add_row(f"{effect:+g}", f"{middle:.0f}, {most:.0f}", share)
    wrong = np.mean([naive_decides(rng, 400) for _ in range(10 * runs)])
    table.add_row("+0, by a z-test of all answers", "", f"{wrong:.0%} of {10 * runs}, within 400 people")
    return table


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=40)
    asked = parser.parse_args()
    console = Console()
    console.print(times(asked.repeats))
    console.print(tests(asked.runs))


if __name__ == "__main__":
    main()
