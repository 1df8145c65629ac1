"""Whom does the example journal speak of? Simulated people, the lotteries they meet, and what is believed of them.

They answer as the model says people do (docs/model.md): approve with the chance of the logistic function of ∆/τ. What
is believed of them is exact, on a grid of risk aversion and choice noise; nothing here is of a real person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.drift import Inferred
from bayesian_verifier.judgment import Judgment, advantage
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from collections.abc import Sequence

Grid = NDArray[np.float64]
PRIOR_MEAN, PRIOR_SD = 0.5, 1.0
R = np.linspace(-3.5, 4.5, 161)
LOG_TAU = np.linspace(-4.6, 0.0, 9)
NEARLY = 1e-6  # as near to r = 1 as the logarithm is taken
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
_PRIOR = -0.5 * ((R - PRIOR_MEAN) / PRIOR_SD) ** 2 - 0.5 * (LOG_TAU[:, None] - np.log(0.1)) ** 2
NAMES = (
    *("Ada", "Amara", "Anselm", "Basma", "Bela", "Chidi", "Clara", "Dario", "Dilan", "Edda"),
    *("Emre", "Fatou", "Femi", "Greta", "Hana", "Hugo", "Ines", "Ivo", "Jonas", "Kaya"),
    *("Leila", "Lior", "Mara", "Mateo", "Mina", "Nadia", "Noor", "Olga", "Otis", "Paula"),
    *("Pavel", "Quim", "Rosa", "Sami", "Selma", "Taro", "Uma", "Vera", "Wanda", "Yuki"),
)


@dataclass
class Person:
    """A simulated person. changes: (day, new risk aversion).   since: day from which answers are evidence.

    answers: by day, what each says on the grid.
    """

    name: str
    risk_aversion: float
    noise: float
    a_day: float
    changes: list[tuple[float, float]] = field(default_factory=list)
    since: float = 0.0
    answers: list[tuple[float, Grid]] = field(default_factory=list)

    def at(self, day: float) -> float:
        """Their risk aversion on a day."""
        return next((r for start, r in reversed(self.changes) if day >= start), self.risk_aversion)

    def belief(self) -> Inferred:
        """What is known of them from the answers that count."""
        return _summary([said for day, said in self.answers if day >= self.since])

    def answered(self, day: float, judgment: Judgment) -> None:
        """They said something of a proposal."""
        self.answers.append((day, _said(judgment)))


def people(rng: np.random.Generator, days: float) -> list[Person]:
    """Forty; six of them change on the way."""
    found = [
        Person(
            name,
            float(rng.normal(0.55, 0.55)),
            float(np.exp(rng.normal(-2.6, 0.4))),
            float(rng.uniform(1.6, 3.6)),
        )
        for name in NAMES
    ]
    for number, (share, jump) in enumerate(
        [(0.35, 1.6), (0.45, -1.5), (0.55, 1.8), (0.6, 1.3), (0.72, -1.7), (0.8, 2.0)]
    ):
        one = found[(number * 7 + 2) % len(found)]
        one.changes.append((share * days, one.risk_aversion + jump))
    return found


def case(rng: np.random.Generator, near: float) -> dict[str, object]:
    """A sure amount against a gamble, which somebody near this risk aversion would find hard."""
    high, chance = float(rng.integers(30, 200)), float(rng.choice([0.25, 0.4, 0.5, 0.6, 0.75]))
    low = float(rng.integers(2, 12))
    r = float(np.clip(rng.normal(near, 0.5), -1.5, 2.5))
    sure = _worth(low, high, chance, r)
    gamble = [{"payoff": high, "probability": chance}, {"payoff": low, "probability": round(1 - chance, 2)}]
    return {"options": [{"outcomes": [{"payoff": round(sure, 1), "probability": 1.0}]}, {"outcomes": gamble}]}


def _worth(low: float, high: float, chance: float, r: float) -> float:
    """The sure amount that is worth a gamble to somebody of constant relative risk aversion."""
    if abs(r - 1) < NEARLY:
        return float(low ** (1 - chance) * high**chance)
    return float((chance * high ** (1 - r) + (1 - chance) * low ** (1 - r)) ** (1 / (1 - r)))


def preferred(options: dict[str, object], r: float) -> int:
    """The better option at a risk aversion."""
    first = Judgment.model_validate({**options, "chosen": 0})
    return 0 if float(advantage(first, np.array([r]))[0]) >= 0 else 1


def answer(rng: np.random.Generator, proposed: Judgment, person: Person, day: float) -> str:
    """What they say of a proposal."""
    gained = float(advantage(proposed, np.array([person.at(day)]))[0])
    return "approve" if rng.random() < 1 / (1 + np.exp(-gained / person.noise)) else "reject"


def infer(judgments: Sequence[Judgment]) -> Inferred:
    """The exact posterior of answers, as `drift watch` would be told by a service."""
    return _summary([_said(one) for one in judgments])


def _said(judgment: Judgment) -> Grid:
    """Log-likelihood of an answer on the grid."""
    gained = advantage(judgment, R)[None, :] / np.exp(LOG_TAU)[:, None]
    said: Grid = -np.logaddexp(0.0, -gained if judgment.feedback == "approve" else gained)
    return said


def _summary(answers: Sequence[Grid]) -> Inferred:
    log_density = _PRIOR + sum(answers, np.zeros_like(_PRIOR))
    joint = np.exp(log_density - log_density.max())
    weight, noise = joint.sum(axis=0), joint.sum(axis=1)
    weight, noise = weight / weight.sum(), noise / noise.sum()
    mean = float(weight @ R)
    sd = float(np.sqrt(weight @ (R - mean) ** 2))
    quantiles = np.interp(LEVELS, np.cumsum(weight) - 0.5 * weight, R)
    belief = Belief(round(mean, 4), round(sd, 4), tuple(np.round(quantiles, 4).tolist()))
    return Inferred(belief, float(noise @ np.exp(LOG_TAU)), len(answers), trustworthy=True, model_version="")
