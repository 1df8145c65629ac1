"""What does the shipped model foresee of simulated people, from two sets of points that are equally good?

The service looks at every posterior at the same points; here they are drawn afresh, so that the same model is two
models that are wrong by chance alone, and by as much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from _promotion_people import Answers

from bayesian_verifier.artifact import ModelStore, load_model
from bayesian_verifier.posterior import WidePoints
from bayesian_verifier.settings import model_store, read_settings, shipped_config
from bayesian_verifier.simulators.lottery import LotterySimulator, read_mixture, simulate_person
from bayesian_verifier.training import Network, chances

if TYPE_CHECKING:
    from bayesian_verifier.judgment import Judgment


class Next(NamedTuple):
    """An answer to be foreseen."""

    subject: str
    known: tuple[Judgment, ...]
    judgment: Judgment


def real_answers(people: int, each: int, *, points: int, seed: int) -> Answers:
    """People of the shipped prior, foreseen by the shipped model at two sets of so many random points."""
    settings = read_settings({})
    store = ModelStore(model_store(settings))
    version = store.current(settings.model_name)
    assert version is not None
    function = load_model(store.path(settings.model_name, version)).function
    simulator = LotterySimulator()
    rng = np.random.default_rng(seed)
    networks = [Network(function, simulator, _points(rng, points)) for _ in range(2)]
    mixture = read_mixture(shipped_config("simulators/lottery.toml"))
    asked, true = [], []
    for i in range(people):
        one = simulate_person(rng, simulator, mixture, 2 * each, answered="feedback", max_reward=3.0)
        told = tuple(simulator.describe(one.judgments).told)[:each]
        asked += [Next(str(i), told[:n], judgment) for n, judgment in enumerate(told)]
        for judgment in told:
            approval = judgment.model_copy(update={"feedback": "approve"})
            true.append(np.exp(simulator.log_likelihood(one.theta[None], [approval]))[0])
    approved = [one.judgment.feedback == "approve" for one in asked]
    parts = (np.array(true), *(chances(network, asked) for network in networks), np.array(approved))
    return Answers(*(part.reshape(people, each) for part in parts))


def _points(rng: np.random.Generator, count: int) -> WidePoints:
    """Standard normal points, each as likely as it is."""
    noise = rng.standard_normal((count, 2)).astype(np.float32)
    return WidePoints(noise, np.zeros(count), np.full(count, 1.0 / count))
