"""Does misfit evidence grow alike in NumPy and in the program that JAX compiles?"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_misfit_evidence import GRID, PEOPLE, folded

from bayesian_verifier.posterior import MOST_PLACES, MisfitEvidence, further_places
from bayesian_verifier.posterior._traced_misfit import TracedMisfit, added
from bayesian_verifier.simulators.lottery import RIVALS, rival_surfaces

if TYPE_CHECKING:
    from collections.abc import Callable


class Answers(NamedTuple):
    """As a simulator's program hands them over."""

    parts: Any
    rewards: Any
    differences: Any
    informative: Any


@cache
def compiled() -> Callable[..., TracedMisfit]:
    return jax.jit(lambda numbers, answers, places, logs: added(numbers, answers, GRID, places, logs))


@given(
    who=st.sampled_from(sorted(PEOPLE)),
    before=st.integers(0, 12),
    spare=st.integers(0, 40),
)
@settings(max_examples=30, deadline=None)
def test_further_judgments_change_it_alike(who: str, before: int, spare: int) -> None:
    """Whatever was there before, and if fewer count than were sent; integrals to a thousandth of a nat."""
    person = PEOPLE[who]
    rows = np.arange(len(person.answers))
    known = folded(person.curves.of(rows[:before]), person.answers[:before])
    curves, answers = person.curves.of(rows[before:]), person.answers[before:]
    places, logs = further_places(before, len(answers) + spare)
    cuts = [int(place) for place in places if place < len(answers)]
    surfaces = rival_surfaces(curves, answers, [cut for cut in cuts if cut])
    parts = np.zeros((MOST_PLACES + 1, *GRID.shape))
    first = int(0 in cuts)
    parts[first : first + len(surfaces.parts)] = surfaces.parts
    with jax.enable_x64(True):
        said = compiled()(
            known.numbers,
            Answers(parts, surfaces.rewards, surfaces.differences, np.int32(len(answers))),
            places,
            logs,
        )
    expected = known.add(surfaces, GRID)
    counts = expected.informative, expected.feedback, expected.reward
    found = MisfitEvidence.of_numbers(counts, np.asarray(said.numbers), len(RIVALS), GRID.shape)
    assert found.numbers == pytest.approx(expected.numbers, rel=1e-6, abs=1e-4)
    assert found.marginals_of(np.asarray(said.integrals)) == pytest.approx(
        expected.log_marginals(GRID), abs=1e-3
    )
