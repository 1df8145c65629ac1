"""From settings to a published model: what is done in which order?"""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from filelock import FileLock, Timeout

from bayesian_verifier.artifact import PosteriorFunction
from bayesian_verifier.errors import BusyError
from bayesian_verifier.posterior import base_points, wide_points
from bayesian_verifier.simulators.lottery import ANSWERS, MAX_REWARD, simulate_person
from bayesian_verifier.training._approximator import build_approximator
from bayesian_verifier.training._batches import BatchSource
from bayesian_verifier.training._export import export_function, read_weights, write_weights
from bayesian_verifier.training._fit import Fit
from bayesian_verifier.training._misfit_calibration import calibrate_misfit
from bayesian_verifier.training._network import Network
from bayesian_verifier.training._parity import parity
from bayesian_verifier.training._pool import LOG_SHARE, draw_pool
from bayesian_verifier.training._priors import simulator_under
from bayesian_verifier.training._publish import publish
from bayesian_verifier.training._report import Report, evaluate, seed_of
from bayesian_verifier.training._simulated import Population
from bayesian_verifier.training._typicality import typicality_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from bayesian_verifier.artifact import ModelStore
    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.posterior import TypicalityTable
    from bayesian_verifier.simulators import Parameter
    from bayesian_verifier.simulators.lottery import CaseMixture
    from bayesian_verifier.training._fit import Progress
    from bayesian_verifier.training._pool import CasePool
    from bayesian_verifier.training._settings import EvaluationSettings, TrainingSettings

DRAWS = 256
_PARITY_SIZES = (0, 1, 8, 8, 8, 32, 32, 32, 128, 128, 128, 512, 512, 512)


@dataclass(frozen=True)
class Settings:
    """What a training run is made of: its own table, the cases it draws, what will grade it, and people's cases.

    log: judgments whose cases a share of the training's are drawn from; none, and all are generated.
    priors: of θ, in place of the simulator's own.   noted: what else the manifest is to say of the training.
    """

    training: TrainingSettings
    mixture: CaseMixture
    evaluation: EvaluationSettings
    log: Sequence[Judgment] = ()
    log_share: float = LOG_SHARE
    priors: Sequence[Parameter] | None = None
    noted: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How a run ended. version: None where the gate was missed and nothing was published."""

    version: str | None
    report: Report
    seconds: float


def train(
    settings: Settings,
    store: ModelStore,
    work: Path,
    *,
    now: Callable[[], datetime],
    weights: Path | None = None,
    begin: Path | None = None,
    checkpoint: str = "checkpoint.npz",
    promote: bool = True,
    people: Mapping[str, Sequence[Judgment]] | None = None,
    fitted: Callable[[Progress], None] = lambda _: None,
    tick: Callable[[str, int, int], None] = lambda *_: None,
) -> Outcome:
    """Train, evaluate and, if the gate is passed, publish. A run stopped half-way goes on from its checkpoint.

    weights: `weights.npz` of an earlier model, to export again instead of training.   begin: the same, to train on
    from.   promote: whether what is published becomes current.   fitted, tick: told of progress.
    work: directory of the checkpoint and of the lock that keeps two runs apart; a checkpoint of another name is that of
    another training, and is removed.
    Raises BusyError when another run holds the lock.
    """
    work.mkdir(parents=True, exist_ok=True)
    lock = FileLock(work / "training.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise BusyError(f"another training run holds {work / 'training.lock'}; wait for it to end") from error
    with lock:
        began = time.monotonic()
        simulator: Any = simulator_under(settings.training.simulator, settings.priors)
        keras.utils.set_random_seed(settings.training.seed)
        approximator = build_approximator(simulator, settings.training.network)
        known = weights or begin
        if known is not None:
            read_weights(approximator, known)
        if weights is None:
            _fit(settings, simulator, approximator, work / checkpoint, fitted)
        return _finish(
            settings,
            store,
            simulator,
            approximator,
            time.monotonic() - began,
            now=now,
            promote=promote,
            people=people,
            tick=tick,
        )


def _fit(
    settings: Settings,
    simulator: Any,
    approximator: Any,
    checkpoint: Path,
    fitted: Callable[[Progress], None],
) -> None:
    """Train, and leave weights and BayesFlow's own file beside the checkpoint, whatever the gate says later."""
    asked, work = settings.training, checkpoint.parent
    for other in work.glob("checkpoint*.npz"):
        if other != checkpoint:
            other.unlink()
    source = BatchSource(simulator, _pool(settings, simulator, 0), asked.steps.sets, asked.seed)
    Fit(approximator, source, asked.steps).run(checkpoint, fitted)
    write_weights(approximator, work / "weights.npz")
    approximator.save(work / "approximator.keras")


def _pool(settings: Settings, simulator: Any, number: int) -> CasePool:
    """A pool of cases like those that come; another number, and no case of it need be in both."""
    asked = settings.training
    rng = np.random.default_rng([asked.seed, number])
    return draw_pool(
        rng, asked.steps.pool, settings.mixture, simulator.points, settings.log, settings.log_share
    )


def _finish(
    settings: Settings,
    store: ModelStore,
    simulator: Any,
    approximator: Any,
    seconds: float,
    *,
    now: Callable[[], datetime],
    promote: bool,
    people: Mapping[str, Sequence[Judgment]] | None,
    tick: Callable[[str, int, int], None],
) -> Outcome:
    """Export, compare with BayesFlow's object, measure and, if the gate is passed, publish."""
    asked = settings.training
    blob = export_function(approximator, simulator.sums_size)
    function = PosteriorFunction(blob, sums_size=simulator.sums_size, parameters=len(simulator.parameters))
    agreement = parity(
        approximator,
        function,
        _sets_for_parity(simulator, settings.mixture, asked.seed),
        base_points(DRAWS, 2),
    )
    network = Network(function, simulator, wide_points(DRAWS, 2))
    table = _typicality(network, simulator, settings, tick)
    misfit = calibrate_misfit(
        simulator, settings.mixture, seed=asked.seed, people=asked.misfit_people, tick=tick
    )
    report = evaluate(
        network,
        settings.evaluation,
        seed=seed_of(hashlib.sha256(blob).hexdigest()),
        typicality=table,
        misfit=misfit,
        people=people,
        parity=agreement._asdict(),
        log=settings.log,
        log_share=settings.log_share,
        tick=tick,
    )
    version = None
    if not report.misses:
        noted = {
            "seconds": round(seconds, 1),
            "settings": asked.model_dump(mode="json"),
            "cases": asdict(settings.mixture),
            "logged_cases": len(settings.log),
            **settings.noted,
        }
        version = publish(
            store, approximator, blob, simulator, asked, report, table, misfit, now=now(), training=noted
        )
        if promote:
            store.promote(asked.name, version)
    return Outcome(version, report, seconds)


def _typicality(
    network: Network, simulator: Any, settings: Settings, tick: Callable[[str, int, int], None]
) -> TypicalityTable:
    """From people like those that trained, who meet cases of their own, none of them again and again."""
    asked = settings.training
    population = Population(simulator, _pool(settings, simulator, 2))
    return typicality_table(
        network,
        population,
        asked.typicality_people,
        asked.seed,
        lambda done, total: tick("typicality", done, total),
    )


def _sets_for_parity(simulator: Any, mixture: CaseMixture, seed: int) -> list[np.ndarray]:
    """Sums of simulated people's judgments, of many sizes and every kind of answer."""
    sets = []
    for index, size in enumerate(_PARITY_SIZES):
        rng = np.random.default_rng([seed, 1, index])
        kind = ANSWERS[index % len(ANSWERS)]
        person = simulate_person(rng, simulator, mixture, size, answered=kind, max_reward=MAX_REWARD)
        sets.append(simulator.describe(person.judgments).evidence.sums)
    return sets
