"""Each reason not to trust a posterior: provoked from end to end, and worded as documented."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bayesian_verifier.posterior import Misfit
from bayesian_verifier.serving import Engine, answer, compile_engine, create_app, read_question
from bayesian_verifier.serving._checks import Findings, MisfitNote, judged, within_reach
from bayesian_verifier.serving._limits import MAX_DRAWS, MAX_JUDGMENTS
from bayesian_verifier.serving._state import Known, encode_state
from bayesian_verifier.simulators import Parameter, PlainSums
from serving.closed_form import (
    ClosedFormSimulator,
    Fault,
    LikelySimulator,
    RewardSums,
    closed_form_model,
    judgment,
    typical_people,
)
from serving.test_metrics import sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.serving import Checks
    from serving.conftest import Serve


class _Blind(RewardSums):
    """Evidence that is not described where r > 0.5."""

    __slots__ = ()

    def range_missed(self, theta):
        return theta[:, 0] > 0.5


class _BlindSimulator(LikelySimulator):
    evidence = _Blind


def checks(engine: Engine, rewards: Sequence[float], state: str | None = None) -> Checks:
    body = {"judgments": [judgment(reward) for reward in rewards], "state": state}
    return answer(read_question(orjson.dumps(body)), engine, clock=float, make_seed=int).checks


@pytest.fixture(scope="module")
def wary() -> Engine:
    """A model that knows what simulated people's evidence looks like."""
    return compile_engine(
        closed_form_model(typicality=typical_people()), ClosedFormSimulator(), points=64, many=64
    )


@pytest.mark.parametrize("rewards", [[0.5], [3.0], [-3.0] * 2, [1.0, -1.0, 0.25], [-3.0] * 30, [0.5] * 512])
def test_typicality_is_the_share_of_simulated_people_further_out(wary: Engine, rewards: list[float]) -> None:
    """Of n rewards the sum is s ~ N(0, n + n²) among them, so that χ²₁ says it."""
    n, s = len(rewards), sum(rewards)
    p = checks(wary, rewards).typicality_p
    assert p == pytest.approx(stats.chi2(1).sf(s * s / (n + n * n)), abs=2e-3)


@pytest.mark.parametrize(("reward", "reasons"), [(2.5, ()), (-2.75, ()), (2.9, ("atypical_evidence",))])
def test_evidence_that_hardly_anybody_gives_is_atypical(
    wary: Engine, reward: float, reasons: tuple[str, ...]
) -> None:
    """Of simulated people 1 in 200 is beyond 2.807 sd; 512 alike rewards stand so far out by their mean."""
    assert checks(wary, [reward] * 512).reasons == reasons


def test_without_evidence_nothing_is_atypical(wary: Engine) -> None:
    """There is nothing to compare."""
    assert checks(wary, []) == judged(Findings(0), ("risk_aversion", "choice_noise"))


def test_more_evidence_than_trained_is_said() -> None:
    """From the 513th informative judgment on, over all requests."""
    engine = compile_engine(closed_form_model(), ClosedFormSimulator(), points=64, many=64)
    at_most = Known(600, MAX_JUDGMENTS, 0, PlainSums(np.array([MAX_JUDGMENTS, 3.0], np.float32)))
    state = encode_state(at_most, engine.tag)
    assert checks(engine, [], state).reasons == ()
    assert checks(engine, [0.1], state).reasons == ("more_evidence_than_trained",)


def test_a_posterior_beyond_what_is_described_is_said() -> None:
    """More than a twentieth of it above 0.5: r ~ N(s / (n + 1), 1 / (n + 1))."""
    engine = compile_engine(closed_form_model(), _BlindSimulator(), points=1024, many=64)
    n = 63
    sd = 1 / math.sqrt(n + 1)
    for share, reasons in ((0.04, ()), (0.06, ("beyond_described_range",))):
        mean = 0.5 - float(stats.norm.isf(share)) * sd
        assert checks(engine, [mean * (n + 1) / n] * n).reasons == reasons


def test_draws_out_of_range_are_said() -> None:
    """A sum of rewards that no judgments add up to."""
    engine = compile_engine(closed_form_model(), ClosedFormSimulator(), points=64, many=64)
    forged = encode_state(Known(1, 1, 0, PlainSums(np.array([1.0, 200.0], np.float32))), engine.tag)
    assert checks(engine, [], forged).reasons == ("draws_out_of_range",)


def test_reasons_come_together_in_a_fixed_order(serve: Serve) -> None:
    """Five of them, by one reply; each is counted by name."""
    model = closed_form_model(fault=Fault(shift=5.0, factor=0.5), typicality=typical_people())
    engine = compile_engine(model, _BlindSimulator(), points=1024, many=64)
    forged = encode_state(Known(513, 513, 0, _Blind(np.array([1.0, 90.0], np.float32))), engine.tag)
    reasons = (
        "more_evidence_than_trained",
        "draws_out_of_range",
        "beyond_described_range",
        "unreliable_correction",
        "atypical_evidence",
    )
    with serve(create_app(lambda: engine)) as (client, _):
        said = client.post("/v1/posterior", json={"judgments": [], "state": forged}).json()["checks"]
        counted = [
            sample(client, "bayesian_verifier_untrusted_posteriors_total", reason=reason)
            for reason in reasons
        ]
    assert tuple(said["reasons"]) == reasons
    assert said["trustworthy"] is False
    assert said["correction"]["applied"] is False
    assert counted == [1] * 5


class _Bounds(NamedTuple):
    informative: int = 10
    stray: int = 0
    beyond: float = 0.0
    typicality_p: float | None = None
    reliable: bool | None = None
    misfit_p: float | None = None


@pytest.mark.parametrize(
    ("at", "trusted"),
    [
        (_Bounds(informative=512), True),
        (_Bounds(informative=513), False),
        (_Bounds(stray=1), False),
        (_Bounds(beyond=0.05), True),
        (_Bounds(beyond=0.0501), False),
        (_Bounds(typicality_p=0.005), True),
        (_Bounds(typicality_p=0.0049), False),
        (_Bounds(typicality_p=0.0), False),
        (_Bounds(reliable=True), True),
        (_Bounds(reliable=False), False),
        (_Bounds(misfit_p=0.04), True),
        (_Bounds(misfit_p=0.0399), False),
        (_Bounds(misfit_p=0.0), False),
    ],
)
def test_bounds_are_those_of_the_documentation(at: _Bounds, trusted: bool) -> None:
    """Just within and just beyond each."""
    found = judged(
        Findings(
            at.informative,
            stray_draws=at.stray,
            beyond=at.beyond,
            typicality_p=at.typicality_p,
            reliable=at.reliable,
            misfit=None if at.misfit_p is None else Misfit(at.misfit_p, 3.0, "changed", 0.75),
        )
    )
    assert found.trustworthy is trusted
    assert len(found.reasons) == (not trusted)


def test_all_six_reasons_stand_in_the_order_of_the_documentation() -> None:
    """The misfit last, with what explains the answers; without such a check there is no note."""
    found = judged(
        Findings(
            513,
            stray_draws=1,
            beyond=1.0,
            typicality_p=0.0,
            reliable=False,
            misfit=Misfit(0.001, 6.5, "random_answers", 0.75),
        )
    )
    assert found.reasons == (
        "more_evidence_than_trained",
        "draws_out_of_range",
        "beyond_described_range",
        "unreliable_correction",
        "atypical_evidence",
        "misfit",
    )
    assert found.misfit == MisfitNote(0.001, "random_answers", 0.75)
    assert judged(Findings(5)).misfit is None


@given(st.lists(st.tuples(*[st.integers(0, 2**32 - 1)] * 2), min_size=1, max_size=20))
def test_whatever_a_network_says_is_held_within_reach(bits: list[tuple[int, int]]) -> None:
    """Any bit pattern of single precision: within 30 prior sd, finite as draws of the reply, the others kept."""
    parameters = (Parameter("a", "identity", 1.0, 2.0), Parameter("b", "log", -2.0, 100.0))
    theta = np.frombuffer(struct.pack(f"<{2 * len(bits)}I", *np.ravel(bits)), "<f4").reshape(-1, 2)
    tamed, strays = within_reach(theta, parameters)
    assert (np.abs(tamed[:, 0] - 1.0) <= 60.0).all()
    assert np.isfinite(parameters[1].natural(tamed[:, 1]).astype(np.float32)).all()
    kept = (tamed == theta).all(axis=1)
    assert strays == len(bits) - kept.sum()
    assert len(tamed) <= MAX_DRAWS
