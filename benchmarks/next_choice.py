"""How well is a person's next choice predicted from their earlier ones? The service, judgment by judgment, by `state`.

    python benchmarks/next_choice.py [PEOPLE.jsonl] [--seed 0]

Choices are shuffled within each person. Each is predicted before it is told: by the service's draws, by the exact
posterior on a grid (same model, no network), by a coin, and by somebody risk-neutral with the best noise in hindsight.
Mean log-loss in nats; writes results/next_choice.json.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

import _ours
import _record
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bayesian_verifier.serving import Question, answer
from bayesian_verifier.simulators import load_simulator, log_prior
from bayesian_verifier.training import read_people

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.serving import Engine
    from bayesian_verifier.simulators import Simulator

DRAWS = 512
GRID = (321, 61)
NOISES = np.geomspace(0.01, 3.0, 60)


def by_service(engine: Engine, judgments: Sequence[Judgment]) -> NDArray[np.float64]:
    """Log-probability of each judgment given those before it [n], one request each."""
    state, found = None, []
    for judgment in judgments:
        question = Question([], state, DRAWS, 7)
        draws = answer(question, engine, clock=time.perf_counter, make_seed=int).draws
        assert draws is not None
        theta = np.stack([draws["risk_aversion"], np.log(draws["choice_noise"])], axis=1).astype(np.float64)
        likelihood = engine.simulator.log_likelihood(theta, [judgment])
        assert likelihood is not None
        found.append(np.log(np.exp(likelihood).mean()))
        told = Question([judgment], state, 0, None)
        state = answer(told, engine, clock=time.perf_counter, make_seed=int).state
    return np.array(found)


def by_grid(simulator: Simulator, judgments: Sequence[Judgment]) -> NDArray[np.float64]:
    """The same by the exact posterior on a grid."""
    axes = [
        np.linspace(p.prior_mean - 6 * p.prior_sd, p.prior_mean + 6 * p.prior_sd, size)
        for p, size in zip(simulator.parameters, GRID, strict=True)
    ]
    theta = np.stack([m.ravel() for m in np.meshgrid(*axes, indexing="ij")], axis=1)
    log_weight, found = log_prior(simulator.parameters, theta), []
    for judgment in judgments:
        weight = np.exp(log_weight - log_weight.max())
        likelihood = simulator.log_likelihood(theta, [judgment])
        assert likelihood is not None
        found.append(np.log((weight * np.exp(likelihood)).sum() / weight.sum()))
        log_weight = log_weight + likelihood
    return np.array(found)


def risk_neutral(simulator: Simulator, people: Sequence[Sequence[Judgment]]) -> float:
    """Mean log-loss of r = 0 with the one level of noise that is best for all."""
    theta = np.stack([np.zeros(NOISES.size), np.log(NOISES)], axis=1)
    totals = np.zeros(NOISES.size)
    for judgments in people:
        likelihood = simulator.log_likelihood(theta, judgments)
        assert likelihood is not None
        totals += likelihood
    return float(-totals.max() / sum(map(len, people)))


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "people", type=Path, nargs="?", default=_ours.ROOT / "examples" / "andersen2008_people.jsonl"
    )
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    engine, simulator = _ours.engine(), load_simulator("lottery")
    rng = np.random.default_rng(asked.seed)
    known, _ = read_people(asked.people)
    people = []
    for own in known.values():
        told = simulator.describe(own).told
        people.append([told[i] for i in rng.permutation(len(told))])
    served = np.concatenate([by_service(engine, own) for own in track(people, "service")])
    exact = np.concatenate([by_grid(simulator, own) for own in track(people, "exact")])
    figures = {
        "about": _record.about(_ours.model_version(), quick=False),
        "file": asked.people.name,
        "people": len(people),
        "choices": int(served.size),
        "log_loss": {
            "service": round(float(-served.mean()), 4),
            "exact posterior": round(float(-exact.mean()), 4),
            "risk-neutral, best noise": round(risk_neutral(simulator, people), 4),
            "coin": round(float(np.log(2)), 4),
        },
        "greatest_difference_of_a_mean": round(float(np.abs(served - exact).mean()), 5),
    }
    _record.write("next_choice", figures)
    table = Table("predicted by", "log-loss, nats", title=f"{served.size} choices of {len(people)} people")
    for name, loss in figures["log_loss"].items():
        table.add_row(name, f"{loss:.4f}")
    Console().print(table)


if __name__ == "__main__":
    main()
