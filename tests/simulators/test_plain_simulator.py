"""What follows from four functions in arrays is what the protocol asks for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from documentation_of_simulators import python_block
from normal_people import NOISE, SWING, NormalPeople, swing

from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.simulators import TalliedSums
from bayesian_verifier.simulators._identifiability import answered, identifiability

WORLD = NormalPeople()


def judged(n: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    cases = WORLD.draw_cases(rng, n)
    theta = np.repeat(WORLD.sample_prior(rng, 1), n, axis=0)
    return answered(cases, WORLD.simulate(rng, theta, cases))


def test_sums_are_what_features_add_up_to_by_hand():
    """Counts of feedback and rewards, then Σ x·reward and Σ x²."""
    some = judged(20)
    some[3] = some[3].model_copy(update={"reward": None})
    some[4] = some[4].model_copy(update={"feedback": None})
    x = [case.options[0].outcomes[0].payoff for case in some]
    rewards = [case.reward or 0.0 for case in some]
    paid = [case.reward is not None for case in some]
    expected = [19, sum(paid), np.dot(x, rewards), np.dot(np.square(x), paid)]
    found = WORLD.describe(some)
    np.testing.assert_allclose(found.evidence.sums, expected, rtol=1e-6)
    assert found.informative == 20


def test_what_was_not_answered_was_refuted_or_tells_nothing_adds_nothing():
    """And refuted proposals are counted."""
    world = swing().SwingSimulator()
    sure, toss = (
        {"outcomes": [{"payoff": x, "probability": 1 / len(xs)} for x in xs]} for xs in ((3.0,), (0.0, 9.0))
    )
    rows = parse_judgments(
        [
            {"options": [sure, toss], "chosen": 0},
            {"options": [sure, toss], "chosen": 0, "feedback": "approve", "verdict": "refuted"},
            {"options": [sure, toss, sure], "chosen": 0, "feedback": "approve"},
        ]
    )
    found = world.describe(rows)
    assert (found.informative, found.refuted) == (0, 1)
    assert not found.evidence.sums.any()


@pytest.mark.parametrize(("sums", "kind"), [((3, 0), "feedback"), ((0, 2), "reward"), ((3, 2), "both")])
def test_counts_say_what_kind_of_answers_there_are(sums, kind):
    assert TalliedSums(np.array([*sums, 0.5, 0.5], np.float32)).kind == kind


@pytest.mark.parametrize("raw", [b"", b"\x00" * 15, np.array([-1, 0, 0, 0], "<f4").tobytes(), b"\xff" * 16])
def test_bytes_that_are_no_evidence_are_refused(raw):
    with pytest.raises(ValueError, match="sums"):
        WORLD.read_evidence(raw)


def test_what_is_left_of_the_prior_is_what_the_closed_form_leaves():
    """Precision is 1/s² + Σx²/σ²; a regression of 600 people finds the sd within a tenth."""
    found = identifiability(WORLD, np.random.default_rng(1), 600, (8, 32))
    for size, left in found["slope"].items():
        square = size * (0.5**2 + 1.0) / 2
        expected = math.sqrt(1 / (1 + 0.5**2 * square / NOISE**2))
        assert left == pytest.approx(expected, rel=0.1)
    assert min(found["idle"].values()) > 0.97


def test_the_template_on_the_page_is_the_package_s():
    """Word for word, and within sixty lines."""
    assert python_block("class SwingSimulator") == SWING.read_text()
    assert len(SWING.read_text().splitlines()) <= 60
