"""What does `bayesian-verifier simulate` write of one person?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bayesian_verifier.simulators.lottery import MAX_REWARD, LotterySimulator, simulate_person

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.simulators.lottery import CaseMixture


class Written(NamedTuple):
    """Somebody's judgments, a line each, and a line that says who they are."""

    truth: str
    lines: list[str]


@dataclass(frozen=True, slots=True)
class Simulated:
    """People by their numbers: a pure function, for an engine.

    judgments: of each.   answers: one of ANSWERS.
    """

    mixture: CaseMixture
    judgments: int
    answers: str
    seed: int

    def __call__(self, numbers: Sequence[int]) -> list[Written]:
        """What is written of each."""
        return [self._person(number) for number in numbers]

    def _person(self, number: int) -> Written:
        simulator = LotterySimulator()
        rng = np.random.default_rng([self.seed, number])
        person = simulate_person(
            rng, simulator, self.mixture, self.judgments, answered=self.answers, max_reward=MAX_REWARD
        )
        subject = f"simulated-{self.seed}-{number}"
        pairs = zip(simulator.parameters, person.theta, strict=True)
        truth = {p.name: round(float(p.natural(value)), 6) for p, value in pairs}
        records = (one.model_dump(mode="json", exclude_none=True) for one in person.judgments)
        lines = [json.dumps(one | {"subject": subject}, allow_nan=False) + "\n" for one in records]
        return Written(f"{subject}: {json.dumps(truth)}", lines)
