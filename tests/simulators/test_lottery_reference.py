"""Where advantages are tabulated, and how exactly they are read in between."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesian_verifier.simulators.lottery import reference_points
from bayesian_verifier.simulators.lottery._reference import local_points, stencils

GRIDS = {
    "reference points": reference_points(),
    "points around the kink": local_points(1.1, 0.05, 24),
    "points below it": local_points(-1.0, 0.1, 24),
    "points above it": local_points(3.0, 0.1, 24),
}


def test_reference_points_are_dense_where_people_are() -> None:
    """96 increasing values to 4.8 prior sd on either side, r = 1 among them, none further apart than 0.22."""
    points = reference_points()
    assert points.size == 96
    assert (np.diff(points) > 0).all()
    assert 1.0 in points
    assert points[0] == pytest.approx(0.5 - 4.8, abs=0.05)
    assert points[-1] == pytest.approx(0.5 + 4.8, abs=0.05)
    assert np.diff(points).max() < 0.22
    assert np.diff(points)[(points[:-1] > -0.5) & (points[1:] < 1.5)].max() < 0.08


@given(st.floats(-4, 5), st.floats(1e-4, 0.5))
@settings(deadline=None, max_examples=200)
def test_local_points_surround_their_centre_and_hold_the_kink(centre: float, spread: float) -> None:
    """24 of them from -11.5 to 11.5 spacings, all moved by half a spacing at most where 1 is among them."""
    points = local_points(centre, spread, 24)
    np.testing.assert_allclose(np.diff(points), spread, rtol=1e-9, atol=1e-12)
    even = centre + spread * (np.arange(24) - 11.5)
    assert np.abs(points - even).max() <= 0.5 * spread * (1 + 1e-9)
    if even[1] < 1.0 < even[-2]:
        assert 1.0 in points
    elif not even[0] < 1.0 < even[-1]:
        np.testing.assert_array_equal(points, even)


@pytest.mark.parametrize("name", GRIDS)
@given(data=st.data())
@settings(deadline=None, max_examples=40)
def test_cubics_are_reproduced_on_each_side_of_the_kink(name: str, data: st.DataObject) -> None:
    """One cubic below r = 1, another above that meets it there: both are read exactly, up to the kink itself."""
    points = GRIDS[name]
    numbers = st.lists(st.floats(-3, 3), min_size=3, max_size=3)
    below, above = data.draw(numbers), data.draw(numbers)

    def curve(r: np.ndarray) -> np.ndarray:
        left, right = (sum(c * (r - 1) ** (k + 1) for k, c in enumerate(part)) for part in (below, above))
        return np.where(r <= 1, left, right) + 0.7

    at = np.concatenate([np.linspace(points[0], points[-1], 301), [1 - 1e-9, 1.0, 1 + 1e-9], points])
    index, weight = stencils(points, at)
    held = np.clip(at, points[0], points[-1])
    np.testing.assert_allclose((weight * curve(points)[index]).sum(axis=1), curve(held), atol=1e-9 * 3 * 5**3)


@pytest.mark.parametrize("name", GRIDS)
def test_no_stencil_reaches_across_the_kink(name: str) -> None:
    """Neighbours of a value at or below 1 are all at or below 1, of one above all at or above; weights sum to 1."""
    points = GRIDS[name]
    at = np.sort(np.concatenate([np.linspace(points[0], points[-1], 501), points]))
    index, weight = stencils(points, at)
    np.testing.assert_allclose(weight.sum(axis=1), 1.0, atol=1e-9)
    if 1.0 in points:
        assert (points[index[at <= 1]] <= 1).all()
        assert (points[index[at > 1]] >= 1).all()
    assert (np.diff(index, axis=1) == 1).all()


@pytest.mark.parametrize("name", GRIDS)
def test_values_beyond_the_ends_are_held_there(name: str) -> None:
    """Nothing is extrapolated: the weight is the end point's own."""
    points = GRIDS[name]
    index, weight = stencils(points, np.array([points[0] - 9.0, points[-1] + 9.0]))
    read = (weight * points[index]).sum(axis=1)
    assert read == pytest.approx([points[0], points[-1]])
    assert np.abs(weight).max(axis=1) == pytest.approx([1.0, 1.0])


def test_a_smooth_curve_is_read_to_a_millionth_between_reference_points() -> None:
    """The error of Lagrange's cubic: h⁴/16 of the fourth derivative, which is 1 at most for a sine."""
    points = reference_points()
    at = np.linspace(points[0], points[-1], 2001)
    index, weight = stencils(points, at)
    error = np.abs((weight * np.sin(points)[index]).sum(axis=1) - np.sin(at))
    cell = np.clip(np.searchsorted(points, at), 1, points.size - 1)
    width = np.maximum(np.diff(points)[cell - 1], np.diff(points)[np.clip(cell, 0, points.size - 2)])
    assert (error <= width**4 / 16 + 1e-9).all()
