"""Training is the same from the same seed, and goes on from where it was stopped."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np
import pytest
from filelock import FileLock

from bayesian_verifier.artifact import ModelStore, load_model
from bayesian_verifier.errors import BusyError
from bayesian_verifier.posterior import base_points
from bayesian_verifier.settings_file import read_table
from bayesian_verifier.simulators.lottery import (
    CaseMixture,
    LotterySimulator,
    advantage_curves,
    pack_judgments,
)
from bayesian_verifier.training import (
    EvaluationSettings,
    Settings,
    TrainingSettings,
    build_approximator,
    read_people,
    seed_of,
    train,
)
from bayesian_verifier.training._batches import BatchSource
from bayesian_verifier.training._fit import Fit
from bayesian_verifier.training._pool import draw_pool

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.training import Progress

CONFIGS = Path(__file__).parents[2] / "configs"


def settings(steps: int, gate: float, misfits: int = 0) -> Settings:
    """A run that takes seconds, with a gate as wide as asked, and so many people of each misfit examined."""
    training = read_table(TrainingSettings, CONFIGS / "training.toml")
    network = training.network.model_copy(
        update={
            "noise_levels": 6,
            "refine": (1, 1),
            "context_widths": (8, 4),
            "flow_depth": 1,
            "flow_widths": (8,),
        }
    )
    pace = training.steps.model_copy(
        update={"count": steps, "sets": 16, "pool": 256, "warmup": 2, "checkpoint": 4}
    )
    evaluation = read_table(EvaluationSettings, CONFIGS / "evaluation.toml")
    easy = evaluation.gate.model_copy(update=dict.fromkeys(type(evaluation.gate).model_fields, gate))
    graded = evaluation.model_copy(
        update={
            "sets": 4,
            "calibration_sets": 1,  # of a network that knows next to nothing: no band of ranks is narrow with one
            "largest": 12,
            "pool": 256,
            "misfit_people": misfits,
            "gate": easy,
        }
    )
    small = training.model_copy(
        update={"network": network, "steps": pace, "typicality_people": 64, "misfit_people": 8}
    )
    return Settings(small, CaseMixture(), graded)


def fitted(
    asked: Settings,
    checkpoint: Path | None = None,
    stop_after: int | None = None,
    report: Callable[[Progress], None] = lambda _: None,
) -> list[np.ndarray]:
    """Weights after training, or nothing after being stopped at a step."""
    simulator = LotterySimulator()
    keras.utils.set_random_seed(1)
    approximator = build_approximator(simulator, asked.training.network)
    pace = asked.training.steps
    pool = draw_pool(np.random.default_rng(0), pace.pool, asked.mixture, simulator.points)
    source = BatchSource(simulator, pool, pace.sets, 2)

    class StoppedError(Exception):
        pass

    class Stopping:
        count, seed = source.count, source.seed

        @staticmethod
        def batch(step):
            if stop_after is not None and step >= stop_after:
                raise StoppedError
            return source.batch(step)

    try:
        Fit(approximator, Stopping, pace).run(checkpoint, report)
    except StoppedError:
        return []
    return [np.asarray(v.value) for v in approximator.trainable_variables]


@pytest.fixture(scope="module")
def unbroken():
    """Weights after ten steps in one go."""
    return fitted(settings(10, gate=100))


def test_the_same_seed_gives_the_same_weights(unbroken):
    """Two runs end in the same bits."""
    for first, second in zip(fitted(settings(10, gate=100)), unbroken, strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_run_that_was_stopped_ends_where_an_unbroken_one_does(unbroken, tmp_path):
    """Stopped after its first checkpoint and started again, training ends in the same weights."""
    asked = settings(10, gate=100)
    checkpoint = tmp_path / "checkpoint.npz"
    assert fitted(asked, checkpoint, stop_after=6) == []
    assert checkpoint.exists()
    resumed = fitted(asked, checkpoint)
    assert not checkpoint.exists()
    for first, second in zip(resumed, unbroken, strict=True):
        np.testing.assert_allclose(first, second, atol=1e-6)


def test_a_few_hundred_steps_learn_more_than_the_prior():
    """Both losses fall well below what the prior itself costs: the entropy of two standard normals, 2.838 nats."""
    progress: list[Progress] = []
    fitted(settings(300, gate=100), report=progress.append)
    assert [row.step for row in progress] == [50, 100, 150, 200, 250, 300]
    entropy = np.log(2 * np.pi * np.e)
    assert progress[-1].potential_loss < entropy - 0.5
    assert progress[-1].flow_loss < entropy - 0.5
    assert progress[-1].potential_loss < progress[0].potential_loss - 0.3


@pytest.fixture
def clock():
    return lambda: datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def log():
    """Judgments of real people."""
    people, _ = read_people(CONFIGS.parent / "examples" / "andersen2008_people.jsonl")
    return [judgment for own in people.values() for judgment in own]


def test_a_model_that_passes_is_published_and_verifies(tmp_path, clock, log):
    """What train publishes is current, loads, knows what is usual, and says how it was made."""
    store = ModelStore(tmp_path / "models")
    asked = replace(settings(4, gate=100, misfits=2), log=log)
    outcome = train(asked, store, tmp_path / "work", now=clock)
    assert outcome.version is not None
    assert outcome.version.startswith("2026-11-23T10-00-00Z-")
    assert store.current("bayesian-verifier") == outcome.version
    model = load_model(store.path("bayesian-verifier", outcome.version))
    assert model.manifest.training["settings"]["seed"] == 20261123
    assert model.manifest.training["logged_cases"] == len(log)
    assert {"plots/exact.png", "plots/calibration.png"} <= set(model.manifest.files)
    assert model.manifest.quality["parity"]["log_density"] < 1e-3
    assert model.manifest.quality["typicality"]["people"] > 0
    assert model.manifest.quality["misfit"]["people"] == 2
    function = store.path("bayesian-verifier", outcome.version) / "posterior.jaxexport"
    assert outcome.report.figures["seed"] == seed_of(hashlib.sha256(function.read_bytes()).hexdigest())
    summary = np.asarray(
        model.function(np.zeros((1, model.manifest.sums_size), np.float32), base_points(8, 2)).summary
    )
    assert 0 <= model.typicality.p_value(summary[0], "feedback", 8) <= 1


def test_a_model_that_misses_the_gate_is_not_published(tmp_path, clock):
    """An untrained network is measured, told apart and kept out of the store."""
    store = ModelStore(tmp_path / "models")
    outcome = train(settings(2, gate=1e-6), store, tmp_path / "work", now=clock)
    assert outcome.version is None
    assert any("mean KL" in miss for miss in outcome.report.misses)
    assert store.versions("bayesian-verifier") == []


def test_a_log_of_judgments_gives_half_of_the_cases(log):
    """Every other case of the pool is one of the log's, by its curve."""
    simulator = LotterySimulator()
    own = advantage_curves(pack_judgments(log)[0], simulator.points).astype(np.float32)
    pool = draw_pool(np.random.default_rng(0), 200, CaseMixture(), simulator.points, log)
    known = {row.tobytes() for row in np.round(own, 4) + 0.0}
    found = sum(row.tobytes() in known for row in np.round(pool.described, 4) + 0.0)
    assert found == pytest.approx(100, abs=8)


def test_two_runs_never_train_in_one_directory(tmp_path, clock):
    """While another holds the lock, training refuses and says which file holds it."""
    (tmp_path / "work").mkdir()
    with (
        FileLock(tmp_path / "work" / "training.lock"),
        pytest.raises(BusyError, match=r"training\.lock"),
    ):
        train(settings(2, gate=100), ModelStore(tmp_path), tmp_path / "work", now=clock)
