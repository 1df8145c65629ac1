"""The models of several traits that ship, asked through the door that serves."""

from __future__ import annotations

import numpy as np
import pytest

from bayesian_verifier.serving import Question, answer, load_engine
from model.shipped import POINTS, SHIPPED


def engine_of(name):
    """As it is served, with fewer sizes of bulk."""
    return load_engine(SHIPPED, name, points=POINTS, cache=None, many=8)


def asked(engine, judgments, state=None):
    """Its answer to judgments, on top of a state."""
    return answer(Question(judgments, state, 0, 0), engine, clock=lambda: 0.0, make_seed=int)


def streamed(engine, judgments):
    """Its last answer to judgments that come one at a time, each with the state of the one before."""
    said = None
    for one in judgments:
        said = asked(engine, [one], None if said is None else said.state)
    return said


def agrees(said, exact, parameters, within):
    """It is trusted; means are within so many exact sd, sds within that share, of the noise with its long tail 10%."""
    natural = np.stack([p.natural(exact.points[:, i]) for i, p in enumerate(parameters)], axis=1)
    share = exact.weight.ravel()
    mean = share @ natural
    sd = np.sqrt(share @ (natural - mean) ** 2)
    assert said.checks.trustworthy
    for i, parameter in enumerate(parameters):
        found = said.beliefs[parameter.name]
        assert found.mean == pytest.approx(mean[i], abs=within * sd[i])
        assert found.sd == pytest.approx(sd[i], rel=0.1 if parameter.name == "choice_noise" else within)
