"""Is what is believed of a person's answers the least squares that the controller says it goes by?"""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from people import answered, holt_laury_case, safe_times

from bayesian_verifier.judgment import Judgment, parse_judgments
from bayesian_verifier.judgment_layer._curves import told_by
from bayesian_verifier.judgment_layer._least_squares import nearest
from bayesian_verifier.posterior import Belief
from reference import model

PRIOR = Belief(0.7, 1.0)


def worked_out(judgments: list[dict[str, Any]], prior: Belief) -> tuple[float, float]:
    """Mean and sd of r by the formula of docs/model.md, on a finer grid and one judgment after another."""
    r = np.linspace(-5.0, 8.0, 2601)
    squares, count = np.full((3, len(r)), 8 * 0.35**2), 0
    for one in judgments:
        delta = model.advantage(one, r)
        assert delta is not None
        if one.get("feedback") is not None:
            for hand, certain in enumerate((0.1, 0.3, 0.9)):
                expected = np.interp(delta, [-certain, certain], [0.0, 1.0])
                squares[hand] += ((one["feedback"] == "approve") - expected) ** 2
            count += 1
        if one.get("reward") is not None:
            squares += (one["reward"] - delta) ** 2
            count += 1
    likely = squares ** (-(8 + count / (1 + count / 100)) / 2)
    weight = likely.sum(axis=0) * np.exp(-0.5 * ((r - prior.mean) / prior.sd) ** 2)
    mean = float(weight @ r / weight.sum())
    return mean, math.sqrt(float(weight @ (r - mean) ** 2 / weight.sum()))


ANSWERS = st.tuples(
    st.integers(1, 9),
    st.integers(0, 1),
    st.sampled_from(["approve", "reject", None]),
    st.none() | st.floats(-1.5, 1.5),
).filter(lambda answer: answer[2] is not None or answer[3] is not None)


@settings(deadline=None)
@given(
    answers=st.lists(ANSWERS, min_size=1, max_size=12),
    prior=st.builds(Belief, st.floats(-1, 2), st.floats(0.3, 1.5)),
)
def test_belief_is_the_weighted_mean_of_the_formula(answers: list[tuple[Any, ...]], prior: Belief) -> None:
    """Feedback and rewards together, whatever the prior."""
    raw = [
        holt_laury_case(row) | {"chosen": chosen, "feedback": said, "reward": reward}
        for row, chosen, said, reward in answers
    ]
    belief = nearest(told_by(parse_judgments(raw)), prior)
    mean, sd = worked_out(raw, prior)
    assert belief.mean == pytest.approx(mean, abs=4e-3)
    assert belief.sd == pytest.approx(sd, abs=4e-3)


def test_nothing_told_leaves_the_prior() -> None:
    """As far as it lies on the grid."""
    belief = nearest([], PRIOR)
    assert (belief.mean, belief.sd) == pytest.approx((0.7, 1.0), abs=1e-3)


def test_more_safe_choices_mean_more_risk_aversion() -> None:
    """In the order of the list, each a surer step than none."""
    means = [nearest(told_by(safe_times(count)), PRIOR).mean for count in range(10)]
    assert means == sorted(means)
    assert means[0] < -0.5
    assert means[-1] > 1.0


def test_the_order_of_answers_does_not_matter() -> None:
    """Nor does it matter whether one of two options was rejected or the other approved."""
    said = [(row, chosen) for row in range(1, 10) for chosen in (0, 0, 1)]
    first = nearest(told_by([answered(row, chosen) for row, chosen in said]), PRIOR)
    turned = [answered(row, 1 - chosen, "reject") for row, chosen in said[::-1]]
    found = nearest(told_by(turned), PRIOR)
    assert (found.mean, found.sd) == pytest.approx((first.mean, first.sd), abs=1e-5)


def simulated(rng: random.Random, answers: int, kind: str) -> tuple[float, list[Judgment]]:
    """A person as the model has them, asked about rows of the list, with noise and lapses."""
    r, tau = rng.gauss(0.5, 1.0), math.exp(rng.gauss(math.log(0.1), 1.0))
    judgments = []
    for _ in range(answers):
        case = holt_laury_case(rng.randint(1, 9)) | {"chosen": rng.randint(0, 1)}
        delta = float(model.advantage(case, np.array([r]))[0])  # type: ignore[index]
        if kind != "reward":
            approves = rng.random() < 0.01 + 0.98 / (1 + math.exp(-max(-500.0, min(500.0, delta / tau))))
            case["feedback"] = "approve" if approves else "reject"
        if kind != "feedback":
            case["reward"] = max(-3.0, min(3.0, delta + 0.25 * rng.gauss(0.0, 1.0)))
        judgments.append(case)
    return r, parse_judgments(judgments)


@pytest.mark.parametrize("kind", ["feedback", "reward", "both"])
@pytest.mark.parametrize("answers", [1, 5, 20, 100])
def test_it_is_as_sure_as_it_is_right(answers: int, kind: str) -> None:
    """Against simulated people: errors of the size of its sd, and smaller the more there are answers."""
    rng = random.Random(f"{answers} {kind}")
    errors, scaled = [], []
    for _ in range(50 if answers == 100 else 120):
        r, judgments = simulated(rng, answers, kind)
        belief = nearest(told_by(judgments), PRIOR)
        errors.append(belief.mean - r)
        scaled.append((belief.mean - r) / belief.sd)
    assert 0.6 < np.sqrt(np.mean(np.square(scaled))) < 1.4
    assert np.sqrt(np.mean(np.square(errors))) < {1: 1.1, 5: 0.9, 20: 0.65, 100: 0.45}[answers]
