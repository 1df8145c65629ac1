"""Sums and maxima over runs, against NumPy's own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesian_verifier.simulators.lottery._runs import run_maxima, run_sums


@given(st.lists(st.integers(1, 16), min_size=1, max_size=12), st.integers(1, 9), st.integers(0, 2**31))
def test_runs_are_folded_as_reduceat_folds_them(lengths: list[int], columns: int, seed: int) -> None:
    """Runs of any lengths, of rows of any width."""
    rows = np.random.default_rng(seed).standard_normal((sum(lengths), columns))
    start = np.cumsum([0, *lengths[:-1]])
    assert run_sums(rows, start) == pytest.approx(np.add.reduceat(rows, start, axis=0), abs=1e-13)
    assert (run_maxima(rows, start) == np.maximum.reduceat(rows, start, axis=0)).all()


@given(st.integers(0, 2**31))
def test_a_run_adds_up_alike_whatever_lies_beside_it(seed: int) -> None:
    """To the last bit: a judgment sent alone and one sent with others give the same counts."""
    rows = np.random.default_rng(seed).standard_normal((9, 5))
    together = run_sums(rows, np.array([0, 2, 5]))
    alone = [run_sums(part, np.array([0]))[0] for part in (rows[:2], rows[2:5], rows[5:])]
    assert (together == np.stack(alone)).all()
