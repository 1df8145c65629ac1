"""Does evidence of misfit fold, travel, and give the integrals it stands for?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bayesian_verifier.posterior import MisfitEvidence, MisfitGrid, byte_size
from bayesian_verifier.simulators.lottery import (
    RIVALS,
    CaseMixture,
    Rival,
    RivalCurves,
    generate_cases,
    pack_dense,
    rival_advantages,
    rival_curves,
    rival_log_noises,
    rival_risk_aversions,
    rival_surfaces,
)

PRIOR = ((0.5, 1.0), (math.log(0.1), 1.0))
GRID = MisfitGrid(rival_risk_aversions(), rival_log_noises(), *PRIOR)
FINE_R = np.setdiff1d(np.linspace(-3.4, 4.4, 521), [1.0])
FINE_T = np.linspace(math.log(0.1) - 5, math.log(0.1) + 5, 81)


class Someone:
    """A simulated person: cases, answers, and their exact log-likelihood on a fine grid."""

    def __init__(self, seed: int, count: int, *, theta: tuple[float, float], rewards: bool) -> None:
        rng = np.random.default_rng(seed)
        drawn = generate_cases(rng, 2 * count + 20, CaseMixture())
        _, there = pack_dense(*drawn)
        self.cases = tuple(column[there][:count] for column in drawn)
        delta = rival_advantages(*self.cases, Rival(), np.array([theta[0]]))[:, 0]
        chance = 0.01 + 0.98 / (1 + np.exp(-delta / theta[1]))
        sign = np.where(rng.random(count) < chance, 1.0, -1.0)
        paid = np.full(count, float(rewards))
        self.answers = np.stack([sign, paid * (delta + 0.25 * rng.normal(size=count)), paid], axis=1)
        self.curves = rival_curves(*self.cases)

    def evidence(self, splits: tuple[int, ...] = ()) -> MisfitEvidence:
        """Folded in the parts given."""
        return folded(self.curves, self.answers, splits)

    def each(self, rival: Rival | None = None) -> np.ndarray:
        """Log-likelihood [n, R, T] of each answer on the fine grid, from the model's formulas."""
        delta = rival_advantages(*self.cases, rival or Rival(), FINE_R)[:, :, None]
        sign, reward, paid = (self.answers[:, i, None, None] for i in range(3))
        with np.errstate(over="ignore"):
            feedback = np.log(0.01 + 0.98 / (1 + np.exp(-sign * delta / np.exp(FINE_T))))
        return feedback - paid * (reward - delta) ** 2 / (2 * 0.25**2)


def folded(curves: RivalCurves, answers: np.ndarray, splits: tuple[int, ...] = ()) -> MisfitEvidence:
    """Evidence of answers folded in the parts given."""
    evidence = MisfitEvidence.zero(len(RIVALS), GRID.shape)
    for low, high in zip((0, *splits), (*splits, len(answers)), strict=True):
        part = curves.of(np.arange(low, high))
        evidence = evidence.add(rival_surfaces(part, answers[low:high], evidence.cuts(high - low)), GRID)
    return evidence


def log_integral(log_likelihood: np.ndarray) -> float:
    """Ln ∫ likelihood × prior by the trapezoid rule."""
    prior = np.log(stats.norm(*PRIOR[0]).pdf(FINE_R))[:, None] + np.log(stats.norm(*PRIOR[1]).pdf(FINE_T))
    log_density = log_likelihood + prior
    top = log_density.max()
    return float(math.log(np.trapezoid(np.trapezoid(np.exp(log_density - top), FINE_T), FINE_R)) + top)


PEOPLE = {
    "few judgments": Someone(1, 12, theta=(0.7, 0.1), rewards=False),
    "many, noisy": Someone(2, 200, theta=(0.2, 0.3), rewards=False),
    "many, with rewards": Someone(3, 200, theta=(1.3, 0.08), rewards=True),
}


@pytest.mark.parametrize("name", PEOPLE)
def test_log_marginals_are_fine_quadrature_s(name: str) -> None:
    """Of the model within 0.25 nats, of each rival over the model within 0.1: the weights of evidence."""
    person = PEOPLE[name]
    found = person.evidence().log_marginals(GRID)
    model = log_integral(person.each().sum(axis=0))
    assert found[0] == pytest.approx(model, abs=0.25)
    for value, rival in zip(found[3:], RIVALS.values(), strict=True):
        exact = log_integral(person.each(rival).sum(axis=0)) - model
        if exact > -5:  # below, a rival has lost whatever the digits
            assert value - found[0] == pytest.approx(exact, abs=0.1)


@pytest.mark.parametrize("name", PEOPLE)
def test_random_answers_leave_rewards_alone(name: str) -> None:
    """A coin for each feedback, and the model's own evidence of rewards."""
    person = PEOPLE[name]
    paid = person.answers[:, 2, None]
    delta = rival_advantages(*person.cases, Rival(), FINE_R)
    rewards = -(paid * (person.answers[:, 1, None] - delta) ** 2).sum(axis=0) / (2 * 0.25**2)
    exact = log_integral(np.repeat(rewards[:, None], FINE_T.size, axis=1))
    expected = len(person.answers) * math.log(0.5) + exact
    assert person.evidence().log_marginals(GRID)[1] == pytest.approx(expected, abs=0.05)


def test_a_change_is_the_evidence_of_every_place_it_may_have_been_at() -> None:
    """After 2, 4, 8, 12 and 16 of 20: into anybody with chance 0.4, else by a normal move of 1.5 sd in r."""
    person, later = (Someone(6, 20, theta=(r, 0.03), rewards=True) for r in (0.5, 2.5))
    person.answers[8:] = later.answers[8:]
    each = person.each()
    step = FINE_R[1] - FINE_R[0]
    move = stats.norm(0, 1.5).pdf(FINE_R[:, None] - FINE_R) * step
    prior = stats.norm(*PRIOR[0]).pdf(FINE_R)[:, None] * stats.norm(*PRIOR[1]).pdf(FINE_T)
    total = 0.0
    for place, share in ((2, 2), (4, 2), (8, 4), (12, 4), (16, 4)):
        before, after = np.exp(each[:place].sum(axis=0)), np.exp(each[place:].sum(axis=0))
        mass = (before * prior).sum() * step * (FINE_T[1] - FINE_T[0])
        moved = move @ (before * prior)
        now = 0.4 * mass * prior + 0.6 * moved
        total += share / 16 * (now * after).sum() * step * (FINE_T[1] - FINE_T[0])
    assert person.evidence().log_marginals(GRID)[2] == pytest.approx(math.log(total), abs=0.05)


LONG = Someone(7, 90, theta=(0.9, 0.1), rewards=True)
WHOLE = LONG.evidence()


@given(st.sets(st.integers(1, 89), max_size=12))
@settings(max_examples=30, deadline=None)
def test_any_split_in_order_gives_the_batch_s_evidence(splits: set[int]) -> None:
    """To 1e-5 of the largest sum, which is what single precision holds, and counts alike."""
    found = LONG.evidence(tuple(sorted(splits)))
    assert (found.informative, found.feedback, found.reward) == (90, 90, 90)
    for name in ("model", "rewards", "differences", "changed"):
        expected = getattr(WHOLE, name)
        assert getattr(found, name) == pytest.approx(expected, abs=1e-5 * float(np.abs(expected).max()))
    assert found.log_marginals(GRID) == pytest.approx(WHOLE.log_marginals(GRID), abs=1e-3)


def test_judgments_not_cut_where_someone_may_have_changed_are_refused() -> None:
    """Else a change between them would go unseen."""
    surfaces = rival_surfaces(LONG.curves, LONG.answers, [4])
    with pytest.raises(ValueError, match="to be cut at"):
        MisfitEvidence.zero(len(RIVALS), GRID.shape).add(surfaces, GRID)


def test_bytes_round_trip_exactly_and_fit_a_state() -> None:
    """Bit for bit, in at most 6,800 bytes."""
    raw = WHOLE.to_bytes()
    assert len(raw) == byte_size(len(RIVALS), GRID.shape) <= 6800
    back = MisfitEvidence.from_bytes(raw, len(RIVALS), GRID.shape)
    assert back.to_bytes() == raw
    assert (back.log_marginals(GRID) == WHOLE.log_marginals(GRID)).all()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: raw[:-4],
        lambda raw: raw[:-4] + b"\x00\x00\xc0\x7f",
        lambda raw: b"\x01\x00\x00\x00" + raw[4:],
    ],
    ids=["cut short", "not a number", "counts that contradict"],
)
def test_bytes_that_no_evidence_gave_are_refused(spoil) -> None:
    """With ValueError, whatever is wrong."""
    with pytest.raises(ValueError, match="misfit evidence"):
        MisfitEvidence.from_bytes(spoil(WHOLE.to_bytes()), len(RIVALS), GRID.shape)
