"""How good are two models, asked about the same simulated people that neither has seen?

Each posterior is compared with the exact one under its model's own prior: what is asked here is whether a network does
what it claims. Whose prior is right only people can say, by their next answers (`_foresight`). Half of the people come
from either prior, half of their cases are such as people really met. Ranks and coverage are asked of each model on
people from its own prior, as only there they are even.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.simulators.lottery import (
    ANSWERS,
    MAX_REWARD,
    LotterySimulator,
    generate_cases,
    records,
)
from bayesian_verifier.training._calibration import (
    COVERAGE_LEVELS,
    band,
    calibrate,
    coverage,
    deviation,
    sampling_error,
)
from bayesian_verifier.training._pool import draw_pool
from bayesian_verifier.training._quality import compare, strata, summarised
from bayesian_verifier.training._simulated import Population

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from bayesian_verifier.artifact import Manifest
    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.training._calibration import Calibration
    from bayesian_verifier.training._network import Network
    from bayesian_verifier.training._quality import Comparison
    from bayesian_verifier.training._settings import EvaluationSettings

_SUMMARY = ("kl_mean", "kl_worst", "mean_error_rms", "sd_error_rms", "shift_sd_rms", "unreliable")


class Cases(NamedTuple):
    """What simulated people are asked: cases that people met, and what share of the questions they are."""

    met: Sequence[Judgment]
    share: float


def seed_of_pair(champion: Manifest, challenger: Manifest) -> int:
    """The seed of their sealed set: from all that either is, so that nobody chooses it."""
    both = "\n".join(one.model_dump_json() for one in (champion, challenger))
    return int(hashlib.sha256(both.encode()).hexdigest()[:12], 16)


def meet(
    champion: Network,
    challenger: Network,
    settings: EvaluationSettings,
    cases: Cases,
    *,
    seed: int,
    tick: Callable[[str, int, int], None] = lambda *_: None,
) -> dict[str, Any]:
    """Figures of both as JSON values: `sound`, `sealed`, `sbc`, `coverage`; None for a model that gives no numbers.

    settings: how many people and of which sizes.   tick: told (stage, done, total) as it goes.
    """
    sides = {"champion": champion, "challenger": challenger}
    people = [_person(champion, challenger, settings, cases, seed, i) for i in range(settings.sets)]
    sound = {name: _is_sound(network, people) for name, network in sides.items()}
    rows: dict[str, list[Comparison]] = {name: [] for name in sides}
    for i, judgments in enumerate(people):
        for name, network in sides.items():
            if sound[name]:
                rows[name].append(compare(network, judgments))
        tick("sealed set", i + 1, len(people))
    ranked = {
        name: _calibrated(network, settings, cases, seed, name, tick) if sound[name] else None
        for name, network in sides.items()
    }
    return {
        "sound": sound,
        "sealed": _sealed(rows),
        "sbc": {name: None if found is None else _worst_ranks(found) for name, found in ranked.items()},
        "coverage": {
            name: None if found is None else _worst_coverage(found, settings.gate.coverage_error)
            for name, found in ranked.items()
        },
    }


def _person(
    champion: Network, challenger: Network, settings: EvaluationSettings, cases: Cases, seed: int, index: int
) -> list[Judgment]:
    """A person's judgments; set sizes as the evaluation has them, answers of each kind in turn."""
    rng = np.random.default_rng([seed, 0, index])
    simulator = (champion if index % 2 else challenger).simulator
    low, high = math.log(1 + settings.smallest), math.log(1 + settings.largest)
    size = int(math.exp(rng.uniform(low, high)))
    asked = _questions(rng, size, settings, cases)
    theta = np.repeat(simulator.sample_prior(rng, 1), size, axis=0)
    responses = simulator.simulate(rng, theta, asked)
    kind = ANSWERS[index // 2 % len(ANSWERS)]
    return [
        question.model_copy(
            update={
                "feedback": None if kind == "reward" else "approve" if approve else "reject",
                "reward": float(reward) if kind != "feedback" and abs(reward) <= MAX_REWARD else None,
                "verdict": None,
            }
        )
        for question, approve, reward in zip(asked, responses.approve, responses.reward, strict=True)
    ]


def _questions(
    rng: np.random.Generator, size: int, settings: EvaluationSettings, cases: Cases
) -> list[Judgment]:
    """The generator's questions, a share of them replaced by people's."""
    if not size:
        return []
    asked = parse_judgments(records(generate_cases(rng, size, settings.mixture)))
    if cases.met:
        for i in np.flatnonzero(rng.random(size) < cases.share):
            asked[i] = cases.met[int(rng.integers(len(cases.met)))]
    return asked


def _is_sound(network: Network, people: Sequence[Sequence[Judgment]]) -> bool:
    """Whether every draw and density about these people is a number, and no posterior is a point."""
    said = network.ask([network.simulator.describe(judgments).evidence for judgments in people])
    return all(
        bool(
            np.isfinite(one.theta).all()
            and np.isfinite(one.log_density).all()
            and (one.theta.std(axis=0) > 0).all()
        )
        for one in said
    )


def _sealed(rows: dict[str, list[Comparison]]) -> dict[str, Any]:
    """Headline figures of either, and how much further the challenger is off, in nats a person."""
    result: dict[str, Any] = {"sets": max(map(len, rows.values()))}
    for name, compared in rows.items():
        figures = summarised(compared) if compared else {}
        result[name] = {key: _number(figures[key]) for key in _SUMMARY} if compared else None
        result[f"{name}_kl"] = _number(figures["kl_mean"]) if compared else None
    excess = None
    if all(rows.values()):
        pairs = zip(rows["challenger"], rows["champion"], strict=True)
        difference = np.array([one.kl - other.kl for one, other in pairs])
        error = (
            float(difference.std(ddof=1) / math.sqrt(difference.size)) if difference.size > 1 else math.inf
        )
        excess = {"mean": _number(float(difference.mean())), "standard_error": _number(error)}
    return {**result, "excess_kl": excess}


def _calibrated(
    network: Network,
    settings: EvaluationSettings,
    cases: Cases,
    seed: int,
    name: str,
    tick: Callable[[str, int, int], None],
) -> tuple[Network, list[Calibration]] | None:
    simulator = network.simulator
    if not settings.calibration_sets or not isinstance(simulator, LotterySimulator):
        return None
    rng = np.random.default_rng([seed, 1])
    pool = draw_pool(rng, settings.pool, settings.mixture, simulator.points, cases.met, cases.share)
    total = len(strata()) * math.ceil(settings.calibration_sets / 64)
    done = iter(range(1, total + 1))
    rows = calibrate(
        network,
        Population(simulator, pool),
        None,
        settings.calibration_sets,
        seed,
        lambda: tick(f"calibration of the {name}", next(done), total),
    )
    return network, rows


def _ranks(found: tuple[Network, list[Calibration]]) -> dict[tuple[str, str], NDArray[np.float64]]:
    """Ranks of each parameter in each stratum."""
    network, rows = found
    return {
        (parameter.name, f"{low}-{high}"): np.array([r.ranks[i] for r in rows if r.stratum == number])
        for i, parameter in enumerate(network.simulator.parameters)
        for number, (low, high) in enumerate(strata())
    }


def _worst_ranks(found: tuple[Network, list[Calibration]]) -> dict[str, Any]:
    """The distribution of ranks that is furthest from even, and how far it may be by chance (99%, all at once)."""
    ranks = _ranks(found)
    (name, size), worst = max(ranks.items(), key=lambda one: deviation(one[1]))
    return {
        "people": len(found[1]),
        "worst": _number(deviation(worst)),
        "allowed": band(worst.size, len(ranks)),
        "of": name,
        "judgments": size,
    }


def _worst_coverage(found: tuple[Network, list[Calibration]], least: float) -> dict[str, Any]:
    """The interval that holds the truth least as often as it says, for what is allowed; `least` is always allowed."""
    ranks = _ranks(found)
    together = len(ranks) * len(COVERAGE_LEVELS)
    rows = [
        {
            "worst": _number(abs(share - float(level))),
            "allowed": max(least, sampling_error(float(level), some.size, together)),
            "of": name,
            "judgments": size,
            "level": float(level),
            "share": _number(share),
        }
        for (name, size), some in ranks.items()
        for level, share in coverage(some).items()
    ]
    return max(rows, key=lambda row: row["worst"] / row["allowed"])


def _number(value: float) -> float | None:
    """As JSON has it, which knows neither NaN nor infinity."""
    return float(value) if math.isfinite(value) else None
