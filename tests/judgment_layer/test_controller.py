"""What does the Meta-Judgment Controller make of a person's own answers, of the past, and of nothing?"""

from __future__ import annotations

import math
import os
import random
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from people import answered, forks, holt_laury_case, safe_times
from scipy import stats

from bayesian_verifier import MetaJudgmentController
from bayesian_verifier.judgment import Judgment, parse_judgments
from bayesian_verifier.judgment_layer._bracket import (
    Bracket,
    _truncated,
    belief_within,
    bracket,
    turning_points,
)
from bayesian_verifier.judgment_layer._controller import CAUTIOUS
from bayesian_verifier.posterior import Belief
from reference import model

# Rows 1 to 9 of Holt & Laury (2002): the risk aversion that is indifferent.
INDIFFERENT = (-1.713, -0.947, -0.487, -0.143, 0.146, 0.411, 0.676, 0.971, 1.368)
DAY = 86_400.0


@pytest.mark.parametrize("row", range(1, 10))
def test_rows_of_the_list_turn_where_the_paper_says(row: int) -> None:
    """The safe option is the better one above, the risky one below."""
    safe = answered(row, 0)
    for chosen, best_below in ((0, False), (1, True)):
        turns = turning_points(safe.wealth, safe.options, chosen)
        assert turns.points == pytest.approx([INDIFFERENT[row - 1]], abs=6e-4)
        assert turns.best_below is best_below


@pytest.mark.parametrize("count", range(1, 11))
def test_a_list_is_bracketed_by_its_rows(count: int) -> None:
    """Safe `count` times, then risky: between the rows on either side of the switch."""
    found = bracket(safe_times(count))
    assert found is not None
    edges = (-math.inf, *INDIFFERENT, math.inf)
    # everybody takes the risky option in row 10, where it is better at every r
    expected = (edges[count], edges[count + 1]) if count < 10 else (edges[9], edges[10])
    assert (found.low, found.high) == pytest.approx(expected, abs=6e-4)
    assert (found.answers, found.contradicted) == (9, 0)


def test_somebody_who_never_plays_safe_is_bracketed_from_above() -> None:
    """Risky in every row: below the first row's indifference point."""
    found = bracket(safe_times(0))
    assert found is not None
    assert (found.low, found.high) == (-math.inf, pytest.approx(INDIFFERENT[0], abs=6e-4))


@settings(deadline=None)
@given(answers=st.lists(st.tuples(st.integers(1, 10), st.integers(0, 1), st.booleans()), max_size=12))
def test_rejecting_one_option_says_what_approving_the_other_says(
    answers: list[tuple[int, int, bool]],
) -> None:
    """Of two options; and the order of the answers does not matter."""
    said = [answered(row, chosen, "approve" if yes else "reject") for row, chosen, yes in answers]
    turned = [answered(row, 1 - chosen, "reject" if yes else "approve") for row, chosen, yes in answers]
    assert bracket(said) == bracket(turned) == bracket(said[::-1])


@settings(deadline=None)
@given(answers=st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=12))
def test_the_bracket_is_where_the_fewest_answers_are_contradicted(answers: list[tuple[int, bool]]) -> None:
    """Counted on a fine grid of r from the table of indifference points alone."""
    found = bracket([answered(row, 0 if safe else 1) for row, safe in answers])
    assert found is not None
    grid = np.linspace(-3.0, 3.0, 2401) + 1e-5
    wrong = np.array([sum((r > INDIFFERENT[row - 1]) != safe for row, safe in answers) for r in grid])
    best = grid[wrong == wrong.min()]
    assert found.contradicted == wrong.min()
    assert found.answers == len(answers)
    assert max(found.low, -3.0) == pytest.approx(best.min(), abs=4e-3)
    assert min(found.high, 3.0) == pytest.approx(best.max(), abs=4e-3)


def test_currency_does_not_matter() -> None:
    """Cents or pounds."""
    for row in range(1, 10):
        case = holt_laury_case(row)
        for option in case["options"]:
            for outcome in option["outcomes"]:
                outcome["payoff"] *= 100
        (scaled,) = parse_judgments([case | {"chosen": 0, "feedback": "approve"}])
        points = turning_points(scaled.wealth, scaled.options, 0).points
        assert points == pytest.approx(turning_points(0.0, answered(row, 0).options, 0).points, abs=1e-5)


def test_answers_that_say_nothing_are_not_counted() -> None:
    """No answer, a refuted proposal, an option that is the best at every r, options alike, too little at stake."""
    base = holt_laury_case(5)
    dominated: dict[str, Any] = {
        "options": [
            {"outcomes": [{"payoff": 1.0, "probability": 1.0}]},
            {"outcomes": [{"payoff": 2.0, "probability": 1.0}]},
        ]
    }
    # the gamble is the better one below r of about 0.3, by less than 0.003 of the scale anywhere
    alike = {
        "wealth": 100.0,
        "options": [
            {"outcomes": [{"payoff": 0.0, "probability": 0.5}, {"payoff": 100.0, "probability": 0.5}]},
            {"outcomes": [{"payoff": 0.05, "probability": 0.5}, {"payoff": 99.94, "probability": 0.5}]},
        ],
    }
    nothing = parse_judgments(
        [
            base | {"chosen": 0},
            base | {"chosen": 0, "reward": 0.5},
            base | {"chosen": 0, "feedback": "approve", "verdict": "refuted"},
            dominated | {"chosen": 0, "feedback": "approve"},
            dominated | {"chosen": 1, "feedback": "approve"},
            {"options": [base["options"][0]] * 2, "chosen": 0, "feedback": "reject"},
            alike | {"chosen": 0, "feedback": "approve"},
        ]
    )
    assert bracket(nothing) is None
    fallback = MetaJudgmentController().assess("ada", nothing, 0.0)
    assert (fallback.basis, fallback.belief) == ("cautious_prior", CAUTIOUS)


def test_three_options_bracket_from_both_sides() -> None:
    """The middle one of three is the best on an interval of r; approving it says so."""

    def option(low: float, high: float) -> dict[str, Any]:
        return {"outcomes": [{"payoff": low, "probability": 0.5}, {"payoff": high, "probability": 0.5}]}

    case = {"options": [option(10, 10), option(6, 15.5), option(1, 24)], "chosen": 1, "feedback": "approve"}
    found = bracket(parse_judgments([case]))
    assert found is not None
    grid = np.linspace(-4, 6, 4001)
    best = grid[model.advantage(case, grid) >= 0]
    assert (found.low, found.high) == pytest.approx((best[0], best[-1]), abs=5e-3)


@settings(deadline=None)
@given(
    low=st.floats(-12, 12) | st.just(-math.inf),
    width=st.floats(0.01, 30) | st.just(math.inf),
    mean=st.floats(-2, 2),
    sd=st.floats(0.2, 3),
)
def test_a_cut_normal_has_the_moments_it_has_elsewhere(
    low: float, width: float, mean: float, sd: float
) -> None:
    """As SciPy computes them, also far out in the tails; never outside the interval."""
    high = math.inf if math.isinf(low) and width > 20 else (low if math.isfinite(low) else -3.0) + width
    found = _truncated(Belief(mean, sd), low, high)
    a, b = (low - mean) / sd, (high - mean) / sd
    assert low - 1e-9 <= found.mean <= high + 1e-9
    if min(abs(a), abs(b)) < 6 or a * b < 0:
        expected = stats.truncnorm(a, b, loc=mean, scale=sd)
        assert found.mean == pytest.approx(expected.mean(), abs=2e-3 * sd)
        assert found.sd == pytest.approx(expected.std(), rel=0.02, abs=2e-3 * sd)


def test_doubt_mixes_the_prior_in() -> None:
    """Mean and variance of the mixture, computed by quadrature."""
    prior, found = Belief(0.7, 1.0), Bracket(0.146, 0.411, answers=9, contradicted=1)
    doubt = 2 / 11
    r = np.linspace(-8, 9, 200_001)
    density = stats.norm.pdf(r, 0.7, 1.0)
    inside = density * ((r >= 0.146) & (r <= 0.411))
    mixture = (1 - doubt) * inside / inside.sum() + doubt * density / density.sum()
    mean = (mixture * r).sum()
    belief = belief_within(found, prior)
    assert belief.mean == pytest.approx(mean, abs=1e-3)
    assert belief.sd == pytest.approx(math.sqrt((mixture * (r - mean) ** 2).sum()), abs=1e-3)


def simulated(rng: random.Random, answers: int) -> tuple[float, list[Judgment]]:
    """A person as the model has them, asked about rows of the list, answering with noise and lapses."""
    r, tau = rng.gauss(0.5, 1.0), math.exp(rng.gauss(math.log(0.1), 1.0))
    judgments = []
    for _ in range(answers):
        case = holt_laury_case(rng.randint(1, 9)) | {"chosen": rng.randint(0, 1)}
        (delta,) = model.advantage(case, np.array([r]))
        approves = rng.random() < 0.01 + 0.98 / (1 + math.exp(-max(-500.0, min(500.0, delta / tau))))
        judgments.append(case | {"feedback": "approve" if approves else "reject"})
    return r, parse_judgments(judgments)


@pytest.mark.parametrize("answers", [1, 5, 20, 60])
def test_it_is_as_sure_as_it_is_right(answers: int) -> None:
    """Against simulated people: errors of the size of its sd, and smaller than knowing nothing."""
    rng = random.Random(answers)
    errors, scaled = [], []
    for _ in range(150):
        r, judgments = simulated(rng, answers)
        belief = MetaJudgmentController().assess(None, judgments, 0.0).belief
        errors.append(belief.mean - r)
        scaled.append((belief.mean - r) / belief.sd)
    assert 0.6 < np.sqrt(np.mean(np.square(scaled))) < 1.5
    assert np.sqrt(np.mean(np.square(errors))) < 0.95


def test_the_last_trusted_posterior_comes_first_and_fades() -> None:
    """Its sd grows as that of a random walk of 0.1 a day, until the cautious prior is as good."""
    controller = MetaJudgmentController()
    controller.remember("ada", Belief(0.3, 0.18, (0.0, 0.2, 0.3, 0.4, 0.6)), at=1000.0)
    for days in (0.0, 1.0, 25.0, 90.0):
        fallback = controller.assess("ada", safe_times(6), 1000.0 + days * DAY)
        assert (fallback.basis, fallback.belief.mean) == ("last_trusted", 0.3)
        assert fallback.belief.sd == pytest.approx(math.sqrt(0.18**2 + days * 0.01))
    assert controller.assess("ada", safe_times(6), 1000.0 + 100 * DAY).basis == "bracket"
    assert controller.assess("ada", [], 0.0).belief.sd == 0.18  # a clock set back makes nothing surer
    assert controller.assess("ben", [], 1000.0).basis == "cautious_prior"
    assert controller.assess(None, [], 1000.0).basis == "cautious_prior"


def test_of_two_trusted_posteriors_the_newer_holds() -> None:
    """Whichever was heard of last."""
    controller = MetaJudgmentController()
    controller.remember("ada", Belief(0.5, 0.2), at=2000.0)
    controller.remember("ada", Belief(0.1, 0.2), at=1000.0)
    assert controller.assess("ada", [], 2000.0).belief.mean == 0.5


def test_subjects_not_heard_of_are_forgotten() -> None:
    """The one longest not remembered goes first."""
    controller = MetaJudgmentController(memory=2)
    for subject in ("ada", "ben", "ada", "cay"):
        controller.remember(subject, Belief(0.5, 0.2), at=0.0)
    bases = [controller.assess(subject, [], 0.0).basis for subject in ("ada", "ben", "cay")]
    assert bases == ["last_trusted", "cautious_prior", "last_trusted"]


@pytest.mark.parametrize(
    ("subject", "judgments", "words"),
    [
        ("ada", [], "last trusted posterior, 2.0 h old, now 0.50 ± 0.18"),
        ("ben", safe_times(6), "9 of 9 answers agree with a risk aversion from 0.41 to 0.68"),
        ("ben", safe_times(0), "below -1.71"),
        ("ben", safe_times(9), "above 1.37"),
        ("ben", [], "a cautious 0.70 ± 1.00"),
    ],
)
def test_it_says_what_it_goes_by(subject: str, judgments: list[Judgment], words: str) -> None:
    """In words that a person can read."""
    controller = MetaJudgmentController()
    controller.remember("ada", Belief(0.5, 0.18), at=0.0)
    assert words in controller.assess(subject, judgments, 7200.0).sentence


@forks
def test_threads_and_forks_may_share_it() -> None:
    """A child forked while a thread holds its lock can use it."""
    controller = MetaJudgmentController(memory=5)
    stop = threading.Event()

    def remember_on() -> None:
        while not stop.is_set():
            controller.remember(str(random.random()), Belief(0.5, 0.2), at=0.0)

    threads = [threading.Thread(target=remember_on) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    controller.remember("ada", Belief(0.5, 0.2), at=0.0)
                    code = 0 if controller.assess("ada", [], 0.0).basis == "last_trusted" else 2
                finally:
                    os._exit(code)
            assert os.waitpid(child, 0)[1] == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()
