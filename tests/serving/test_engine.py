"""A model is compiled once, for every number of draws, and only for the simulator it was trained for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bayesian_verifier.artifact import ParameterNote
from bayesian_verifier.errors import ArtifactError
from bayesian_verifier.serving import Engine, compile_engine
from bayesian_verifier.serving._compilations import CompilationCounter
from bayesian_verifier.serving._engine import infer
from bayesian_verifier.simulators import Parameter
from serving.closed_form import (
    LOG_NOISE,
    LOG_NOISE_SD,
    ClosedFormSimulator,
    LikelySimulator,
    closed_form_model,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

SUMS = np.array([3.0, 1.5], np.float32)


@pytest.fixture(scope="module")
def counter() -> Iterator[CompilationCounter]:
    """Counts what JAX compiles from here on."""
    counting = CompilationCounter()
    counting.start()
    yield counting
    counting.stop()


def test_the_counter_sees_a_compilation(counter: CompilationCounter) -> None:
    """Else a count of 0 would mean nothing."""
    before = counter.count
    jax.jit(lambda x: x * 3 + before)(np.zeros(7))
    assert counter.count > before


@settings(max_examples=60, deadline=None)
@given(draws=st.integers(1, 4096))
def test_no_number_of_draws_compiles_anything(
    engine: Engine, counter: CompilationCounter, draws: int
) -> None:
    """What comes back has the size asked for."""
    before = counter.count
    said = infer(engine, SUMS, np.zeros((draws, 2), np.float32))
    assert said.theta.shape == (draws, 2)
    assert said.log_density.shape == (draws,)
    assert said.summary.shape == (1,)
    assert counter.count == before


@pytest.mark.parametrize("count", [1, 63, 64, 65, 100, 101, 257, 3000])
def test_each_draw_depends_on_its_own_noise_only(engine: Engine, count: int) -> None:
    """So padding a few, or making many in parts, gives what making them at once would, but for rounding."""
    noise = np.random.default_rng(0).standard_normal((count, 2)).astype(np.float32)
    small = compile_engine(closed_form_model(), ClosedFormSimulator(), points=64, many=100)
    whole, parts = infer(engine, SUMS, noise), infer(small, SUMS, noise)
    assert whole.theta == pytest.approx(parts.theta, abs=1e-6)
    assert whole.log_density == pytest.approx(parts.log_density, abs=1e-5)


@pytest.mark.parametrize("count", [3, 64, 150])
def test_the_likelihood_comes_with_the_draws_where_there_is_one(count: int) -> None:
    """In one part or several: that of two rewards that sum to 3; None of a simulator that offers none."""
    sums = np.array([2.0, 3.0], np.float32)
    noise = np.random.default_rng(2).standard_normal((count, 2)).astype(np.float32)
    likely, silent = (
        infer(compile_engine(closed_form_model(), simulator, points=64, many=100), sums, noise)
        for simulator in (LikelySimulator(), ClosedFormSimulator())
    )
    assert silent.log_likelihood is None
    assert likely.log_likelihood is not None
    r = likely.theta[:, 0].astype(np.float64)
    exact = stats.norm.logpdf(3.0, 2 * r, math.sqrt(2.0)) - stats.norm.logpdf(3.0, 0.0, math.sqrt(2.0))
    assert likely.log_likelihood == pytest.approx(exact, abs=1e-5)


def test_the_density_is_that_of_the_draws(engine: Engine) -> None:
    """The normal's of r, N(1.5/4, 1/4), times that of ln τ, by scipy."""
    noise = np.random.default_rng(1).standard_normal((50, 2)).astype(np.float32)
    said = infer(engine, SUMS, noise)
    exact = stats.norm(1.5 / 4, 0.5).logpdf(said.theta[:, 0])
    exact += stats.norm(LOG_NOISE, LOG_NOISE_SD).logpdf(said.theta[:, 1])
    assert said.log_density == pytest.approx(exact, abs=1e-5)


class _OtherFeatures(ClosedFormSimulator):
    feature_layout: dict[str, Any] = {"reward": 1}  # noqa: RUF012 the protocol's own annotation


class _OtherSize(ClosedFormSimulator):
    sums_size = 3


class _OtherParameters(ClosedFormSimulator):
    parameters = (Parameter("patience", "identity", 0.0, 1.0), ClosedFormSimulator.parameters[1])


class _OtherLink(ClosedFormSimulator):
    parameters = (Parameter("risk_aversion", "log", 0.0, 1.0), ClosedFormSimulator.parameters[1])


class _OtherPrior(ClosedFormSimulator):
    parameters = (Parameter("risk_aversion", "identity", 5.0, 2.0), ClosedFormSimulator.parameters[1])


@pytest.mark.parametrize("simulator", [_OtherFeatures(), _OtherSize(), _OtherParameters(), _OtherLink()])
def test_a_simulator_the_model_was_not_trained_for_is_refused(simulator: ClosedFormSimulator) -> None:
    """With the model's name and what to do."""
    with pytest.raises(ArtifactError, match=r"closed-form.*train"):
        compile_engine(closed_form_model(), simulator, points=64, many=64)


def test_the_model_keeps_the_prior_it_was_trained_under() -> None:
    """Whatever the simulator's is now."""
    found = compile_engine(closed_form_model(), _OtherPrior(), points=64, many=64)
    assert found.parameters == ClosedFormSimulator.parameters


def test_a_manifest_that_does_not_fit_its_simulator_is_refused() -> None:
    """One that says another number of sums, or another link."""
    model = closed_form_model()
    wider = model.manifest.model_copy(update={"sums_size": 3})
    with pytest.raises(ArtifactError, match="features"):
        compile_engine(model._replace(manifest=wider), ClosedFormSimulator(), points=64, many=64)
    notes = (
        ParameterNote(name="risk_aversion", link="log", prior_mean=0, prior_sd=1),
        model.manifest.parameters[1],
    )
    linked = model.manifest.model_copy(update={"parameters": notes})
    with pytest.raises(ArtifactError, match="infers"):
        compile_engine(model._replace(manifest=linked), ClosedFormSimulator(), points=64, many=64)
