"""Is a misfit statistic turned into the p-value and the explanation it stands for?"""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesian_verifier.posterior import (
    ALWAYS,
    LEVELS,
    MisfitCalibration,
    MisfitEvidence,
    MisfitGrid,
    MisfitTable,
    misfit,
)
from bayesian_verifier.posterior._misfit import mean_over_met

RIVALS = (*ALWAYS, "bends", "never met")
GRID = MisfitGrid(np.linspace(-2.0, 3.0, 9), np.linspace(-4.0, -1.0, 5), (0.5, 1.0), (-2.3, 1.0))


def table(
    answers: str = "feedback", *, met: tuple[bool, ...] = (True, True, True, False), at: float = 0.0
) -> MisfitTable:
    """Quantiles of a statistic exceeded with chance e^-(T - at), moved up by 1 from 4 judgments to 64."""
    quantiles = at - np.log(LEVELS)
    return MisfitTable(
        answers=answers,
        met=np.array(met),
        sizes=np.array([4.0, 64.0]),
        weights=np.array([[0.4, 0.3, 0.2, 0.1]] * 2),
        quantiles=np.stack([quantiles, quantiles + 1.0]),
    )


@given(st.floats(0.8, 40.0), st.integers(1, 600))
@settings(max_examples=60, deadline=None)
def test_a_p_value_is_the_chance_that_the_table_states(statistic: float, size: int) -> None:
    """Exponential by construction: e^-(T - shift), the shift growing with ln n between the sizes, held beyond."""
    shift = min(max(math.log(size / 4) / math.log(16), 0.0), 1.0)
    p = table().p_value(statistic + shift, size)
    assert p == pytest.approx(math.exp(-statistic), rel=1e-9)


@given(st.lists(st.floats(-50, 900), min_size=2, max_size=2, unique=True), st.integers(1, 600))
@settings(max_examples=60, deadline=None)
def test_a_greater_statistic_never_has_a_greater_p_value(pair: list[float], size: int) -> None:
    """And each is a chance."""
    low, high = sorted(pair)
    assert 0 <= table().p_value(high, size) <= table().p_value(low, size) <= 1


def evidence(bends: float, *, feedback: int = 40) -> MisfitEvidence:
    """Flat surfaces: the model has log-likelihood -20 everywhere, the rival that bends so much more."""
    zero = MisfitEvidence.zero(2, GRID.shape)
    differences = zero.differences.copy()
    differences[0] = bends
    return MisfitEvidence(
        40, feedback, 40 - feedback, zero.model - 20, zero.rewards, differences, zero.changed
    )


def test_the_statistic_is_the_weighted_mean_of_bayes_factors_of_rivals_that_were_met() -> None:
    """By hand: 0.4 × 2^-40 e^20 for the coin, 0.2 e^3 for what bends, nothing for a change, which weighs 0.3.

    The rival never met is left out. In models published before, its weight of 0.1 counted too.
    """
    coin, bends = 0.4 * math.exp(20 - 40 * math.log(2)), 0.2 * math.exp(3)
    for over_met, over in ((True, 0.9), (False, 1.0)):
        found = misfit(evidence(3.0), GRID, MisfitCalibration(RIVALS, (table(),), over_met))
        assert found is not None
        assert found.statistic == pytest.approx(math.log((coin + bends) / over), abs=1e-6)
        assert (found.rival, found.share) == ("bends", pytest.approx(bends / (coin + bends), abs=1e-6))


def test_the_mean_over_rivals_is_that_of_those_met() -> None:
    """Row by row: all, two of three, one, none."""
    factors, weights = np.log([[4.0, 2.0, 1.0]] * 4), np.array([0.5, 0.3, 0.2])
    there = np.array([[True] * 3, [True, False, True], [False, True, False], [False] * 3])
    with np.errstate(divide="ignore"):
        expected = np.log([2.8, 2.2 / 0.7, 2.0, 0.0])
    assert mean_over_met(factors, np.log(weights), there) == pytest.approx(expected)


def test_the_smallest_table_that_includes_all_rivals_met_judges() -> None:
    """Of the same answers: the one without `never met`, though both would do; with it met, the other."""
    both = MisfitCalibration(RIVALS, (table(met=(True,) * 4, at=5.0), table(), table("reward", at=9.0)))
    assert both.table("feedback", np.array([True, True, True, False])) is both.tables[1]
    assert both.table("feedback", np.array([True, False, False, True])) is both.tables[0]
    with pytest.raises(ValueError, match="no calibration for both"):
        both.table("both", np.array([True] * 4))


def test_without_evidence_there_is_nothing_to_check() -> None:
    """None, not a p-value of 1."""
    assert misfit(MisfitEvidence.zero(2, GRID.shape), GRID, MisfitCalibration(RIVALS, (table(),))) is None


def test_a_calibration_survives_json() -> None:
    """Through text and back, to the digits it keeps."""
    first = MisfitCalibration(RIVALS, (table(), table("reward", at=2.0)))
    text = json.dumps(first.to_json())
    again = MisfitCalibration.from_json(json.loads(text))
    assert json.dumps(again.to_json()) == text
    assert again.tables[1].p_value(5.0, 16) == pytest.approx(first.tables[1].p_value(5.0, 16), rel=1e-3)
    assert again.over_met


def test_a_calibration_published_before_keeps_its_statistic() -> None:
    """What it does not say is what it did."""
    content = MisfitCalibration(RIVALS, (table(),)).to_json()
    del content["over_met"]
    assert not MisfitCalibration.from_json(content).over_met


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("weights", [[1.0]]),
        ("quantiles", [[1.0] * len(LEVELS), [math.nan] * len(LEVELS)]),
        ("sizes", [64, 4]),
    ],
)
def test_a_calibration_that_makes_no_sense_is_refused(entry: str, value: object) -> None:
    """With ValueError, not later in a reply."""
    content = MisfitCalibration(RIVALS, (table(),)).to_json()
    content["tables"][0][entry] = value
    with pytest.raises(ValueError, match=r"weights|quantiles|sizes"):
        MisfitCalibration.from_json(content)
