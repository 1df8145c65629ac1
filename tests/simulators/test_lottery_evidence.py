"""What is kept of a person's judgments says what the judgments said."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lottery_records import QUICK, lottery, parsed, record, records

from bayesian_verifier.simulators import PlainSums, load_simulator, log_prior
from bayesian_verifier.simulators.lottery import (
    ANSWERS,
    KNOTS,
    CaseMixture,
    LotteryEvidence,
    reference_points,
    simulate_person,
)
from reference import exact

if TYPE_CHECKING:
    from bayesian_verifier.judgment import Judgment

SIMULATOR = load_simulator("lottery")
SAFE, RISKY = lottery((2.0, 0.6), (1.6, 0.4)), lottery((3.85, 0.6), (0.1, 0.4))
#: coarse to fine, for streams that are sharpened at every step
WIDE_R, WIDE_T = np.linspace(-3.7, 4.7, 121), np.linspace(math.log(0.1) - 4, math.log(0.1) + 4, 25)


def person(seed: int, count: int, answered: str) -> list[Judgment]:
    """Somebody who judged `count` proposals."""
    rng = np.random.default_rng([count, seed])
    return simulate_person(rng, SIMULATOR, CaseMixture(), count, answered=answered, max_reward=3.0).judgments


def quadrature(judgments: list[Judgment]) -> exact.Exact:
    """The exact posterior, by the reference that shares no code with the simulator."""
    return exact.posterior([judgment.model_dump(mode="json", exclude_none=True) for judgment in judgments])


def moments(evidence: LotteryEvidence, r: np.ndarray, t: np.ndarray, weight: Any = 1.0) -> np.ndarray:  # noqa: ANN401 - a number or a matrix
    """Posterior mean and sd of both parameters [2, 2] on a grid, by the evidence's own likelihood."""
    theta = np.stack([m.ravel() for m in np.meshgrid(r, t, indexing="ij")], axis=1)
    log_joint = evidence.log_likelihood(theta) + log_prior(SIMULATOR.parameters, theta)
    share = np.exp(log_joint - log_joint.max()) * np.ravel(weight * np.ones((r.size, t.size)))
    share /= share.sum()
    mean = share @ theta
    return np.stack([mean, np.sqrt(share @ (theta - mean) ** 2)])


def error(evidence: LotteryEvidence, truth: exact.Exact) -> tuple[float, float]:
    """How far the posterior mean of r is off, in exact sd, and its sd as a ratio less 1."""
    weight = truth.r_axis.weights[:, None] * truth.ln_tau_axis.weights[None, :]
    mean, sd = moments(evidence, truth.r_axis.nodes, truth.ln_tau_axis.nodes, weight)[:, 0]
    return float(mean - truth.r.mean) / truth.r.sd, float(sd / truth.r.sd) - 1.0


@pytest.mark.parametrize("answered", ANSWERS)
@pytest.mark.parametrize("count", [8, 32, 128])
def test_the_posterior_of_what_is_kept_is_the_exact_one(count: int, answered: str) -> None:
    """Mean within 0.005 sd and sd within 0.5% after a second look; within 0.015 sd and 1% without."""
    for seed in range(6):
        judgments = person(seed, count, answered)
        truth = quadrature(judgments)
        first = SIMULATOR.describe(judgments).evidence
        closer = first.sharpened(
            np.array([truth.r.mean, truth.ln_tau.mean]), np.array([truth.r.sd, truth.ln_tau.sd])
        )
        wide, close = error(first, truth), error(closer, truth)
        assert abs(wide[0]) < 0.015
        assert abs(wide[1]) < 0.01
        assert abs(close[0]) < 0.005
        assert abs(close[1]) < 0.005


@pytest.mark.parametrize("answered", ANSWERS)
def test_what_is_kept_says_how_likely_judgments_are_up_to_a_constant(answered: str) -> None:
    """Where it matters, differences from the simulator's own log-likelihood are within 0.05 nats rms."""
    people = SIMULATOR.sample_prior(np.random.default_rng(8), 400)
    people = people[np.abs(people - [0.5, math.log(0.1)]).max(axis=1) < 2]
    for seed in range(3):
        judgments = person(seed, 32, answered)
        said = SIMULATOR.describe(judgments).evidence.log_likelihood(people)
        expected = SIMULATOR.log_likelihood(people, judgments)
        likely = expected > expected.max() - 12
        off = (said - expected)[likely]
        assert (off - off.mean()).std() < 0.05


def test_a_narrow_posterior_gets_a_second_look_and_a_wide_one_does_not() -> None:
    """The second look is at points around it; where the posterior is wide the evidence is the same object."""
    evidence = SIMULATOR.describe(person(0, 64, "both")).evidence
    closer = evidence.sharpened(np.array([0.4, -2.3]), np.array([0.03, 0.1]))
    assert closer is not evidence
    assert closer.local is not None
    assert closer.local.points[0] < 0.4 - 4 * 0.03
    assert closer.local.points[-1] > 0.4 + 4 * 0.03
    np.testing.assert_array_equal(closer.sums, evidence.sums)
    assert evidence.sharpened(np.array([0.4, -2.3]), np.array([0.6, 0.5])) is evidence


def test_a_second_look_that_still_serves_is_kept() -> None:
    """One more judgment hardly moves a posterior: its points stay, so that what they hold stays exact."""
    first, more = person(0, 64, "both"), person(1, 1, "both")
    at = np.array([0.4, -2.3]), np.array([0.03, 0.1])
    closer = SIMULATOR.describe(first).evidence.sharpened(*at)
    again = closer.plus(SIMULATOR.describe(more).evidence).sharpened(at[0] + 0.001, 0.99 * at[1])
    both = SIMULATOR.describe(first + more).evidence.sharpened(*at)
    np.testing.assert_array_equal(again.local.points, closer.local.points)
    np.testing.assert_array_equal(again.local.counts, both.local.counts)
    np.testing.assert_allclose(again.local.rewards, both.local.rewards, atol=1e-9)
    moved = closer.plus(SIMULATOR.describe(more).evidence).sharpened(np.array([0.6, -2.3]), at[1])
    assert not np.array_equal(moved.local.points, closer.local.points)


@given(st.lists(records(), max_size=5), st.data())
@settings(QUICK, max_examples=80)
def test_judgments_may_come_in_any_split(judgments: list[dict[str, Any]], data: st.DataObject) -> None:
    """Feedback sums to the same bits and rewards to 1e-9, however the list is cut."""
    whole = SIMULATOR.describe(parsed(*judgments)).evidence
    cuts = sorted(data.draw(st.lists(st.integers(0, len(judgments)), max_size=4)))
    edges = [0, *cuts, len(judgments)]
    parts = [parsed(*judgments[a:b]) for a, b in itertools.pairwise(edges)]
    total = SIMULATOR.describe([]).evidence
    for part in parts:
        total = total.plus(SIMULATOR.describe(part).evidence)
    np.testing.assert_array_equal(total.wide.counts, whole.wide.counts)
    np.testing.assert_allclose(total.wide.rewards, whole.wide.rewards, rtol=0, atol=1e-9)
    np.testing.assert_allclose(total.sums, whole.sums, atol=1e-5)
    assert total.kind == whole.kind


@given(st.lists(records(), min_size=2, max_size=6), st.randoms(use_true_random=False))
@settings(QUICK, max_examples=40)
def test_the_order_of_judgments_changes_no_bit(judgments: list[dict[str, Any]], random: Any) -> None:  # noqa: ANN401 - Hypothesis's own
    """Sums that the network reads are the same in any order."""
    shuffled = judgments.copy()
    random.shuffle(shuffled)
    np.testing.assert_array_equal(
        SIMULATOR.describe(parsed(*shuffled)).evidence.sums,
        SIMULATOR.describe(parsed(*judgments)).evidence.sums,
    )


def test_rewards_sum_to_the_same_bits_in_any_order() -> None:
    """64 of them, forwards, backwards and one by one."""
    judgments = person(3, 64, "reward")
    forwards = SIMULATOR.describe(judgments).evidence.wide.rewards
    single = SIMULATOR.describe([]).evidence
    for judgment in judgments:
        single = single.plus(SIMULATOR.describe([judgment]).evidence)
    np.testing.assert_array_equal(SIMULATOR.describe(judgments[::-1]).evidence.wide.rewards, forwards)
    np.testing.assert_array_equal(single.wide.rewards, forwards)


def test_sums_are_what_the_layout_says() -> None:
    """Counts of answers on the knots, then residuals squared and plain, by reference point; float32."""
    judgments = parsed(
        record(SAFE, RISKY, feedback="approve"),
        record(SAFE, RISKY, chosen=1, feedback="reject", reward=0.3),
        record(SAFE, RISKY, reward=-0.2),
    )
    evidence, layout = SIMULATOR.describe(judgments).evidence, SIMULATOR.feature_layout
    points, knots = np.array(layout["summed_at"]), layout["knots"]
    np.testing.assert_allclose(points, reference_points(), atol=1e-6)
    sums = evidence.sums.reshape(points.size, knots + 2)
    assert evidence.sums.dtype == np.float32
    assert evidence.sums.size == SIMULATOR.sums_size
    assert (sums[:, :knots].sum(axis=1) == 2).all()
    delta = exact.advantage(record(SAFE, RISKY), reference_points())
    residual = np.stack([0.3 + delta, -0.2 - delta])  # the second proposes the other side
    np.testing.assert_allclose(sums[:, knots], (residual**2).sum(axis=0), atol=1e-5)
    np.testing.assert_allclose(sums[:, knots + 1], residual.sum(axis=0), atol=1e-5)


def test_evidence_knows_what_it_was_answered_by() -> None:
    """Feedback, rewards, or both; nothing at all counts as feedback."""
    for answered in ANSWERS:
        assert SIMULATOR.describe(person(0, 6, answered)).evidence.kind == answered
    assert SIMULATOR.describe([]).evidence.kind == "feedback"


def test_nothing_known_leaves_every_person_as_likely() -> None:
    """Without evidence the log-likelihood is 0, and there is no second look."""
    evidence = SIMULATOR.describe([]).evidence
    people = SIMULATOR.sample_prior(np.random.default_rng(1), 20)
    np.testing.assert_array_equal(evidence.log_likelihood(people), np.zeros(20))
    assert evidence.local is None
    assert not evidence.sums.any()


def test_people_beyond_the_reference_points_are_told() -> None:
    """The ends count as described; beyond them r is held there."""
    low, high = reference_points()[[0, -1]]
    people = np.array([[low, -2.0], [high, -2.0], [low - 0.01, -2.0], [high + 0.01, -2.0], [0.5, 9.0]])
    evidence = SIMULATOR.describe(person(0, 8, "both")).evidence
    assert evidence.range_missed(people).tolist() == [False, False, True, True, False]
    said = evidence.log_likelihood(people)
    assert said[2:4] == pytest.approx(said[:2])


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("answered", ANSWERS)
@pytest.mark.parametrize("count", [16, 64, 256])
def test_a_stream_of_single_judgments_ends_where_the_batch_does(count: int, answered: str, seed: int) -> None:
    """Through bytes after every one, sharpened at the posterior so far: mean within 0.03 sd, sd within 2%."""
    judgments = person(seed, count, answered)
    kept = SIMULATOR.describe([]).evidence
    for judgment in judgments:
        known = kept.plus(SIMULATOR.describe([judgment]).evidence)
        mean, sd = moments(known, WIDE_R, WIDE_T)
        sd = np.maximum(sd, [0.03, 0.15])
        near = [np.linspace(m - 6 * s, m + 6 * s, n) for m, s, n in zip(mean, sd, (61, 21), strict=True)]
        kept = SIMULATOR.read_evidence(known.sharpened(*moments(known, *near)).to_bytes())
    mean, sd = error(kept, quadrature(judgments))
    assert abs(mean) < 0.03
    assert abs(sd) < 0.02


def test_plain_sums_add_up_and_say_nothing_else() -> None:
    """Of a simulator without a likelihood: sums, and no opinion."""
    one, other = PlainSums(np.array([1.0, 2.0], np.float32)), PlainSums(np.array([0.5, -2.0], np.float32))
    total = one.plus(other)
    assert total.sums.tolist() == [1.5, 0.0]
    assert np.frombuffer(total.to_bytes(), "<f4").tolist() == [1.5, 0.0]
    assert total.log_likelihood(np.zeros((3, 2))) is None
    assert total.sharpened(np.zeros(2), np.ones(2)) is total
    assert not total.range_missed(np.zeros((3, 2))).any()


def test_an_answer_that_is_neither_leaves_no_trace() -> None:
    """Refuted, uninformative and unanswered judgments add nothing to the sums."""
    silent = parsed(
        record(SAFE, RISKY),
        record(SAFE, RISKY, feedback="approve", verdict="refuted"),
        record(lottery((-1.0, 1.0)), SAFE, feedback="approve"),
        record(SAFE, SAFE, feedback="approve", verdict="proved"),
    )
    description = SIMULATOR.describe(silent)
    assert (description.informative, description.refuted) == (1, 2)
    assert list(description.told) == [silent[3]]
    assert description.evidence.sums.reshape(-1, KNOTS + 2)[:, :KNOTS].sum(axis=1) == pytest.approx(1.0)
