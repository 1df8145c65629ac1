"""A model whose files are whole, and that is none."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from bayesian_verifier.errors import ArtifactError
from bayesian_verifier.serving import compile_engine
from bayesian_verifier.serving._engine import infer
from bayesian_verifier.serving._soundness import require_sound
from serving.closed_form import ClosedFormSimulator, Fault, closed_form_model
from serving.lottery_engine import SIMULATOR, by_grid, lottery_engine

SUMS = np.array([3.0, 1.0], np.float32)


@pytest.mark.parametrize("fault", [Fault(), Fault(shift=3.0, factor=0.1)])
def test_a_model_may_be_wrong_and_still_be_sound(fault: Fault) -> None:
    """How wrong is for its quality report to say; both functions say the same."""
    require_sound(compile_engine(closed_form_model(fault=fault), ClosedFormSimulator(), points=256), SUMS)


def test_a_model_over_the_real_simulator_is_sound() -> None:
    """Over sums of nobody's answers."""
    require_sound(lottery_engine(by_grid), np.zeros(SIMULATOR.sums_size, np.float32))


@pytest.mark.parametrize("fault", [Fault(shift=math.nan), Fault(shift=math.inf), Fault(factor=math.nan)])
def test_a_model_that_says_no_number_is_refused(fault: Fault) -> None:
    """By name and version."""
    engine = compile_engine(closed_form_model("v7", fault=fault), ClosedFormSimulator(), points=256)
    with pytest.raises(ArtifactError, match=r"closed-form v7: .* not finite.*rollback"):
        require_sound(engine, SUMS)


def test_a_function_compiled_wrongly_is_found_by_the_other() -> None:
    """The larger one is of another model: off by a fiftieth of an sd."""
    engine, other = (
        compile_engine(closed_form_model(fault=Fault(shift)), ClosedFormSimulator(), points=256)
        for shift in (0.0, 0.02)
    )
    small, large = engine.functions
    mixed = dataclasses.replace(
        engine, functions={small: engine.functions[small], large: other.functions[large]}
    )
    with pytest.raises(ArtifactError, match=f"{large} draws .*BV_COMPILATION_CACHE"):
        require_sound(mixed, SUMS)


def test_an_answer_that_was_compiled_wrongly_is_found_too() -> None:
    """What came with the answer, and not from the functions: off by a fiftieth of an sd."""
    engine, other = (
        compile_engine(closed_form_model(fault=Fault(shift)), ClosedFormSimulator(), points=256)
        for shift in (0.0, 0.02)
    )
    require_sound(engine, SUMS, infer(engine, SUMS, engine.points.noise))
    with pytest.raises(ArtifactError, match=r"256 draws .*BV_COMPILATION_CACHE"):
        require_sound(engine, SUMS, infer(other, SUMS, other.points.noise))
