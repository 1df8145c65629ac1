"""The shipped model behind the door: who does not answer as any of the model's people, and who does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pytest

from bayesian_verifier.serving import answer, read_question
from bayesian_verifier.serving._limits import MAX_JUDGMENTS, MAX_STATE_CHARACTERS
from bayesian_verifier.simulators import load_simulator
from bayesian_verifier.simulators.lottery import CaseMixture, simulate_person
from model.shipped import shipped_engine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.serving import Answer, Engine

SIMULATOR = load_simulator("lottery")


@pytest.fixture(scope="module")
def shipped() -> Engine:
    """The model of the package, as it is served."""
    return shipped_engine()


def honest(seed: int, count: int = 64, answered: str = "feedback") -> list[dict[str, Any]]:
    """What somebody who follows the model said of varied cases, as records."""
    rng = np.random.default_rng([seed, count, 21])
    person = simulate_person(rng, SIMULATOR, CaseMixture(), count, answered=answered, max_reward=3.0)
    return [j.model_dump(mode="json", exclude_none=True) for j in person.judgments]


def tossed(seed: int, count: int = 64) -> list[dict[str, Any]]:
    """The same cases, answered by a coin."""
    coin = np.random.default_rng([seed, 22])
    return [
        record | {"feedback": "approve" if heads else "reject"}
        for record, heads in zip(honest(seed, count), coin.random(count) < 0.5, strict=True)
    ]


def asked(engine: Engine, records: Sequence[dict[str, Any]], state: str | None = None) -> Answer:
    body = orjson.dumps({"judgments": records, "state": state})
    return answer(read_question(body), engine, clock=float, make_seed=int)


@pytest.mark.parametrize(("count", "least"), [(64, 24), (256, 36)])
def test_answers_by_a_coin_are_a_misfit(shipped: Engine, count: int, least: int) -> None:
    """Of 40 coins that answered varied cases most are flagged, more of them with more tosses, and of those that are
    nine in ten are explained by random answers.
    """
    said = [asked(shipped, tossed(seed, count)).checks for seed in range(40)]
    flagged = [checks.misfit for checks in said if "misfit" in checks.reasons]
    assert len(flagged) >= least
    assert not any(checks.trustworthy for checks in said if checks.reasons)
    assert all(note is not None and note.p < 0.04 and note.share <= 1.0 for note in flagged)
    named = sum(note is not None and note.rival == "random_answers" for note in flagged)
    assert named >= 0.9 * len(flagged)


def test_honest_answers_are_mostly_none(shipped: Engine) -> None:
    """Of 60 people 4% are flagged: 9 or more would be less likely than 1 in 1,000; half have p above 0.3."""
    found = [asked(shipped, honest(seed)).checks for seed in range(60)]
    p = np.array([checks.misfit.p for checks in found if checks.misfit is not None])
    assert p.size == 60
    assert sum("misfit" in checks.reasons for checks in found) == (p < 0.04).sum() < 9
    assert np.median(p) > 0.3


def test_a_few_answers_convict_nobody(shipped: Engine) -> None:
    """To reject 40 for sure beside 100 or nothing is unlikely at first: p says so, and trust is not withdrawn."""
    sure = {"outcomes": [{"payoff": 40.0, "probability": 1.0}]}
    coin = {"outcomes": [{"payoff": 100.0, "probability": 0.5}, {"payoff": 0.0, "probability": 0.5}]}
    checks = asked(shipped, [{"options": [sure, coin], "chosen": 0, "feedback": "reject"}]).checks
    assert checks.misfit is not None
    assert checks.misfit.p < 0.04
    assert checks.trustworthy
    convicted = [
        count
        for seed in range(40)
        for count in (1, 2, 3)
        if "misfit" in asked(shipped, tossed(seed, count)).checks.reasons
    ]
    assert convicted == []


def test_without_evidence_there_is_no_misfit(shipped: Engine) -> None:
    """Nothing asked, or nothing informative."""
    refuted = [record | {"verdict": "refuted"} for record in honest(1, 3)]
    for records in ([], refuted):
        checks = asked(shipped, records).checks
        assert checks.misfit is None
        assert checks.trustworthy


@pytest.mark.parametrize("answered", ["feedback", "both"])
def test_what_the_check_keeps_travels_with_the_state(shipped: Engine, answered: str) -> None:
    """One judgment at a time gives the p-value of all at once, to what single precision rounds off."""
    records = honest(5, 24, answered)
    state = None
    for record in records:
        said = asked(shipped, [record], state)
        state = said.state
    whole = asked(shipped, records).checks.misfit
    streamed = said.checks.misfit
    assert whole is not None
    assert streamed is not None
    assert streamed.p == pytest.approx(whole.p, rel=1e-2)
    assert streamed.rival == whole.rival
    assert streamed.share == pytest.approx(whole.share, abs=1e-2)


def test_a_coin_is_noticed_over_requests(shipped: Engine) -> None:
    """Eight tosses each."""
    records, state = tossed(3), None
    for start in range(0, 64, 8):
        said = asked(shipped, records[start : start + 8], state)
        state = said.state
    assert "misfit" in said.checks.reasons


@pytest.mark.parametrize("answered", ["feedback", "both"])
def test_the_longest_state_is_text_of_at_most_32_kilobytes(shipped: Engine, answered: str) -> None:
    """512 judgments with a second look, and what the misfit check keeps; one more request changes no length."""
    said = asked(shipped, honest(8, MAX_JUDGMENTS, answered))
    assert said.counts.judgments == MAX_JUDGMENTS
    assert said.state.isascii()
    evidence = 4 * 17_472 // 3
    assert evidence < len(said.state) <= MAX_STATE_CHARACTERS == 32 * 1024
    again = asked(shipped, honest(9, 4, answered), said.state)
    assert len(again.state) == len(said.state)
