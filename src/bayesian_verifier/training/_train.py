"""From settings to a published model: what is done in which order?"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import keras
from filelock import FileLock, Timeout

from bayesian_verifier.artifact import PosteriorFunction
from bayesian_verifier.errors import BusyError
from bayesian_verifier.posterior import base_points, wide_points
from bayesian_verifier.training._approximator import build_approximator
from bayesian_verifier.training._curriculum import curriculum_of, require_trainable
from bayesian_verifier.training._export import export_function, read_weights, write_weights
from bayesian_verifier.training._fit import Fit
from bayesian_verifier.training._network import DRAWS, Network
from bayesian_verifier.training._parity import parity
from bayesian_verifier.training._priors import simulator_under
from bayesian_verifier.training._publish import publish
from bayesian_verifier.training._report import Report, evaluate, seed_of
from bayesian_verifier.training._sets import LOG_SHARE
from bayesian_verifier.training._typicality import typicality_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from bayesian_verifier.artifact import ModelStore
    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators import Parameter
    from bayesian_verifier.simulators.lottery import CaseMixture
    from bayesian_verifier.training._fit import Progress
    from bayesian_verifier.training._settings import EvaluationSettings, TrainingSettings


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
    Raises BusyError when another run holds the lock, CallerError for a simulator that no network here can learn.
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
        require_trainable(simulator)
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
            known=people,
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
    Fit(approximator, curriculum_of(simulator, settings).batches(), asked.steps).run(checkpoint, fitted)
    write_weights(approximator, work / "weights.npz")
    approximator.save(work / "approximator.keras")


def _finish(
    settings: Settings,
    store: ModelStore,
    simulator: Any,
    approximator: Any,
    seconds: float,
    *,
    now: Callable[[], datetime],
    promote: bool,
    known: Mapping[str, Sequence[Judgment]] | None,
    tick: Callable[[str, int, int], None],
) -> Outcome:
    """Export, compare with BayesFlow's object, measure and, if the gate is passed, publish."""
    asked = settings.training
    parameters = len(simulator.parameters)
    blob = export_function(approximator, simulator.sums_size, parameters)
    function = PosteriorFunction(blob, sums_size=simulator.sums_size, parameters=parameters)
    people = curriculum_of(simulator, settings)
    agreement = parity(approximator, function, people.parity_sets(), base_points(DRAWS, parameters))
    network = Network(function, simulator, wide_points(DRAWS, parameters))
    table = typicality_table(
        network,
        people.usual(),
        asked.typicality_people,
        asked.seed,
        lambda done, total: tick("typicality", done, total),
    )
    misfit = people.misfit(tick)
    report = evaluate(
        network,
        settings.evaluation,
        seed=seed_of(hashlib.sha256(blob).hexdigest()),
        typicality=table,
        misfit=misfit,
        people=known,
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
            "cases": people.cases(),
            "logged_cases": len(settings.log),
            **settings.noted,
        }
        version = publish(
            store, approximator, blob, simulator, asked, report, table, misfit, now=now(), training=noted
        )
        if promote:
            store.promote(asked.name, version)
    return Outcome(version, report, seconds)
