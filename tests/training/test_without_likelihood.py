"""A simulator without a likelihood is trained on, graded and served; what cannot be asked is left out and said."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import orjson
import pytest
from normal_world import NormalNetwork, People

from bayesian_verifier.artifact import ModelStore, load_model
from bayesian_verifier.errors import CallerError
from bayesian_verifier.serving import compile_engine
from bayesian_verifier.serving._answer import answer
from bayesian_verifier.serving._question import read_question
from bayesian_verifier.serving._reply import reply
from bayesian_verifier.settings_file import read_content, read_table
from bayesian_verifier.simulators import load_simulator
from bayesian_verifier.simulators._identifiability import answered
from bayesian_verifier.simulators.lottery import CaseMixture
from bayesian_verifier.training import EvaluationSettings, Settings, TrainingSettings, train
from bayesian_verifier.training._curriculum import curriculum_of
from bayesian_verifier.training._gate import misses_of
from bayesian_verifier.training._natural_potential import _nodes
from bayesian_verifier.training._recovery import JUDGMENTS, recovery

CONFIGS = Path(__file__).parents[2] / "configs"
OVER = read_content(CONFIGS / "simulators" / "executor.toml")


def settings() -> Settings:
    """A run of seconds; the gate asks for next to nothing but finds what it is given."""
    name = {"simulator": "executor", "name": "executor"}
    training = read_table(TrainingSettings, CONFIGS / "training.toml", name | OVER["training"])
    network = training.network.model_copy(
        update={
            "noise_levels": 6,
            "refine": (1, 1),
            "context_widths": (8, 4),
            "flow_depth": 2,
            "flow_widths": (8,),
        }
    )
    pace = training.steps.model_copy(
        update={"count": 100, "sets": 16, "pool": 256, "warmup": 10, "average": 0.9, "checkpoint": 50}
    )
    evaluation = read_table(EvaluationSettings, CONFIGS / "evaluation.toml", OVER["evaluation"])
    wide = dict.fromkeys(type(evaluation.gate).model_fields, 100.0)
    easy = evaluation.gate.model_copy(update=wide | {"recovery": 0.5})
    graded = evaluation.model_copy(update={"sets": 40, "calibration_sets": 1, "pool": 256, "gate": easy})
    small = training.model_copy(update={"network": network, "steps": pace, "typicality_people": 64})
    return Settings(small, CaseMixture(), graded)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The store, and how the run ended."""
    folder = tmp_path_factory.mktemp("executor")
    store = ModelStore(folder / "models")
    return store, train(settings(), store, folder / "work", now=lambda: datetime(2026, 11, 30, tzinfo=UTC))


@pytest.fixture(scope="module")
def engine(trained):
    store, outcome = trained
    return compile_engine(
        load_model(store.path("executor", outcome.version)), load_simulator("executor"), points=256, many=256
    )


def asked(engine, body):
    """The reply to a body, as it goes out."""
    said = answer(read_question(orjson.dumps(body)), engine, clock=time.perf_counter, make_seed=int)
    return orjson.loads(reply(said, engine, request_id="x", queue_seconds=0.0))


def records(risk_aversion, count):
    """Judgments of somebody with little noise."""
    simulator, rng = load_simulator("executor"), np.random.default_rng(5)
    theta = np.tile([risk_aversion, -3.0], (count, 1))
    cases = simulator.draw_cases(rng, count)
    judged = answered(cases, simulator.simulate(rng, theta, cases))
    return [one.model_dump(mode="json", exclude_none=True) for one in judged]


def test_it_is_judged_by_calibration_and_recovery_and_says_what_is_left_out(trained):
    """No exact reference, no rivals; a hundred steps find people again, more or less."""
    store, outcome = trained
    assert outcome.version is not None, outcome.report.misses
    figures = outcome.report.to_json()
    assert set(figures["left_out"]) == {"simulated", "people", "misfit"}
    assert figures["simulated"] is None
    assert figures["misfit"] is None
    assert figures["recovery"]["judgments"] == JUDGMENTS
    assert figures["recovery"]["risk_aversion"]["correlation"] > 0.5
    manifest = load_model(store.path("executor", outcome.version)).manifest
    assert manifest.simulator == "executor"
    assert manifest.quality["left_out"] == figures["left_out"]
    assert "misfit.json" not in manifest.files
    assert {"report.json", "checks.npz", "plots/calibration.png"} <= set(manifest.files)


def test_it_is_served_without_weights_and_says_why(engine):
    """`pareto_k` is null for want of a likelihood; typicality is there; more is known after judgments than before."""
    none, some = asked(engine, {"judgments": []}), asked(engine, {"judgments": records(3.0, 60)})
    assert none["checks"]["unweighted"] == "no_evidence"
    checks = some["checks"]
    assert checks["unweighted"] == "no_likelihood"
    assert checks["pareto_k"] is None
    assert checks["effective_sample_size"] is None
    assert checks["misfit"] is None
    assert checks["correction"] == {"applied": False, "shift_sd": None}
    assert 0 <= checks["typicality_p"] <= 1
    before, after = (one["posterior"]["risk_aversion"] for one in (none, some))
    assert before["mean"] == pytest.approx(0.5, abs=0.01)
    assert after["mean"] > before["mean"] + 0.5


def test_a_stream_ends_where_all_at_once_does(engine):
    """Half, then the rest on top of the state: the same posterior, to single precision."""
    judged = records(0.0, 40)
    whole = asked(engine, {"judgments": judged})
    first = asked(engine, {"judgments": judged[:20]})
    second = asked(engine, {"judgments": judged[20:], "state": first["state"]})
    assert second["evidence"] == whole["evidence"]
    for name, marginal in whole["posterior"].items():
        assert second["posterior"][name]["mean"] == pytest.approx(marginal["mean"], abs=1e-3)


def test_draws_come_from_the_posterior(engine):
    """Their mean and sd are the summary's."""
    said = asked(engine, {"judgments": records(0.0, 40), "draws": 4096, "seed": 1})
    marginal, draws = said["posterior"]["risk_aversion"], said["draws"]["risk_aversion"]
    assert np.mean(draws) == pytest.approx(marginal["mean"], abs=0.1 * marginal["sd"])
    assert np.std(draws) == pytest.approx(marginal["sd"], rel=0.1)


def test_recovery_is_what_the_closed_form_says():
    """Of normal parameters measured with normal noise: correlation √(1 - posterior variance over the prior's)."""
    found = recovery(NormalNetwork(), People(), 2000, 3)
    for name, prior_sd in (("a", 1.0), ("b", 0.7)):
        variance = 1 / (1 / prior_sd**2 + JUDGMENTS / 4)
        assert found[name]["correlation"] == pytest.approx(np.sqrt(1 - variance / prior_sd**2), abs=0.005)
        assert found[name]["rms"] == pytest.approx(np.sqrt(variance), rel=0.06)
        assert found[name]["sd"] == pytest.approx(np.sqrt(variance), rel=0.02)


def test_a_model_that_does_not_find_people_again_misses_the_gate(trained):
    _, outcome = trained
    gate = settings().evaluation.gate.model_copy(update={"recovery": 0.999})
    assert any("correlation" in miss for miss in misses_of(outcome.report.figures, gate))


def test_what_nobody_can_draw_people_of_is_refused():
    """A simulator that only serves."""

    class Served:
        name, parameters = "served", load_simulator("executor").parameters

    with pytest.raises(CallerError, match="PlainSimulator"):
        curriculum_of(Served(), settings())


@pytest.mark.parametrize("axis", [0, 1])
def test_natural_parameters_can_bend_within_a_part_of_a_prior_sd(axis):
    """Least squares finds a wave of 2.4 prior sd in what the potentials' network sees, wherever people mostly are."""
    z = (np.linspace(-4.5, 4.5, 33), np.linspace(-3.4, 3.2, 14))
    seen = _nodes(*z, np.array([[0.0, 1.0], [0.0, 1.0]])).reshape(33 * 14, -1).astype(np.float64)
    at = np.meshgrid(*z, indexing="ij")[axis].ravel()
    common = np.abs(at) < 3
    wave = np.sin(2 * np.pi * at / 2.4)[common]
    seen = np.column_stack([seen, np.ones(len(seen))])[common]
    told = seen @ np.linalg.lstsq(seen, wave, rcond=None)[0]
    assert np.abs(told - wave).max() < 0.05
