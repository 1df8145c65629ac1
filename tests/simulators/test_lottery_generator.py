"""Generated cases are what a judgment may be, varied, and the same from the same seed."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from bayesian_verifier.errors import SettingsError
from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.simulators import load_simulator
from bayesian_verifier.simulators.lottery import (
    CaseMixture,
    advantage_curves,
    generate_cases,
    pack_judgments,
    read_mixture,
    records,
    simulate_person,
)

KINDS = [f.name for f in fields(CaseMixture)]


@pytest.mark.parametrize("kind", KINDS)
def test_cases_of_every_kind_are_valid_judgments(kind):
    """The record's own rules accept each: probabilities, option counts, ranges."""
    cases = generate_cases(np.random.default_rng(3), 200, CaseMixture.of({kind: 1.0}))
    assert len(parse_judgments(records(cases))) == 200


@pytest.mark.parametrize("kind", KINDS)
def test_cases_of_every_kind_tell_attitudes_to_risk_apart(kind):
    """Nine in ten have an advantage, and it moves over the bulk of the prior."""
    simulator = load_simulator("lottery")
    cases = generate_cases(np.random.default_rng(4), 200, CaseMixture.of({kind: 1.0}))
    judged = parse_judgments([r | {"feedback": "approve", "verdict": "proved"} for r in records(cases)])
    assert simulator.describe(judged).informative >= 150
    packed, _ = pack_judgments(judged)
    assert np.median(np.ptp(advantage_curves(packed, np.linspace(-1.5, 2.5, 41)), axis=1)) > 0.01


def test_the_mixture_is_what_is_drawn():
    """Options 2–8, outcomes 1–16, stakes over eight decades; losses, wealth and ruin among them."""
    cases = generate_cases(np.random.default_rng(5), 4000, CaseMixture())
    options = (cases.probability > 0).any(axis=2).sum(axis=1)
    outcomes = (cases.probability > 0).sum(axis=2)
    assert set(np.unique(options)) == set(range(2, 9))
    assert outcomes.max() == 16
    top = np.abs(cases.payoff).max(axis=(1, 2))
    assert top.min() < 0.1
    assert top.max() > 1e5
    assert (cases.payoff < 0).any()
    assert (cases.wealth > 0).mean() > 0.1


def test_the_same_seed_gives_the_same_person():
    """θ, cases and answers are functions of the generator's state alone."""
    simulator = load_simulator("lottery")
    one, other = (
        simulate_person(
            np.random.default_rng(9), simulator, CaseMixture(), 20, answered="both", max_reward=3.0
        )
        for _ in range(2)
    )
    np.testing.assert_array_equal(one.theta, other.theta)
    assert one.judgments == other.judgments


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "expected one table"),
        ("[cases]\nnothing_known = 1", "unknown kinds"),
        ("[cases]\nmany = -1", "weights must be"),
        ("[cases]\nmany = 0", "weights must be"),
        ('[cases]\nmany = "a lot"', "must be a number"),
        ("[cases]\nmany = 1\n[more]", "expected one table"),
        ("[cases", "cannot be read"),
    ],
)
def test_a_bad_mixture_names_the_file_and_what_was_expected(tmp_path, content, said):
    """One error, the operator's."""
    file = tmp_path / "cases.toml"
    file.write_text(content)
    with pytest.raises(SettingsError, match=said) as caught:
        read_mixture(file)
    assert str(file) in str(caught.value)


def test_the_shipped_mixture_reads():
    """`configs/simulators/lottery.toml` is a mixture of every kind."""
    mixture = read_mixture(Path(__file__).parents[2] / "configs" / "simulators" / "lottery.toml")
    assert all(getattr(mixture, kind) > 0 for kind in KINDS)
