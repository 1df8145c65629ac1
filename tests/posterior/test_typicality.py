"""How usual evidence is, where summaries are normal and the answer is chi-square's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import mahalanobis

from bayesian_verifier.posterior import DISTANCE_LEVELS, TypicalityTable, squared_distance, whitening_of

WIDE = 4
SIZES = np.array([1.0, 8.0, 64.0])
KINDS = ("feedback", "reward")


def covariance(number: int) -> np.ndarray:
    """Some positive definite matrix."""
    root = np.random.default_rng(number).standard_normal((WIDE, WIDE))
    return root @ root.T + 0.3 * np.eye(WIDE)


def table() -> TypicalityTable:
    """Normal summaries of their own mean and covariance for each kind and size, known exactly."""
    shape = (len(KINDS), SIZES.size)
    whitening = np.array([np.linalg.inv(np.linalg.cholesky(covariance(i))) for i in range(6)])
    known = stats.chi2(WIDE).ppf(np.append(DISTANCE_LEVELS[:-1], 1 - 1e-9))
    return TypicalityTable(
        KINDS,
        SIZES,
        np.arange(6.0).reshape(*shape, 1) * np.ones(WIDE),
        whitening.reshape(*shape, WIDE, WIDE),
        np.broadcast_to(known, (*shape, DISTANCE_LEVELS.size)).copy(),
    )


@pytest.mark.parametrize(("kind", "size"), [("feedback", 1), ("feedback", 64), ("reward", 8)])
def test_p_values_of_usual_people_are_even(kind: str, size: int) -> None:
    """3,000 normal summaries: a Kolmogorov–Smirnov test finds nothing, and 5% are below 0.05."""
    number = 3 * KINDS.index(kind) + int(np.flatnonzero(size == SIZES)[0])
    drawn = np.random.default_rng(4).multivariate_normal(np.full(WIDE, number), covariance(number), 3000)
    known = table()
    p = np.array([known.p_value(summary, kind, size) for summary in drawn])
    assert stats.kstest(p, "uniform").pvalue > 1e-4
    low, high = stats.binom(3000, 0.05).ppf([1e-5, 1 - 1e-5])
    assert low <= (p < 0.05).sum() <= high


@pytest.mark.parametrize("distance", [0.0, 0.5, 2.0, 3.0, 4.0])
def test_the_p_value_at_a_known_size_is_chi_square_s(distance: float) -> None:
    """A summary so many sd away in some direction, by scipy's survival function."""
    direction = np.array([0.5, -0.5, 0.5, 0.5])
    summary = np.full(WIDE, 1.0) + np.linalg.cholesky(covariance(1)) @ (distance * direction)
    expected = stats.chi2(WIDE).sf(distance**2)
    assert table().p_value(summary, "feedback", 8) == pytest.approx(expected, abs=0.006)


def test_sizes_in_between_are_interpolated_on_the_logarithm() -> None:
    """Where means differ, the p-value goes evenly from one size's to the next's with ln size."""
    known, summary = table(), np.array([0.8, 0.4, 0.1, 0.9])
    ends = [known.p_value(summary, "feedback", size) for size in (8, 64)]
    assert abs(ends[0] - ends[1]) > 0.01
    for size in (11, 23, 50):
        part = np.log(size / 8) / np.log(8)
        expected = (1 - part) * ends[0] + part * ends[1]
        assert known.p_value(summary, "feedback", size) == pytest.approx(expected)


@pytest.mark.parametrize(("size", "held"), [(0, 1), (-3, 1), (65, 64), (512, 64)])
def test_sizes_beyond_the_table_are_held_at_its_ends(size: int, held: int) -> None:
    """Nobody knows better."""
    known, summary = table(), np.array([0.8, 0.4, 0.1, 0.9])
    assert known.p_value(summary, "reward", size) == pytest.approx(known.p_value(summary, "reward", held))


def test_nobody_is_further_out_than_everybody() -> None:
    """Beyond the greatest distance known the p-value is 0, at the mean it is 1."""
    assert table().p_value(np.full(WIDE, 1e4), "feedback", 8) == 0.0
    assert table().p_value(np.full(WIDE, 1.0), "feedback", 8) == 1.0


def test_a_kind_that_nobody_simulated_is_refused() -> None:
    """Rather than measured by another's distances."""
    with pytest.raises(ValueError, match="tuple"):
        table().p_value(np.zeros(WIDE), "smiles", 8)


def test_distances_are_mahalanobis_s() -> None:
    """By scipy, for a mean and covariance that were drawn at random."""
    inverse = np.linalg.inv(covariance(9))
    whitening = np.linalg.inv(np.linalg.cholesky(covariance(9)))
    summaries, mean = np.random.default_rng(5).standard_normal((20, WIDE)), np.arange(4.0)
    expected = [mahalanobis(summary, mean, inverse) ** 2 for summary in summaries]
    np.testing.assert_allclose(squared_distance(summaries, mean, whitening), expected)


def test_whitening_makes_a_covariance_the_identity() -> None:
    """Of the sample it was made from, up to the ridge that was asked for."""
    sample = np.random.default_rng(6).multivariate_normal(np.arange(4.0), covariance(2), 500)
    mean, whitening = whitening_of(sample, ridge=1e-9)
    np.testing.assert_allclose(mean, sample.mean(axis=0))
    np.testing.assert_allclose(np.cov((sample - mean) @ whitening.T, rowvar=False), np.eye(WIDE), atol=1e-6)


def test_summaries_that_never_vary_can_be_whitened() -> None:
    """A direction without variance has the ridge's, so that no distance is infinite."""
    sample = np.random.default_rng(7).standard_normal((200, WIDE))
    sample[:, 2] = 5.0
    mean, whitening = whitening_of(sample)
    assert np.isfinite(squared_distance(sample, mean, whitening)).all()
    assert np.isfinite(whitening_of(np.ones((50, WIDE)))[1]).all()


def test_arrays_come_back_as_they_went(tmp_path) -> None:
    """Through a file without pickles, to single precision."""
    file = tmp_path / "table.npz"
    np.savez(file, **table().to_arrays())
    with np.load(file, allow_pickle=False) as arrays:
        back = TypicalityTable.of_arrays(arrays)
    assert back.kinds == KINDS
    for name in ("sizes", "mean", "whitening", "distances"):
        np.testing.assert_allclose(getattr(back, name), getattr(table(), name), rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("distances", np.zeros((2, 3, 5))),
        ("distances", np.zeros((2, 2, DISTANCE_LEVELS.size))),
        ("mean", np.zeros((2, 3, 3))),
        ("mean", np.zeros((3, 3, WIDE))),
        ("whitening", np.zeros((2, 3, WIDE))),
        ("whitening", np.zeros((2, 3, WIDE, 3))),
        ("sizes", np.arange(1.0, 5.0)),
        ("kinds", np.array(["feedback"])),
    ],
)
def test_arrays_that_do_not_fit_each_other_are_refused(name: str, broken: np.ndarray) -> None:
    """Whichever of them has another shape."""
    with pytest.raises(ValueError, match=r"levels|fit each other"):
        TypicalityTable.of_arrays(table().to_arrays() | {name: broken})


@pytest.mark.parametrize("name", ["kinds", "sizes", "mean", "whitening", "distances"])
def test_a_missing_array_is_named(name: str) -> None:
    """As a KeyError."""
    arrays = table().to_arrays()
    del arrays[name]
    with pytest.raises(KeyError, match=name):
        TypicalityTable.of_arrays(arrays)


def test_single_precision_changes_no_p_value_much() -> None:
    """What is read back says the same to 1e-4."""
    known = table()
    back = TypicalityTable.of_arrays(known.to_arrays())
    summary = np.array([0.8, 0.4, 2.1, -0.9])
    for size in (1, 5, 8, 40):
        assert back.p_value(summary, "feedback", size) == pytest.approx(
            known.p_value(summary, "feedback", size), abs=1e-4
        )
