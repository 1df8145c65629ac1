"""What does a model's quality report say, and does the model pass?"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesian_verifier.engine import LOCAL, in_order
from bayesian_verifier.training._calibration import Calibration, band, calibrate, coverage, deviation
from bayesian_verifier.training._examination import examination_of
from bayesian_verifier.training._examined import Examined
from bayesian_verifier.training._gate import misses_of
from bayesian_verifier.training._misfit_power import PowerStudy, power_figures
from bayesian_verifier.training._quality import Comparison, by_size, strata, summarised
from bayesian_verifier.training._recovery import recovery
from bayesian_verifier.training._sets import LOG_SHARE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bayesian_verifier.engine import Engine
    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.posterior import MisfitCalibration, TypicalityTable
    from bayesian_verifier.training._drawn import People
    from bayesian_verifier.training._examination import Examination
    from bayesian_verifier.training._network import Network
    from bayesian_verifier.training._settings import EvaluationSettings


@dataclass(frozen=True)
class Report:
    """Figures of one evaluation, and the rows behind them.

    misses: what the gate asks for and the model does not reach; empty when it passes.
    """

    figures: dict[str, Any]
    misses: list[str]
    comparisons: list[Comparison] = field(repr=False)
    calibrations: list[Calibration] = field(repr=False)
    power: PowerStudy | None = field(repr=False, default=None)

    def to_json(self) -> dict[str, Any]:
        """Figures and verdict, without the rows."""
        return {"passes": not self.misses, "misses": self.misses, **self.figures}


def evaluate(
    network: Network,
    settings: EvaluationSettings,
    *,
    seed: int,
    typicality: TypicalityTable | None = None,
    misfit: MisfitCalibration | None = None,
    people: Mapping[str, Sequence[Judgment]] | None = None,
    parity: Mapping[str, float] | None = None,
    log: Sequence[Judgment] = (),
    log_share: float = LOG_SHARE,
    tick: Callable[[str, int, int], None] = lambda *_: None,
    engine: Engine = LOCAL,
) -> Report:
    """Judge a network by the pinned settings.

    seed: derived from the model, see `seed_of`.   typicality, misfit: its tables, if it has them.
    people: judgments of real people by name, compared with their exact posterior too.   parity: figures of
    `parity`, where the BayesFlow object was at hand.   log: judgments whose cases a share of the simulated
    people's are, where ranks and typicality are counted.   tick: told (stage, done, total) as it goes.   engine: where
    it is done, which changes no figure.
    """
    examination = examination_of(network.simulator, settings, log, log_share)
    examinees = list(examination.compared(seed))
    answered = [one.answered for one in examinees]
    compared = []
    for row, _ in in_order(engine.results(Examined(network), [one.judgments for one in examinees])):
        compared.append(row)
        tick("exact reference", len(compared), settings.sets)
    drawn = examination.people(seed) if settings.calibration_sets else None
    calibrated = (
        [] if drawn is None else _calibrations(network, settings, typicality, seed, drawn, tick, engine)
    )
    study = _misfit_study(examination, settings, misfit, seed, tick, engine)
    figures: dict[str, Any] = {
        "seed": seed,
        "left_out": examination.left_out,
        "simulated": summarised(compared) if compared else None,
        "by_size": by_size(compared),
        "by_answer": {
            kind: summarised([c for c, a in zip(compared, answered, strict=True) if a == kind])
            for kind in sorted(set(answered))
        },
        "calibration": _calibration_figures(network, calibrated),
        "recovery": _recovery(network, drawn, examination, settings, seed),
        "typicality": _typicality_figures(calibrated),
        "misfit": None if study is None else power_figures(study),
        "parity": dict(parity) if parity else None,
        "people": _people_figures(network, people, misfit, tick, engine)
        if people and "people" not in examination.left_out
        else None,
        "settings": settings.model_dump(),
    }
    return Report(figures, misses_of(figures, settings.gate), compared, calibrated, study)


def seed_of(digest: str) -> int:
    """The seed that a model with this hexadecimal sha256 of its function is judged by."""
    return int(digest[:12], 16)


def _calibrations(
    network: Network,
    settings: EvaluationSettings,
    typicality: TypicalityTable | None,
    seed: int,
    people: People,
    tick: Callable[[str, int, int], None],
    engine: Engine,
) -> list[Calibration]:
    total = len(strata()) * math.ceil(settings.calibration_sets / 64)
    done = iter(range(1, total + 1))
    return calibrate(
        network,
        people,
        typicality,
        settings.calibration_sets,
        seed,
        lambda: tick("calibration", next(done), total),
        engine,
    )


def _recovery(
    network: Network,
    people: People | None,
    examination: Examination,
    settings: EvaluationSettings,
    seed: int,
) -> dict[str, Any] | None:
    """Asked where the exact posterior cannot be, of as many people as it would have been."""
    if people is None or "simulated" not in examination.left_out:
        return None
    return recovery(network, people, max(settings.sets, 3), seed)


def _calibration_figures(network: Network, rows: Sequence[Calibration]) -> dict[str, Any]:
    """Coverage and ranks of each parameter in each stratum; bands hold for all of them at once."""
    if not rows:
        return {}
    parameters = network.simulator.parameters
    together = len(parameters) * len(strata())
    unreliable = float(np.mean([not row.trusted for row in rows]))
    result: dict[str, Any] = {"people_each": len(rows) // len(strata()), "unreliable": unreliable}
    for index, parameter in enumerate(parameters):
        by_stratum = {}
        for number, (low, high) in enumerate(strata()):
            ranks = np.array([row.ranks[index] for row in rows if row.stratum == number])
            by_stratum[f"{low}-{high}"] = {
                "coverage": coverage(ranks),
                "rank_deviation": deviation(ranks),
                "rank_band_99": band(ranks.size, together),
            }
        result[parameter.name] = by_stratum
    return result


def _typicality_figures(rows: Sequence[Calibration]) -> dict[str, Any] | None:
    """How often p is below 0.05 and 0.005, over all and in each stratum, of people the grader makes up."""
    p = np.array([row.typicality_p for row in rows])
    there = np.isfinite(p)
    if not there.any():
        return None
    stratum = np.array([row.stratum for row in rows])
    figures: dict[str, Any] = {"people": int(there.sum())}
    for level in (0.05, 0.005):
        figures[f"below_{level}"] = float((p[there] < level).mean())
        figures[f"below_{level}_by_size"] = {
            f"{low}-{high}": float((p[there & (stratum == number)] < level).mean())
            if (there & (stratum == number)).any()
            else None
            for number, (low, high) in enumerate(strata())
        }
    return figures


def _misfit_study(
    examination: Examination,
    settings: EvaluationSettings,
    calibration: MisfitCalibration | None,
    seed: int,
    tick: Callable[[str, int, int], None],
    engine: Engine,
) -> PowerStudy | None:
    if calibration is None or not settings.misfit_people:
        return None
    return examination.power(calibration, seed, tick, engine)


def _finite(row: Comparison) -> dict[str, float | None]:
    """A comparison as JSON, which knows no infinity."""
    return {name: float(value) if math.isfinite(value) else None for name, value in row._asdict().items()}


def _people_figures(
    network: Network,
    people: Mapping[str, Sequence[Judgment]],
    calibration: MisfitCalibration | None,
    tick: Callable[[str, int, int], None],
    engine: Engine,
) -> dict[str, Any]:
    rows, flagged = [], []
    looked = in_order(engine.results(Examined(network, calibration), list(people.values())))
    for number, (row, flag) in enumerate(looked):
        rows.append(row)
        if flag is not None:
            flagged.append(flag)
        tick("people", number + 1, len(people))
    return {
        "count": len(rows),
        "misfit_flagged": float(np.mean(flagged)) if flagged else None,
        **summarised(rows),
        "each": {k: _finite(r) for k, r in zip(people, rows, strict=True)},
    }
