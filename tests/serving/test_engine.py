"""A model is compiled once, for every size, and only for the simulator it was trained for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesian_verifier.artifact import Model, ParameterNote
from bayesian_verifier.errors import ArtifactError
from bayesian_verifier.serving import LADDER, Engine, compile_engine
from bayesian_verifier.serving._compilations import CompilationCounter
from bayesian_verifier.serving._engine import infer, pad
from bayesian_verifier.simulators import Parameter
from serving.closed_form import ClosedFormSimulator, closed_form_model

if TYPE_CHECKING:
    from collections.abc import Iterator


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
@given(n=st.integers(0, LADDER[-1]), draws=st.integers(1, 4096))
def test_no_size_compiles_anything(engine: Engine, counter: CompilationCounter, n: int, draws: int) -> None:
    """Any number of judgments and of draws; what comes back has the size asked for."""
    before = counter.count
    noise = np.zeros((draws, 2), np.float32)
    said = infer(engine, np.ones((n, 1), np.float32), np.zeros(2, np.float32), noise)
    assert said.theta.shape == (draws, 2)
    assert said.log_density.shape == (draws,)
    assert counter.count == before


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.floats(-3, 3, width=32), max_size=64))
def test_padding_keeps_the_rows_and_masks_the_rest(rows: list[float]) -> None:
    """The mask counts the rows; behind them are zeros."""
    padded, mask = pad(np.array(rows, np.float32).reshape(-1, 1), 64)
    assert padded[: len(rows), 0].tolist() == rows
    assert not padded[len(rows) :].any()
    assert mask.tolist() == [1.0] * len(rows) + [0.0] * (64 - len(rows))


def test_each_draw_depends_on_its_own_noise_only(engine: Engine) -> None:
    """So making many in parts gives what making them at once would."""
    noise = np.random.default_rng(0).standard_normal((3000, 2)).astype(np.float32)
    features, sums = np.ones((5, 1), np.float32), np.zeros(2, np.float32)
    whole = infer(engine, features, sums, noise)
    part = infer(engine, features, sums, noise[2990:])
    assert np.array_equal(whole.theta[2990:], part.theta)
    assert np.array_equal(whole.log_density[2990:], part.log_density)


class _OtherFeatures(ClosedFormSimulator):
    feature_layout: dict[str, Any] = {"reward": 1}  # noqa: RUF012 the protocol's own annotation


class _OtherParameters(ClosedFormSimulator):
    parameters = (Parameter("patience", "identity", 0.0, 1.0), ClosedFormSimulator.parameters[1])


class _OtherPrior(ClosedFormSimulator):
    parameters = (Parameter("risk_aversion", "identity", 5.0, 2.0), ClosedFormSimulator.parameters[1])


@pytest.mark.parametrize("simulator", [_OtherFeatures(), _OtherParameters()])
def test_a_simulator_the_model_was_not_trained_for_is_refused(simulator: ClosedFormSimulator) -> None:
    """With the model's name and what to do."""
    with pytest.raises(ArtifactError, match=r"closed-form.*train"):
        compile_engine(closed_form_model(), simulator, points=64, ladder=(8,))


def test_the_model_keeps_the_prior_it_was_trained_under() -> None:
    """Whatever the simulator's is now."""
    found = compile_engine(closed_form_model(), _OtherPrior(), points=64, ladder=(8,))
    assert found.parameters == ClosedFormSimulator.parameters


def test_a_width_that_does_not_fit_is_refused() -> None:
    """A manifest that lies about its function's features."""
    model = closed_form_model()
    wider = model.manifest.model_copy(update={"feature_width": 2})
    with pytest.raises(ArtifactError, match="features"):
        compile_engine(Model(wider, model.function), ClosedFormSimulator(), points=64, ladder=(8,))
    notes = (
        ParameterNote(name="risk_aversion", link="log", prior_mean=0, prior_sd=1),
        model.manifest.parameters[1],
    )
    linked = model.manifest.model_copy(update={"parameters": notes})
    with pytest.raises(ArtifactError, match="infers"):
        compile_engine(Model(linked, model.function), ClosedFormSimulator(), points=64, ladder=(8,))
