"""Evidence that breaks no rule and that nobody would send: does every reply still hold numbers that can be true?"""

from __future__ import annotations

import dataclasses
import json
import math
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bayesian_verifier.serving import answer, read_question, reply
from model.shipped import shipped_engine

if TYPE_CHECKING:
    from bayesian_verifier.serving import Engine

AMOUNTS = st.sampled_from([0.0, 5e-324, 1e-300, 1e-12, 0.1, 1.0, 3.0, 1e9, 1e15]) | st.floats(0.0, 1e15)
PAYOFFS = AMOUNTS | AMOUNTS.map(lambda x: -x)
SHARES = st.sampled_from([(1.0,), (0.5, 0.5), (1.0, 1e-300), (0.1, 0.9), (0.25, 0.25, 0.5)])


@st.composite
def options(draw: st.DrawFn) -> dict[str, Any]:
    shares = draw(SHARES)
    return {"outcomes": [{"payoff": draw(PAYOFFS), "probability": share} for share in shares]}


@st.composite
def judgments(draw: st.DrawFn) -> dict[str, Any]:
    offered = draw(st.lists(options(), min_size=2, max_size=4))
    said: dict[str, Any] = {"options": offered, "chosen": draw(st.integers(0, len(offered) - 1))}
    said["wealth"] = draw(AMOUNTS)
    said["feedback"] = draw(st.sampled_from(["approve", "reject", None]))
    said["reward"] = draw(st.none() | st.floats(-3.0, 3.0))
    said["verdict"] = draw(st.sampled_from(["proved", "unknown", None]))
    return said


@pytest.fixture(scope="module")
def engine() -> Engine:
    return shipped_engine()


def asked(engine: Engine, **body: object) -> dict[str, Any]:
    said = answer(read_question(json.dumps(body).encode()), engine, clock=lambda: 0.0, make_seed=int)
    document: dict[str, Any] = json.loads(reply(said, engine, request_id="x", queue_seconds=0.0))
    return document


def numbers(value: object) -> list[float]:
    if isinstance(value, dict):
        return [number for one in value.values() for number in numbers(one)]
    if isinstance(value, list):
        return [number for one in value for number in numbers(one)]
    return [value] if isinstance(value, float) else []


@given(records=st.lists(judgments(), min_size=1, max_size=6), times=st.sampled_from([1, 7, 60]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_evidence_gets_finite_numbers_and_a_state_that_is_taken_back(
    engine: Engine, records: list[dict[str, Any]], times: int
) -> None:
    """No warning, no NaN, sd > 0, quantiles in order; the state goes on with one more judgment."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        said = asked(engine, judgments=records * times, draws=3, seed=1)
        asked(engine, judgments=records[:1], state=said["state"])
    assert all(map(math.isfinite, numbers(said)))
    for marginal in said["posterior"].values():
        quantiles = list(marginal["quantiles"].values())
        assert marginal["sd"] > 0
        assert quantiles == sorted(quantiles)


USUAL = st.sampled_from([0.0, 0.1, 1.0, 2.5, 3.0, 40.0, 1e4])


@st.composite
def usual_judgments(draw: st.DrawFn) -> dict[str, Any]:
    said = draw(judgments())
    for option in said["options"]:
        for outcome in option["outcomes"]:
            outcome["payoff"] = draw(USUAL)
    return said | {"wealth": draw(st.sampled_from([0.0, 1.0, 250.0]))}


def sure(*payoffs: float) -> dict[str, Any]:
    """One sure amount or another, and the first is proposed: worth 1 and 0, however one bends utility."""
    offered = [{"outcomes": [{"payoff": payoff, "probability": 1.0}]} for payoff in payoffs]
    return {"options": offered, "chosen": 0, "wealth": 0.0, "feedback": "approve", "verdict": "proved"}


@example(records=[], later=[sure(0.0, 0.1), sure(0.1, 0.0), sure(0.1, 0.0)])
@given(records=st.lists(usual_judgments(), max_size=8), later=st.lists(usual_judgments(), max_size=3))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_one_program_answers_as_its_parts_do_one_after_the_other(
    records: list[dict[str, Any]], later: list[dict[str, Any]]
) -> None:
    """Counts and reasons alike, numbers to single precision, and the state of either is taken by the other."""
    engine = shipped_engine()
    in_steps = dataclasses.replace(engine, program=None)
    first, other = asked(engine, judgments=records), asked(in_steps, judgments=records)
    second = asked(engine, judgments=later, state=other["state"])
    agree(first, other)
    agree(second, asked(in_steps, judgments=later, state=first["state"]))


def agree(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one["evidence"] == other["evidence"]
    for name, belief in one["posterior"].items():
        sd = other["posterior"][name]["sd"]
        assert belief["mean"] == pytest.approx(other["posterior"][name]["mean"], abs=2e-3 * sd)
        assert belief["sd"] == pytest.approx(sd, rel=2e-3)
    found, expected = one["checks"], other["checks"]
    assert (found["misfit"] is None) == (expected["misfit"] is None)
    if found["misfit"] is not None and found["misfit"]["rival"] == expected["misfit"]["rival"]:
        assert found["misfit"]["p"] == pytest.approx(expected["misfit"]["p"], abs=0.01)
        assert found["misfit"]["share"] == pytest.approx(expected["misfit"]["share"], abs=0.01)
    elif found["misfit"] is not None:
        # of rivals that explain it about as well either may be named
        assert min(found["misfit"]["p"], expected["misfit"]["p"]) > 0.1
    for name in ("typicality_p", "effective_sample_size"):
        assert found[name] == pytest.approx(expected[name], abs=0.01)
