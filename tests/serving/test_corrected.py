"""A network that is wrong on purpose, mended by the likelihood and held against the closed form."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import orjson
import pytest
from scipy import stats

from bayesian_verifier.serving import Engine, answer, compile_engine, read_question
from serving.closed_form import (
    LOG_NOISE,
    LOG_NOISE_SD,
    Fault,
    LikelySimulator,
    closed_form_model,
    judgment,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.serving import Answer

REWARDS = [1.0, 0.5, -0.25, 2.0, 1.5, 0.75, 0.0, 1.0]
MEAN, SD = sum(REWARDS) / 9, 1 / 3
#: too low by 0.3 sd and too narrow by a fifth
SLIGHT = Fault(shift=-0.3, factor=0.8)


def engine_with(fault: Fault) -> Engine:
    return compile_engine(closed_form_model(fault=fault), LikelySimulator(), points=1024)


@pytest.fixture(scope="module")
def slightly_off() -> Engine:
    """A network that can be mended."""
    return engine_with(SLIGHT)


@pytest.fixture(scope="module")
def far_off() -> Engine:
    """A network five sd off, which no weights mend."""
    return engine_with(Fault(shift=5.0, factor=0.5))


def asked(engine: Engine, rewards: Sequence[float] = REWARDS, **fields: object) -> Answer:
    body = orjson.dumps({"judgments": [judgment(reward) for reward in rewards], **fields})
    return answer(read_question(body), engine, clock=float, make_seed=int)


def test_the_corrected_summary_is_the_closed_form(slightly_off: Engine) -> None:
    """Mean and sd to a hundredth of an sd, quantiles to three."""
    r = asked(slightly_off).beliefs["risk_aversion"]
    assert r.mean == pytest.approx(MEAN, abs=0.01 * SD)
    assert r.sd == pytest.approx(SD, rel=0.01)
    exact = stats.norm(MEAN, SD).ppf([0.05, 0.25, 0.5, 0.75, 0.95])
    assert r.quantiles == pytest.approx(exact, abs=0.03 * SD)


def test_what_the_network_is_right_about_stays(slightly_off: Engine) -> None:
    """τ: log-normal as before."""
    tau = asked(slightly_off).beliefs["choice_noise"]
    exact = stats.lognorm(s=LOG_NOISE_SD, scale=math.exp(LOG_NOISE))
    assert tau.mean == pytest.approx(exact.mean(), rel=0.01)
    assert tau.quantiles[2] == pytest.approx(exact.median(), rel=0.02)


def test_the_shift_is_what_the_network_is_off_by(slightly_off: Engine) -> None:
    """In sd of the exact posterior: 0.3; and it was applied."""
    correction = asked(slightly_off).checks.correction
    assert correction.applied is True
    assert correction.shift_sd == pytest.approx(0.3, abs=0.02)


def test_the_effective_sample_size_is_that_of_two_normals(slightly_off: Engine) -> None:
    """1 / ∫p²/q, with q widened by 1.2: for r that is N(-0.3, 0.96²) in the posterior's units, for τ N(0, 1.2²)."""

    def inverse(shift: float, sd: float) -> float:
        left = 2 * sd**2 - 1
        return sd**2 / math.sqrt(left) * math.exp(shift**2 / left)

    exact = 1 / (inverse(0.3, 0.96) * inverse(0.0, 1.2))
    assert asked(slightly_off).checks.effective_sample_size == pytest.approx(exact, abs=0.02)


def test_corrected_draws_are_draws_of_the_closed_form(slightly_off: Engine) -> None:
    """Kolmogorov–Smirnov: 0.03 is its 1‰ point for 4,096; the network's own would be 0.16 away."""
    draws = asked(slightly_off, draws=4096, seed=7).draws
    assert draws is not None
    r, log_tau = draws["risk_aversion"], np.log(draws["choice_noise"])
    assert len(r) == len(log_tau) == 4096
    assert stats.kstest(r, stats.norm(MEAN, SD).cdf).statistic < 0.03
    assert stats.kstest(log_tau, stats.norm(LOG_NOISE, LOG_NOISE_SD).cdf).statistic < 0.03
    assert abs(stats.spearmanr(r, log_tau).statistic) < 0.06
    assert len(np.unique(r)) == 4096


@pytest.mark.parametrize("fault", [SLIGHT, Fault(1.2, 0.9), Fault(1.4, 0.9), Fault(5.0, 0.5)])
@pytest.mark.parametrize("few", [1, 10, 300, 1500])
def test_more_corrected_draws_begin_alike(fault: Fault, few: int) -> None:
    """The same seed gives the same first draws, however little of the candidates is kept."""
    engine = engine_with(fault)
    some, many = (asked(engine, draws=count, seed=3).draws for count in (few, 4096))
    assert some is not None
    assert many is not None
    assert np.array_equal(some["risk_aversion"], many["risk_aversion"][:few])


def test_a_network_too_far_off_is_left_alone_and_said_so(far_off: Engine) -> None:
    """Its own summary and draws, not trusted; 5 sd from the truth, half as wide."""
    said = asked(far_off, draws=4096, seed=1)
    assert said.checks.reasons == ("unreliable_correction",)
    assert said.checks.trustworthy is False
    assert said.checks.correction.applied is False
    r = said.beliefs["risk_aversion"]
    assert r.mean == pytest.approx(MEAN + 5 * SD, abs=0.01 * SD)
    assert r.sd == pytest.approx(SD / 2, rel=0.01)
    assert said.draws is not None
    own = stats.norm(MEAN + 5 * SD, SD / 2)
    assert stats.kstest(said.draws["risk_aversion"], own.cdf).statistic < 0.03


def test_a_likelihood_that_excludes_every_draw_is_not_trusted() -> None:
    """No weight is left: that is not the same as having no likelihood."""

    class Impossible(LikelySimulator):
        class evidence(LikelySimulator.evidence):  # noqa: N801 it stands where the simulator's own does
            __slots__ = ()

            def log_likelihood(self, theta):
                return np.full(len(theta), -np.inf)

        def log_likelihood_of_sums(self, sums, theta, xp):  # noqa: ARG002 - whatever they are
            return xp.full(len(theta), -np.inf)

    engine = compile_engine(closed_form_model(), Impossible(), points=64, many=64)
    assert asked(engine).checks.reasons == ("unreliable_correction",)


def test_a_network_that_is_right_is_not_moved() -> None:
    """Shift 0; the weights only undo the widening, 1 / (1.44 / √1.88)² of the draws."""
    checks = asked(engine_with(Fault())).checks
    assert checks.trustworthy is True
    assert checks.correction.applied is True
    assert checks.correction.shift_sd == pytest.approx(0.0, abs=1e-3)
    assert checks.effective_sample_size == pytest.approx(1.88 / 1.44**2, abs=0.02)


def test_no_evidence_is_the_prior_whatever_the_network_says(far_off: Engine) -> None:
    """Nothing is checked, nothing corrected."""
    said = asked(far_off, [], draws=4096, seed=5)
    r = said.beliefs["risk_aversion"]
    assert (r.mean, r.sd) == (pytest.approx(0.0, abs=1e-5), pytest.approx(1.0, rel=1e-5))
    assert said.draws is not None
    assert stats.kstest(said.draws["risk_aversion"], stats.norm.cdf).statistic < 0.03
    assert (
        said.checks.effective_sample_size is said.checks.pareto_k is said.checks.correction.shift_sd is None
    )
    assert said.checks.reasons == ()


def test_a_corrected_stream_has_the_posterior_of_the_batch(slightly_off: Engine) -> None:
    """One judgment after the other; the state and every check among it."""
    state = None
    for reward in REWARDS:
        said = asked(slightly_off, [reward], **({} if state is None else {"state": state}))
        state = said.state
    whole = asked(slightly_off)
    assert said.state == whole.state
    assert said.beliefs == whole.beliefs
    assert said.checks == whole.checks
