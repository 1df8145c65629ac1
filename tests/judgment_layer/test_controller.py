"""What does the Meta-Judgment Controller make of a person's own answers, of the past, and of nothing?"""

from __future__ import annotations

import math
import os
import random
import threading
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from people import forks, holt_laury_case, safe_times

from bayesian_verifier import MetaJudgmentController
from bayesian_verifier.judgment import Judgment, parse_judgments
from bayesian_verifier.judgment_layer._controller import CAUTIOUS
from bayesian_verifier.judgment_layer._curves import told_by
from bayesian_verifier.judgment_layer._least_squares import nearest
from bayesian_verifier.posterior import Belief
from reference import model

DAY = 86_400.0


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


def at_day(day: float, *judgments: Judgment) -> list[Judgment]:
    """The same judgments, made so many days after 1970."""
    ts = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).isoformat()
    return [one.model_copy(update={"ts": ts}) for one in judgments]


def test_answers_since_the_last_trusted_posterior_count_on_top_of_it() -> None:
    """Those made after it, by the same least squares, with the aged posterior in place of the cautious prior."""
    controller = MetaJudgmentController()
    controller.remember("ada", Belief(0.3, 0.3), at=10 * DAY)
    old, new = at_day(9.9, *safe_times(2)), at_day(12.0, *safe_times(9))
    fallback = controller.assess("ada", [*old, *new], 14 * DAY)
    aged = Belief(0.3, math.sqrt(0.3**2 + 0.1**2 * 4))
    assert fallback.belief == nearest(told_by(new), aged)
    assert fallback.belief.mean > 0.5
    assert "4.0 d old, and 9 answers since" in fallback.sentence
    for timeless in (old, safe_times(9), [one.model_copy(update={"ts": "yesterday"}) for one in new]):
        assert controller.assess("ada", timeless, 14 * DAY).belief == aged


def test_old_answers_fade_as_an_old_posterior_does() -> None:
    """By the time since the newest, to the cautious sd at most: they stay the person's own."""
    controller = MetaJudgmentController()
    fresh = controller.assess("ada", at_day(5.0, *safe_times(6)), 5 * DAY).belief
    for days in (1.0, 30.0):
        aged = controller.assess("ada", at_day(5.0, *safe_times(6)), (5 + days) * DAY)
        assert (aged.basis, aged.belief.mean) == ("bracket", fresh.mean)
        assert aged.belief.sd == pytest.approx(math.sqrt(fresh.sd**2 + 0.01 * days))
    ancient = controller.assess("ada", at_day(5.0, *safe_times(6)), 1005 * DAY)
    assert (ancient.basis, ancient.belief.mean, ancient.belief.sd) == ("bracket", fresh.mean, CAUTIOUS.sd)
    assert controller.assess("ada", safe_times(6), 105 * DAY).belief == fresh


def test_rewards_alone_are_answers() -> None:
    """What the safe option of row 5 was worth to somebody of r = 1.5, which nobody risk-seeking would say."""
    case = holt_laury_case(5) | {"chosen": 0}
    worth = float(model.advantage(case, np.array([1.5]))[0])
    told = parse_judgments([case | {"reward": worth}] * 30)
    fallback = MetaJudgmentController().assess(None, told, 0.0)
    assert fallback.basis == "bracket"
    assert fallback.belief.mean == pytest.approx(1.5, abs=0.1)
    assert "30 answers" in fallback.sentence


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
