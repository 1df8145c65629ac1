"""Two worlds told in arrays: one whose posterior is known in closed form, one that is broken in a way of choice."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.simulators import Parameter, PlainSimulator, Responses

if TYPE_CHECKING:
    from types import ModuleType

NOISE = 0.8
SWING = Path(__file__).parent / "swing_package" / "swing_simulator.py"


class NormalPeople(PlainSimulator):
    """The reward is x · slope plus normal noise of known sd, x being the proposal's payoff; feedback is a coin."""

    name = "normal"
    parameters = (Parameter("slope", "identity", 0.2, 0.5), Parameter("idle", "identity", 0.0, 1.0))
    feature_names = ("x times reward", "x squared")

    def draw_cases(self, rng, n):
        """Payoffs of 0.5 or 1 beside nothing."""
        lottery = {x: {"outcomes": [{"payoff": x, "probability": 1.0}]} for x in (0.0, 0.5, 1.0)}
        return parse_judgments(
            [
                {"options": [lottery[x], lottery[0.0]], "chosen": 0, "verdict": "unknown"}
                for x in rng.choice([0.5, 1.0], n)
            ]
        )

    def facts(self, cases):
        return np.array([[case.options[case.chosen].outcomes[0].payoff] for case in cases])

    def respond(self, rng, theta, facts):
        reward = facts[:, 0] * theta[:, 0] + NOISE * rng.standard_normal(len(facts))
        return Responses(rng.random(len(facts)) < 0.5, reward)

    def features(self, facts, answers):
        x, rewarded = facts[:, 0], answers[:, 2]
        return np.stack([x * answers[:, 1], x**2 * rewarded], axis=1)


def swing() -> ModuleType:
    """The module of the template, read from its package."""
    spec = importlib.util.spec_from_file_location("swing_simulator", SWING)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
