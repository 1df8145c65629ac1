"""The models of several traits that ship, asked through the door that serves."""

from __future__ import annotations

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
