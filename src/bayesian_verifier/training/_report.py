"""What does a model's quality report say, and does the model pass?"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesian_verifier.simulators.lottery import ANSWERS, MAX_REWARD, LotterySimulator, simulate_person
from bayesian_verifier.training._quality import (
    Calibration,
    Comparison,
    Network,
    by_size,
    calibration,
    compare,
    coverage,
    rank_deviation,
    summarised,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators.lottery import Person
    from bayesian_verifier.training._settings import EvaluationSettings, Gate


@dataclass(frozen=True)
class Report:
    """Figures of one evaluation, and the rows behind them.

    misses: what the gate asks for and the model does not reach; empty when it passes.
    """

    figures: dict[str, Any]
    misses: list[str]
    comparisons: list[Comparison] = field(repr=False)
    calibrations: list[Calibration] = field(repr=False)
    answered: list[str] = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """Figures and verdict, without the rows."""
        return {"passes": not self.misses, "misses": self.misses, **self.figures}


def evaluate(
    network: Network,
    settings: EvaluationSettings,
    *,
    people: Mapping[str, Sequence[Judgment]] | None = None,
    parity: Mapping[str, float] | None = None,
    tick: Callable[[str, int, int], None] = lambda *_: None,
) -> Report:
    """Judge a network by the pinned settings.

    people: judgments of real people by name, compared with their exact posterior too.   parity: figures of
    `parity`, where the BayesFlow object was at hand.   tick: told (stage, done, total) as it goes.
    """
    compared, answered = [], []
    for i, person in enumerate(_people(network.simulator, settings, settings.sets, salt=0)):
        compared.append(compare(network, person.judgments))
        answered.append(person.answered)
        tick("exact reference", i + 1, settings.sets)
    calibrated = []
    for i, person in enumerate(_people(network.simulator, settings, settings.calibration_sets, salt=1)):
        calibrated.append(calibration(network, person.theta, person.judgments))
        tick("calibration", i + 1, settings.calibration_sets)
    figures: dict[str, Any] = {
        "simulated": summarised(compared),
        "by_size": by_size(compared),
        "by_answer": {
            kind: summarised([c for c, a in zip(compared, answered, strict=True) if a == kind])
            for kind in sorted(set(answered))
        },
        "calibration": _calibration_figures(network, calibrated),
        "parity": dict(parity) if parity else None,
        "people": _people_figures(network, people, tick) if people else None,
        "settings": settings.model_dump(),
    }
    return Report(figures, _misses(figures, settings.gate), compared, calibrated, answered)


def _people(simulator: Any, settings: EvaluationSettings, count: int, *, salt: int) -> Iterator[Person]:
    """Simulated people of the pinned generator; set sizes ⌊exp(U)⌋ with U even on the logarithms stated."""
    if not isinstance(simulator, LotterySimulator):
        raise TypeError(f"the evaluation generator makes lotteries, and {simulator.name!r} judges none")
    low, high = math.log(1 + settings.smallest), math.log(1 + settings.largest)
    for i in range(count):
        rng = np.random.default_rng([settings.seed, salt, i])
        size = int(math.exp(rng.uniform(low, high)))
        kind = ANSWERS[i % len(ANSWERS)]
        yield simulate_person(rng, simulator, settings.mixture, size, answered=kind, max_reward=MAX_REWARD)


def _calibration_figures(network: Network, rows: list[Calibration]) -> dict[str, Any]:
    if not rows:
        return {}
    result = {}
    for index, parameter in enumerate(network.simulator.parameters):
        deviation, bound = rank_deviation(rows, index)
        result[parameter.name] = {
            "sets": len(rows),
            "coverage": coverage(rows, index),
            "rank_deviation": deviation,
            "rank_deviation_bound_99": bound,
        }
    return result


def _people_figures(
    network: Network, people: Mapping[str, Sequence[Judgment]], tick: Callable[[str, int, int], None]
) -> dict[str, Any]:
    rows = []
    for i, judgments in enumerate(people.values()):
        rows.append(compare(network, judgments))
        tick("people", i + 1, len(people))
    return {
        "count": len(rows),
        **summarised(rows),
        "each": {k: asdict_row(r) for k, r in zip(people, rows, strict=True)},
    }


def asdict_row(row: Comparison) -> dict[str, float]:
    """A comparison as JSON."""
    return {k: float(v) for k, v in row._asdict().items()}


def _misses(figures: dict[str, Any], gate: Gate) -> list[str]:
    """Each figure that misses the gate, said with both numbers."""
    asked: list[tuple[str, float, float]] = [
        ("mean KL to the exact posterior", figures["simulated"]["kl_mean"], gate.mean_kl)
    ]
    if figures["people"]:
        asked.append(("mean KL on people's judgments", figures["people"]["kl_mean"], gate.people_kl))
    for name, of_parameter in figures["calibration"].items():
        worst = max(abs(share - float(level)) for level, share in of_parameter["coverage"].items())
        asked.append((f"coverage of {name}", worst, gate.coverage_error))
    for name, value in (figures["parity"] or {}).items():
        asked.append((f"parity of {name}", value, gate.parity))
    return [f"{what}: {value:.3g} is above {most:.3g}" for what, value, most in asked if not value <= most]
