"""Is the reference right? It is held against adaptive quadrature, closed forms and published tables."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from reference import model
from reference.exact import Exact, Prior, kl, marginal_log_density, posterior
from reference.panels import even

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Holt & Laury (2002): indifference between $2.00/$1.60 and $3.85/$0.10 at each chance of the high prize.
INDIFFERENCE = [-1.713, -0.947, -0.487, -0.143, 0.146, 0.411, 0.676, 0.971, 1.368]


def lottery(*outcomes: tuple[float, float]) -> dict[str, Any]:
    """An option as on the wire, from (payoff, probability) pairs."""
    return {"outcomes": [{"payoff": x, "probability": p} for x, p in outcomes]}


def row(number: int, chosen: int = 0, **rest: Any) -> dict[str, Any]:  # noqa: ANN401 - a record's fields
    """One row of the Holt–Laury list, the safe option first; approved unless said otherwise."""
    p = number / 10
    options = [lottery((2.0, p), (1.6, 1 - p)), lottery((3.85, p), (0.1, 1 - p))]
    return {"options": options, "chosen": chosen, "feedback": "approve", **rest}


def uneven(p: float) -> dict[str, Any]:
    """A proposal that pays more with probability p, against one that pays the same with 1/2."""
    return {"options": [lottery((1.0, 1 - p), (2.0, p)), lottery((1.0, 0.5), (2.0, 0.5))], "chosen": 0}


SETS = {
    "one approval": [row(6)],
    "one rejection": [row(3, 1, feedback="reject")],
    "a reward alone": [row(8, 1, feedback=None, reward=0.4)],
    "both, with wealth": [row(7, 0, wealth=1.5, reward=-0.1)],
    "three options, one ruinous, a zero": [
        {
            "options": [
                lottery((0.0, 0.5), (9.0, 0.5)),
                lottery((3.0, 1.0)),
                lottery((-1.0, 0.2), (20.0, 0.8)),
            ],
            "chosen": 1,
            "feedback": "approve",
            "reward": 0.2,
        },
        row(5, 1, feedback="reject"),
    ],
}


@pytest.mark.parametrize("name", SETS)
def test_the_grid_agrees_with_adaptive_quadrature(name: str) -> None:
    """Evidence, mean and sd of r, and mean of τ, against scipy's cubature of the pointwise formulas."""
    judgments, prior = SETS[name], Prior()

    def moments(points: NDArray[np.float64]) -> NDArray[np.float64]:
        r, u = points[:, 0], points[:, 1]
        log_prior = stats.norm.logpdf(r, 0.5, 1.0) + stats.norm.logpdf(u, math.log(0.1), 1.0)
        joint = np.exp(log_prior + sum(model.log_likelihood(j, r, np.exp(u)) for j in judgments))
        return joint[:, None] * np.stack([np.ones_like(r), r, r * r, np.exp(u)], axis=1)

    low, high = math.log(0.1) - 6, math.log(0.1) + 8
    pieces = [(-5.0, 1.0), (1.0, 6.5)]  # r = 1 is a kink where y_min = 0
    parts = [
        integrate.cubature(moments, [a, low], [b, high], rtol=1e-7, atol=1e-9, max_subdivisions=4000)
        for a, b in pieces
    ]
    assert all(part.status == "converged" for part in parts)
    evidence, first, second, noise = sum(part.estimate for part in parts)
    mean = first / evidence
    exact = posterior(judgments, prior)
    assert exact.log_evidence == pytest.approx(math.log(evidence), abs=3e-6)
    assert exact.r.mean == pytest.approx(mean, abs=3e-6)
    assert exact.r.sd == pytest.approx(math.sqrt(second / evidence - mean * mean), abs=3e-6)
    assert exact.tau_mean == pytest.approx(noise / evidence, abs=3e-6)


def test_without_evidence_the_posterior_is_the_prior() -> None:
    """Nothing said, nothing answered, or nothing but refuted proposals: the two normals of the prior."""
    silent = [[], [row(4, feedback=None)], [row(10, 0)], [row(4, verdict="refuted")]]
    for judgments in silent:
        exact = posterior(judgments)
        levels = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
        assert exact.r.quantiles(levels) == pytest.approx(stats.norm(0.5, 1).ppf(levels), abs=1e-6)
        assert exact.tau_quantiles(levels) == pytest.approx(
            stats.lognorm(1.0, scale=0.1).ppf(levels), rel=1e-6
        )
        assert exact.r.sd == pytest.approx(1.0, abs=1e-8)
        assert exact.tau_mean == pytest.approx(0.1 * math.exp(0.5), rel=1e-8)
        assert exact.tau_sd == pytest.approx(0.1 * math.sqrt(math.e * (math.e - 1)), rel=1e-6)
        assert exact.log_evidence == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("number", range(1, 10))
def test_holt_laury_rows_change_sides_where_the_paper_says(number: int) -> None:
    """The root of Δ(r) in each row is the published indifference point, to its three decimals."""

    def delta(r: float) -> float:
        found = model.advantage(row(number), np.array([r]))
        assert found is not None
        return float(found[0])

    assert optimize.brentq(delta, -3, 3) == pytest.approx(INDIFFERENCE[number - 1], abs=5e-4)


@pytest.mark.parametrize(
    ("wealth", "lowest", "highest"), [(10, -1.1, 13.8), (1000, -94, 1193), (25_000, -2353, 29_786)]
)
def test_thresholds_spread_with_integrated_wealth(wealth: float, lowest: float, highest: float) -> None:
    """Rows 4 and 9 at w = 10, 1000, 25,000 turn where the model's table of wealth says."""

    def root(number: int) -> float:
        def delta(r: float) -> float:
            found = model.advantage(row(number, wealth=float(wealth)), np.array([r]))
            assert found is not None
            return float(found[0])

        return float(optimize.brentq(delta, 4 * lowest, 2 * highest))

    assert root(4) == pytest.approx(lowest, rel=0.05)
    assert root(9) == pytest.approx(highest, rel=5e-3)


@given(st.permutations(range(1, 10)), st.integers(0, 9))
@settings(max_examples=25, deadline=None)
def test_the_order_of_judgments_does_not_matter(order: list[int], safe: int) -> None:
    """A likelihood is a product: any order of the rows gives one posterior."""
    judgments = [row(n, 0 if n <= safe else 1) for n in range(1, 10)]
    straight, shuffled = posterior(judgments), posterior([judgments[n - 1] for n in order])
    assert shuffled.r.mean == pytest.approx(straight.r.mean, abs=1e-9)
    assert shuffled.tau_sd == pytest.approx(straight.tau_sd, abs=1e-9)


def test_a_kink_at_zero_wealth_is_resolved() -> None:
    """With y_min = 0 utility jumps to 1 within 0.05 below r = 1; that costs no accuracy."""
    options = [lottery((0.0, 0.3), (1e6, 0.7)), lottery((1e-3, 0.4), (1e5, 0.6))]
    judgments = [{"options": options, "chosen": 1, "feedback": "approve", "reward": 0.3}] * 20
    found, finer = posterior(judgments), posterior(judgments, missing=1e-7)
    assert abs(found.r.mean - finer.r.mean) < 2e-5 * finer.r.sd
    assert abs(found.r.sd - finer.r.sd) < 2e-5 * finer.r.sd


def test_a_needle_is_found() -> None:
    """512 rewards of 0.1 on v(1e-3) - 0.5 of a 50:50 gamble on 1e6 pin (1e-9)^(1-r) = 0.6, to 0.0009."""
    options = [lottery((1e-3, 1.0)), lottery((0.0, 0.5), (1e6, 0.5))]
    exact = posterior([{"options": options, "chosen": 0, "reward": 0.1}] * 512)
    slope = 0.6 * math.log(1e9)
    assert exact.r.sd == pytest.approx(0.25 / (slope * math.sqrt(512)), rel=0.02)
    assert exact.r.mean == pytest.approx(1 - math.log(1 / 0.6) / math.log(1e9), abs=0.1 * exact.r.sd)


def simulated(seed: int, count: int, tau: float) -> list[dict[str, Any]]:
    """A person of r = 0.6 on random gambles of 2–8 options: some rewards, some answers, some both."""
    rng = np.random.default_rng(seed)
    judgments: list[dict[str, Any]] = []
    while len(judgments) < count:
        options = [
            lottery(*zip(rng.uniform(0.1, 40, k).tolist(), rng.dirichlet(np.ones(k)).tolist(), strict=True))
            for k in rng.integers(1, 6, size=rng.integers(2, 9))
        ]
        case = {"wealth": float(rng.choice([0, 5])), "options": options, "chosen": 0}
        delta = model.advantage(case, np.array([0.6]))
        assert delta is not None
        approved = rng.random() < model.approval(delta, np.array([tau]))[0]
        answer = [{"feedback": "approve" if approved else "reject"}, {"reward": float(delta[0])}]
        judgments.append({**case, **answer[0], **(answer[1] if rng.random() < 0.2 else {})})
    return judgments


@pytest.mark.parametrize(("count", "tau"), [(1, 0.1), (12, 0.004), (60, 0.02), (400, 0.005)])
def test_a_finer_grid_gives_the_same_answer(count: int, tau: float) -> None:
    """Wide and sharp posteriors alike: a thousandfold stricter grid moves nothing by 2e-5 posterior sd."""
    judgments = simulated(count, count, tau)
    found, finer = posterior(judgments), posterior(judgments, missing=1e-7)
    assert finer.log_joint.size > found.log_joint.size
    assert abs(found.r.mean - finer.r.mean) < 2e-5 * finer.r.sd
    assert abs(found.r.sd - finer.r.sd) < 2e-5 * finer.r.sd
    assert np.abs(found.r.quantiles() - finer.r.quantiles()).max() < 5e-5 * finer.r.sd
    assert abs(found.tau_mean - finer.tau_mean) < 2e-5 * finer.tau_sd
    assert abs(found.tau_sd - finer.tau_sd) < 2e-5 * finer.tau_sd


def test_much_evidence_finds_the_person() -> None:
    """400 answers of a steady hand at r = 0.6 leave little doubt, and the truth inside it."""
    exact = posterior(simulated(7, 400, 0.005))
    assert exact.r.sd < 0.08
    assert abs(exact.r.mean - 0.6) < 4 * exact.r.sd


@given(
    st.floats(0.01, 1e6),
    st.lists(st.floats(0, 1e6), min_size=1, max_size=4),
    st.floats(-9, 9),
    st.floats(0, 1e9),
)
@settings(max_examples=300, deadline=None)
def test_utility_rises_with_money_from_zero_to_one(
    span: float, inside: list[float], r: float, wealth: float
) -> None:
    """v_r is monotone on [y_min, y_max], 0 at one end and 1 at the other, for every r and wealth."""
    payoffs = sorted({0.0, span, *(min(x, span) for x in inside)})
    v = [float(model.utility(x, 0.0, span, wealth, np.array([r]))[0]) for x in payoffs]
    assert v[0] == 0
    assert v[-1] == 1
    assert all(a <= b + 1e-12 for a, b in itertools.pairwise(v))


@given(st.floats(0.05, 1e4), st.floats(0.05, 1e4), st.floats(0.05, 1e4), st.floats(-4, 4))
@settings(max_examples=200, deadline=None)
def test_utility_is_the_definition_written_out(a: float, b: float, c: float, r: float) -> None:
    """Where powers do not overflow, the stable form equals (y^s - y_min^s) / (y_max^s - y_min^s)."""
    low, y, high = sorted((a, b, c))
    s = 1 - r
    if high / low < 1.01 or abs(s) < 0.01:  # there the definition itself loses its digits
        return
    plain = (y**s - low**s) / (high**s - low**s)
    assert model.utility(y, low, high, 0.0, np.array([r]))[0] == pytest.approx(plain, abs=1e-9)


def test_utility_passes_through_the_logarithm_at_one() -> None:
    """The value at r = 1 is (ln y - ln y_min)/(ln y_max - ln y_min), and its neighbours approach it."""
    v = model.utility(3.0, 1.0, 8.0, 0.0, np.array([1 - 1e-9, 1.0, 1 + 1e-9]))
    assert v == pytest.approx(math.log(3) / math.log(8), abs=1e-8)


def test_utility_above_a_zero_takes_the_limit() -> None:
    """With y_min = 0, v is (y/y_max)^(1-r) below r = 1 and 1 from there on, for every y > 0."""
    v = model.utility(2.0, 0.0, 8.0, 0.0, np.array([-1.0, 0.0, 0.5, 1.0, 4.0]))
    assert v == pytest.approx([1 / 16, 1 / 4, 1 / 2, 1, 1])


def test_extreme_contexts_stay_finite() -> None:
    """|r| up to 10 over twelve orders of magnitude: every value is a number in [0, 1]."""
    r = np.linspace(-10, 10, 81)
    v = [model.utility(x, 1e-3, 1e9, 0.0, r) for x in (1e-3, 1e-2, 1.0, 1e6, 1e9)]
    assert np.isfinite(v).all()
    assert np.min(v) >= 0
    assert np.max(v) <= 1


@pytest.mark.parametrize(
    ("judgment", "expected"),
    [
        (row(4), False),
        (row(10, 0), True),  # $2.00 for sure against $3.85 for sure
        (row(10, 0, verdict="unknown"), False),  # a verdict that is sent is believed
        (row(4, verdict="refuted"), True),
        ({"options": [lottery((-1.0, 1.0)), lottery((2.0, 1.0))], "chosen": 0, "verdict": "proved"}, True),
        (row(4, stake=5.0, budget=4.0), True),
        (row(4, stake=0.3, budget=0.3), False),
        (uneven(0.49), True),
        (uneven(0.4999999995), False),  # within 1e-9 of its rival: a tie
        ({"options": [lottery((-1.0, 1.0)), lottery((2.0, 1.0))], "chosen": 0}, True),
        ({"options": [lottery((-1.0, 1.0)), lottery((2.0, 1.0))], "chosen": 0, "wealth": 1.0}, True),
        ({"options": [lottery((2.0, 1.0)), lottery((2.0, 0.5), (2.0, 0.5))], "chosen": 0}, False),
        (
            {"options": [lottery((1.0, 0.5), (2.0, 0.5)), lottery((-3.0, 0.5), (9.0, 0.5))], "chosen": 0},
            False,
        ),
    ],
)
def test_the_four_rules_decide_as_by_hand(judgment: dict[str, Any], expected: bool) -> None:
    """Ruin, over-spending and dominance refute; identical options, and infeasible rivals, do not."""
    assert model.refuted(judgment) is expected


def test_the_divergence_of_two_normals_is_the_textbook_one() -> None:
    """KL(N(0.5, 1) ‖ N(0.7, 1.2)) against its closed form."""
    prior = posterior([])
    found = kl(prior.r, lambda r: stats.norm.logpdf(r, 0.7, 1.2))
    assert found == pytest.approx(math.log(1.2) + (1 + 0.2**2) / (2 * 1.2**2) - 0.5, abs=1e-8)


def test_a_joint_log_density_has_the_marginal_of_its_normal() -> None:
    """Integrating ln τ out of a correlated normal leaves the normal of r."""
    r, u = np.linspace(-3, 4, 61), even(-12, 8, 60)
    joint = stats.multivariate_normal([0.4, -2.2], [[0.25, 0.2], [0.2, 0.64]])
    log_joint = joint.logpdf(np.stack(np.meshgrid(r, u.nodes, indexing="ij"), axis=-1))
    assert marginal_log_density(log_joint, u) == pytest.approx(stats.norm.logpdf(r, 0.4, 0.5), abs=1e-9)


def test_a_posterior_diverges_from_itself_by_nothing() -> None:
    """Through the joint and back to the marginal: KL is 0."""
    exact: Exact = posterior([row(n, 0 if n <= 6 else 1) for n in range(1, 11)])
    again = marginal_log_density(exact.log_joint, exact.ln_tau_axis)
    assert kl(exact.r, again) == pytest.approx(0.0, abs=1e-12)
