"""Weights of draws from one normal that is meant to be another: every figure has a closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy import stats

from bayesian_verifier.posterior import WIDENING, Belief, correct, log_weights, wide_points

POINTS = wide_points(1024, 2)
#: (mean, sd) by parameter: what the network believes
OWN = (np.array([0.4, -2.0]), np.array([0.5, 0.3]))


@dataclass(frozen=True)
class NormalEvidence:
    """Evidence whose likelihood is normal in each parameter: prior N(0, 1) and this give N(mean, sd).

    offset: what the log-likelihood is out by, as a constant.   closer: what a second look finds.
    """

    mean: np.ndarray
    sd: np.ndarray
    offset: float = 0.0
    closer: NormalEvidence | None = None

    def log_likelihood(self, theta: np.ndarray) -> np.ndarray:
        """Posterior density over the prior's."""
        posterior = stats.norm.logpdf(theta, self.mean, self.sd)
        return (posterior - stats.norm.logpdf(theta)).sum(axis=1) + self.offset

    def sharpened(self, mean: np.ndarray, sd: np.ndarray) -> NormalEvidence:  # noqa: ARG002 - it is known already
        """What is seen from close by."""
        return self if self.closer is None else self.closer


@dataclass(frozen=True)
class KnowsNothing:
    """Evidence of a simulator that nobody can write a likelihood of."""

    def log_likelihood(self, theta: np.ndarray) -> None:  # noqa: ARG002 - there is none
        """Nothing."""
        return

    def sharpened(self, mean: np.ndarray, sd: np.ndarray) -> KnowsNothing:  # noqa: ARG002 - nothing to see
        """The same."""
        return self


@dataclass(frozen=True)
class Constant:
    """Evidence whose log-likelihood is one value everywhere."""

    value: float

    def log_likelihood(self, theta: np.ndarray) -> np.ndarray:
        """That value."""
        return np.full(len(theta), self.value)

    def sharpened(self, mean: np.ndarray, sd: np.ndarray) -> Constant:  # noqa: ARG002 - alike everywhere
        """The same."""
        return self


def log_prior(theta: np.ndarray) -> np.ndarray:
    """Standard normal in each."""
    return np.asarray(stats.norm.logpdf(theta).sum(axis=1))


def drawn() -> tuple[np.ndarray, np.ndarray]:
    """Draws of the network's own normal, a fifth too wide, and their log-density."""
    theta = OWN[0] + OWN[1] * POINTS.noise.astype(np.float64)
    return theta, stats.norm.logpdf(theta, OWN[0], WIDENING * OWN[1]).sum(axis=1)


def effective(mean: np.ndarray, sd: np.ndarray) -> float:
    """1 / E_q[(p/q)²] of independent normals p = N(mean, sd) and the widened q: ∫p²/q in closed form."""
    wide = WIDENING * OWN[1]
    spare = 2 * wide**2 - sd**2
    second = wide**2 / (sd * np.sqrt(spare)) * np.exp((mean - OWN[0]) ** 2 / spare)
    return float(1 / np.prod(second))


TARGETS = {
    "the same": (OWN[0], OWN[1]),
    "beside it": (OWN[0] + np.array([0.15, -0.06]), OWN[1]),
    "narrower": (OWN[0], 0.7 * OWN[1]),
    "wider": (OWN[0], 1.1 * OWN[1]),
    "both": (OWN[0] + np.array([-0.2, 0.1]), np.array([0.4, 0.28])),
}


@pytest.mark.parametrize("name", TARGETS)
def test_weights_move_the_summary_onto_the_target(name: str) -> None:
    """Weighted mean and sd are the target's, the shift is its distance in its sd, the effective share ∫p²/q's."""
    mean, sd = TARGETS[name]
    theta, log_density = drawn()
    found = correct(theta, log_density, POINTS.share, NormalEvidence(mean, sd), log_prior)
    assert found.weights is not None
    assert found.reliable
    for i in range(2):
        belief = Belief.from_draws(theta[:, i], found.weights.share)
        assert belief.mean == pytest.approx(mean[i], abs=0.02 * sd[i])
        assert belief.sd == pytest.approx(sd[i], rel=0.02)
    assert found.shift_sd == pytest.approx(abs(mean[0] - OWN[0][0]) / sd[0], abs=0.02)
    assert found.weights.effective == pytest.approx(effective(mean, sd), rel=0.03)


def test_the_network_s_own_summary_is_read_through_the_widening() -> None:
    """Where it is right already, weights are those that the widening asks for: the shape of the tail says bounded."""
    theta, log_density = drawn()
    found = correct(theta, log_density, POINTS.share, NormalEvidence(*OWN), log_prior)
    assert found.weights is not None
    np.testing.assert_allclose(found.weights.share, POINTS.share, rtol=0.02)
    assert found.shift_sd == pytest.approx(0.0, abs=1e-3)
    assert found.weights.pareto_k < 0


def test_a_constant_in_the_likelihood_means_nothing() -> None:
    """It is known up to one."""
    theta, log_density = drawn()
    evidence = NormalEvidence(*TARGETS["both"])
    one = correct(theta, log_density, POINTS.share, evidence, log_prior)
    other = correct(theta, log_density, POINTS.share, replace(evidence, offset=-4321.0), log_prior)
    assert one.weights is not None
    assert other.weights is not None
    np.testing.assert_allclose(one.weights.share, other.weights.share, rtol=1e-9)


def test_a_likelihood_found_with_the_draws_is_taken_for_the_evidence_s_own() -> None:
    """The same weights, without asking the evidence; a second look is still asked what it says."""
    theta, log_density = drawn()
    target = NormalEvidence(*TARGETS["both"])
    expected = correct(theta, log_density, POINTS.share, target, log_prior)
    told = target.log_likelihood(theta)
    assert expected.weights is not None
    found = correct(theta, log_density, POINTS.share, KnowsNothing(), log_prior, told)
    assert found.weights is not None
    np.testing.assert_array_equal(found.weights.share, expected.weights.share)
    assert (found.reliable, found.shift_sd) == (expected.reliable, expected.shift_sd)
    looked = NormalEvidence(*TARGETS["wider"], closer=target)
    closer = correct(theta, log_density, POINTS.share, looked, log_prior, looked.log_likelihood(theta))
    assert closer.weights is not None
    np.testing.assert_array_equal(closer.weights.share, expected.weights.share)


def test_a_target_out_of_reach_is_not_relied_on() -> None:
    """Six sd away hardly a draw counts, and the flag says so."""
    theta, log_density = drawn()
    far = NormalEvidence(OWN[0] + 6 * OWN[1], 0.2 * OWN[1])
    found = correct(theta, log_density, POINTS.share, far, log_prior)
    assert not found.reliable
    assert found.weights is not None
    assert found.weights.effective < 0.04


def test_a_target_much_wider_than_the_draws_is_not_relied_on() -> None:
    """Three times as wide, weights have no variance: the tail's shape is past its limit."""
    theta, log_density = drawn()
    wide = NormalEvidence(OWN[0], 3 * OWN[1])
    found = correct(theta, log_density, POINTS.share, wide, log_prior)
    assert found.weights is not None
    assert found.weights.pareto_k > 2 / 3
    assert not found.reliable


def test_the_second_look_decides() -> None:
    """Weights are those of what was found from close by, and that evidence is handed back."""
    theta, log_density = drawn()
    closer = NormalEvidence(*TARGETS["both"])
    first = NormalEvidence(*TARGETS["wider"], closer=closer)
    found = correct(theta, log_density, POINTS.share, first, log_prior)
    expected = correct(theta, log_density, POINTS.share, closer, log_prior)
    assert found.evidence is closer
    assert found.weights is not None
    assert expected.weights is not None
    np.testing.assert_array_equal(found.weights.share, expected.weights.share)
    assert found.shift_sd == expected.shift_sd


def test_the_second_look_is_aimed_at_the_posterior() -> None:
    """It is told mean and sd of the target, as the first weights know them."""
    told: list[tuple[np.ndarray, np.ndarray]] = []

    @dataclass(frozen=True)
    class Notes(NormalEvidence):
        def sharpened(self, mean: np.ndarray, sd: np.ndarray) -> Notes:
            told.append((mean, sd))
            return self

    mean, sd = TARGETS["both"]
    theta, log_density = drawn()
    found = correct(theta, log_density, POINTS.share, Notes(mean, sd), log_prior)
    assert len(told) == 1
    assert told[0][0] == pytest.approx(mean, abs=0.01)
    assert told[0][1] == pytest.approx(sd, rel=0.03)
    assert isinstance(found.evidence, Notes)


def test_the_second_look_never_believes_in_a_spike() -> None:
    """One draw with all the weight is told as a quarter of the network's own sd."""
    told: list[np.ndarray] = []

    @dataclass(frozen=True)
    class Notes(NormalEvidence):
        def sharpened(self, mean: np.ndarray, sd: np.ndarray) -> Notes:  # noqa: ARG002 - the sd is what matters
            told.append(sd)
            return self

    theta, log_density = drawn()
    correct(theta, log_density, POINTS.share, Notes(theta[100], np.full(2, 1e-6)), log_prior)
    assert told[0] == pytest.approx(0.25 * OWN[1], rel=0.03)


def test_without_a_likelihood_there_is_nothing_to_say() -> None:
    """Neither weights nor a shift; the evidence is what it was."""
    theta, log_density = drawn()
    evidence = KnowsNothing()
    found = correct(theta, log_density, POINTS.share, evidence, log_prior)
    assert (found.weights, found.reliable, found.shift_sd) == (None, None, None)
    assert found.evidence is evidence
    assert log_weights(theta, log_density, evidence, log_prior) is None


@pytest.mark.parametrize("value", [-math.inf, math.nan, math.inf])
def test_evidence_that_no_draw_explains_gives_no_weights_to_rely_on(value: float) -> None:
    """A likelihood that is 0, or no number at all, at every draw: that is not the same as having none."""
    theta, log_density = drawn()
    told = correct(theta, log_density, POINTS.share, KnowsNothing(), log_prior, np.full(len(theta), value))
    assert (told.weights, told.reliable, told.shift_sd) == (None, False, None)
    found = correct(theta, log_density, POINTS.share, Constant(value), log_prior)
    assert (found.weights, found.reliable, found.shift_sd) == (None, False, None)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_draw_whose_density_is_no_number_has_no_weight(value: float) -> None:
    """The others keep theirs in proportion."""
    theta, log_density = drawn()
    broken = log_density.copy()
    broken[[3, 700]] = value
    evidence = NormalEvidence(*TARGETS["narrower"])
    found = log_weights(theta, broken, evidence, log_prior)
    whole = log_weights(theta, log_density, evidence, log_prior)
    assert found is not None
    assert whole is not None
    assert np.isneginf(found[[3, 700]]).all()
    others = np.delete(np.arange(1024), [3, 700])
    np.testing.assert_array_equal(found[others], whole[others])
    corrected = correct(theta, broken, POINTS.share, evidence, log_prior)
    assert corrected.weights is not None
    assert (corrected.weights.share[[3, 700]] == 0).all()
