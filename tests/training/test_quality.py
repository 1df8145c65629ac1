"""The yardsticks of a report against closed forms and the reference quadrature."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bayesian_verifier.posterior import QUANTILE_LEVELS
from bayesian_verifier.simulators.lottery import ANSWERS, CaseMixture, LotterySimulator, simulate_person
from bayesian_verifier.training._exact import exact_posterior
from bayesian_verifier.training._quality import Comparison, by_size, divergence, strata, summarised
from reference import exact


@pytest.mark.parametrize("answered", ANSWERS)
@pytest.mark.parametrize("count", [0, 4, 60])
def test_the_exact_posterior_of_a_report_is_the_reference_s(count, answered):
    """Mean within 0.003 sd, sd within 0.3%, quantiles within 0.01 sd: another quadrature of other code."""
    simulator = LotterySimulator()
    rng = np.random.default_rng([count, 3])
    person = simulate_person(rng, simulator, CaseMixture(), count, answered=answered, max_reward=3.0)
    found = exact_posterior(simulator, person.judgments)
    truth = exact.posterior([j.model_dump(mode="json", exclude_none=True) for j in person.judgments])
    assert found.mean == pytest.approx(truth.r.mean, abs=0.003 * truth.r.sd)
    assert found.sd == pytest.approx(truth.r.sd, rel=0.003)
    expected = truth.r.quantiles(QUANTILE_LEVELS)
    np.testing.assert_allclose(found.quantiles(QUANTILE_LEVELS), expected, rtol=0, atol=0.01 * truth.r.sd)


def test_divergence_is_that_of_two_normals():
    """Its closed form, at several distances and widths; none from itself."""
    grid = np.linspace(-12, 12, 4801)
    step = grid[1] - grid[0]

    def density(mean, sd):
        return np.exp(-0.5 * ((grid - mean) / sd) ** 2) / (sd * math.sqrt(2 * math.pi))

    for mean, sd in ((0.0, 1.0), (0.1, 1.0), (0.5, 1.3), (-0.3, 0.8)):
        expected = math.log(sd) + (1 + mean**2) / (2 * sd**2) - 0.5
        assert divergence(density(0.0, 1.0), density(mean, sd), step) == pytest.approx(expected, abs=1e-9)


def test_divergence_from_a_density_without_mass_is_great_but_finite():
    """A network that gives the truth no chance is bad, and no error."""
    p = np.full(100, 1.0)
    found = divergence(p, np.zeros(100), 0.01)
    assert 100 < found < 1000


def test_strata_hold_every_size_once():
    """From 0 to 512, without a gap."""
    held = [size for low, high in strata() for size in range(low, high + 1)]
    assert held == list(range(513))


def comparison(size: int, off: float, **rest: float) -> Comparison:
    """One set whose errors are all `off`."""
    figures = {
        "exact_sd": 0.5,
        "kl": abs(off),
        "alone": off,
        "mean": off,
        "sd": 1 + off,
        "quantiles": abs(off),
        "shift": abs(off),
        "pareto_k": 0.1,
        "effective": 0.9,
        "reliable": True,
        "mass": 1.0,
    }
    return Comparison(size=size, **(figures | rest))


def test_headline_figures_are_means_and_root_mean_squares():
    """Worked out by hand: errors of 0.3 and -0.4 have an rms of 0.3536 and a mean absolute value of 0.35."""
    found = summarised([comparison(2, 0.3), comparison(9, -0.4, effective=0.5, reliable=False)])
    assert found["sets"] == 2
    assert found["kl_mean"] == pytest.approx(0.35)
    assert found["kl_worst"] == pytest.approx(0.4)
    for name in (
        "network_mean_error_rms",
        "mean_error_rms",
        "quantile_error_rms",
        "shift_sd_rms",
        "sd_error_rms",
    ):
        assert found[name] == pytest.approx(math.sqrt(0.125))
    assert found["mean_error_worst"] == pytest.approx(0.4)
    assert found["sd_ratio_mean"] == pytest.approx(0.95)
    assert (found["effective_mean"], found["effective_worst"]) == pytest.approx((0.7, 0.5))
    assert found["unreliable"] == pytest.approx(0.5)


def test_sizes_without_a_set_are_left_out():
    """Others are told apart at the ends of their strata."""
    found = by_size([comparison(3, 0.1), comparison(4, 0.2), comparison(512, 0.3)])
    assert {name: row["sets"] for name, row in found.items()} == {"0-3": 1, "4-15": 1, "257-512": 1}
    assert found["4-15"]["mean_error_rms"] == pytest.approx(0.2)
