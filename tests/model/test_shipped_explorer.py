"""The model of people with a taste for what is new that ships, through the door that serves, against quadrature."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.serving import Question, answer, reply
from bayesian_verifier.serving._compilations import CompilationCounter
from bayesian_verifier.simulators import load_simulator
from bayesian_verifier.training._exact import exact_posterior
from bayesian_verifier.training._exact_joint import joint_posterior
from bayesian_verifier.training._trait_examination import judged
from model.asking import agrees, asked, engine_of, streamed

SIMULATOR, NAMES = load_simulator("explorer"), ("risk_aversion", "exploration", "choice_noise")


@pytest.fixture(scope="module")
def engine():
    return engine_of("explorer")


def test_of_nobody_it_says_the_prior(engine):
    said = asked(engine, []).beliefs
    assert [said[name].mean for name in NAMES[:2]] == pytest.approx([0.5, 0.0], abs=0.01)
    assert [said[name].sd for name in NAMES[:2]] == pytest.approx([1.0, 0.1], rel=0.02)


@pytest.mark.parametrize(("size", "kind"), [(3, "feedback"), (20, "both"), (60, "feedback")])
def test_means_and_sds_are_those_of_quadrature(engine, size, kind):
    """Means within 0.03 sd; sds within 3%, of the noise, whose tail is long on its own scale, within 10%."""
    some = judged(SIMULATOR, np.random.default_rng(size), size, kind)
    said = asked(engine, some)
    exact = joint_posterior(SIMULATOR, some, coarse=(31, 25, 15), fine=(45, 45, 29))
    agrees(said, exact, SIMULATOR.parameters, 0.03)


def test_where_nothing_is_counted_risk_aversion_is_the_lotterys(engine):
    """And of exploration nothing is known beyond the prior, which the reply says."""
    some = judged(load_simulator("lottery"), np.random.default_rng(5), 24, "feedback")
    said = asked(engine, some)
    exact = exact_posterior(load_simulator("lottery"), some)
    assert said.beliefs["risk_aversion"].mean == pytest.approx(exact.mean, abs=0.02 * exact.sd)
    assert said.beliefs["risk_aversion"].sd == pytest.approx(exact.sd, rel=0.02)
    assert said.beliefs["exploration"].sd == pytest.approx(0.1, rel=0.05)
    assert said.checks.unidentified == ("exploration",)


@pytest.mark.parametrize(("size", "mean", "sd"), [(40, 0.0, 0.0), (200, 0.2, 0.1)])
def test_a_stream_ends_where_the_batch_does(engine, size, mean, sd):
    """One judgment at a time: to the bit as long as a state has room for judgments, then as it is between nodes."""
    some = judged(SIMULATOR, np.random.default_rng(8), size, "feedback")
    batch, said = asked(engine, some), streamed(engine, some)
    for name in NAMES:
        expected = batch.beliefs[name]
        assert abs(said.beliefs[name].mean - expected.mean) <= mean * expected.sd
        assert abs(said.beliefs[name].sd - expected.sd) <= sd * expected.sd
    assert said.counts == batch.counts
    assert len(said.state) <= 32_768


def test_seconds_in_compiled_functions_are_counted_until_results_are_there(engine):
    """Not until the call returns, which is before: most of the time that 400 judgments take, in one of five answers."""
    question = Question(judged(SIMULATOR, np.random.default_rng(4), 400, "feedback"), None, 0, 0)
    shares = []
    for _ in range(5):
        began = time.perf_counter()
        said = answer(question, engine, clock=time.perf_counter, make_seed=int)
        shares.append(said.seconds / (time.perf_counter() - began))
    assert 0.5 < max(shares) < 1.0


def test_nothing_is_compiled_under_a_request(engine):
    """Whatever the number of judgments, on a state or without; and the same question has the same bytes."""
    counter = CompilationCounter()
    counter.start()
    try:
        for size in (1, 17, 130):
            some = judged(SIMULATOR, np.random.default_rng(size), size, "both")
            question = Question(some, None, 3, 1)
            said, again = (answer(question, engine, clock=lambda: 0.0, make_seed=int) for _ in range(2))
            assert reply(said, engine, request_id="a", queue_seconds=0.0) == reply(
                again, engine, request_id="a", queue_seconds=0.0
            )
            asked(engine, some[:2], said.state)
    finally:
        counter.stop()
    assert counter.count == 0


def test_whoever_takes_what_is_new_wants_it(engine):
    """The same lottery twice, one tried often: who approves of the new one twelve times has a taste for it."""
    coin = {"outcomes": [{"payoff": 100.0, "probability": 0.5}, {"payoff": 0.0, "probability": 0.5}]}
    case = {"options": [coin, coin], "chosen": 0, "feedback": "approve"}
    new = asked(engine, parse_judgments([case | {"times_tried": [0, 20]}] * 12))
    known = asked(engine, parse_judgments([case | {"times_tried": [20, 0]}] * 12))
    assert new.beliefs["exploration"].quantiles[0] > 0.0
    assert known.beliefs["exploration"].mean == pytest.approx(-new.beliefs["exploration"].mean, rel=0.1)


@pytest.mark.parametrize(("size", "kind"), [(1, "feedback"), (40, "both")])
def test_one_program_says_what_steps_say(engine, size, kind):
    """From judgments alone, and on top of a state of either: means and sds within 0.001 sd, counts exactly."""
    stepwise = replace(engine, program=None)
    some, more = (judged(SIMULATOR, np.random.default_rng(size + i), size, kind) for i in (0, 1))
    states = [asked(one, some).state for one in (engine, stepwise)]
    for judgments, state in ((some, None), (more, states[0]), (more, states[1])):
        said, expected = (asked(one, judgments, state) for one in (engine, stepwise))
        assert said.counts == expected.counts
        for name in NAMES:
            mine, its = said.beliefs[name], expected.beliefs[name]
            assert mine.mean == pytest.approx(its.mean, abs=1e-3 * its.sd)
            assert mine.sd == pytest.approx(its.sd, rel=1e-3)
