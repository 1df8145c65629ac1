"""What is an experiment? One of `configs/rl/*.toml`: arms, seeds, and hypotheses as they were written beforehand."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bayesian_verifier.rl._arms import arm_named
from bayesian_verifier.rl._environment import Rules
from bayesian_verifier.rl._ppo import Training
from bayesian_verifier.rl._rules import RULES

Positive = Annotated[int, Field(ge=1)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class TrainingSettings(_Table):
    """How much each arm learns; see `Training` for what is left as it is."""

    updates: Positive
    environments: Positive
    steps: Positive
    minibatches: Positive
    epochs: Positive = 4
    width: Positive = 64
    learning_rate: Annotated[float, Field(gt=0, lt=1)] = 1e-3
    discount: Annotated[float, Field(gt=0, le=1)] = 0.97

    @model_validator(mode="after")
    def _divides(self) -> Self:
        if self.environments % self.minibatches:
            raise ValueError("environments must be a multiple of minibatches")
        return self


class EvaluationSettings(_Table):
    """People nobody learns on. level: reward a decision that counts as learned, for the steps it takes."""

    people: Positive
    seed: Annotated[int, Field(ge=0, lt=2**31)]
    level: float
    resamples: Annotated[int, Field(ge=200)] = 2000


class ExplanationSettings(_Table):
    """For which arms and rules it is kept how they choose, of how many seeds, and in how many states."""

    arms: tuple[str, ...] = ()
    seeds: Annotated[int, Field(ge=0)] = 0
    states: Annotated[int, Field(ge=4, le=2**15)] = 200


class ClosesGap(_Table):
    """`arm` closes at least `least` of the gap from `low` to `high`, and the 95% interval lies above `excludes`."""

    kind: Literal["closes_gap"]
    id: str
    arm: str
    low: str
    high: str
    least: float
    excludes: float | None = None


class Beats(_Table):
    """`arm` earns more a decision than `other` by more than `margin`: the 95% interval of the difference says so.

    A margin below 0 asks that it is not worse by that much.
    """

    kind: Literal["beats"]
    id: str
    arm: str
    other: str
    margin: float = 0.0


class LearnsFaster(_Table):
    """`other` needs at least `ratio` times the steps of `arm` to reach the level."""

    kind: Literal["learns_faster"]
    id: str
    arm: str
    other: str
    ratio: float


class WorthOfGap(_Table):
    """`arm` is ahead of `other` by at least `least` of the gap from `low` to `high`, and the interval above `excludes`.

    Shares below 0 ask that it is not behind by that much.
    """

    kind: Literal["worth_of_gap"]
    id: str
    arm: str
    other: str
    low: str
    high: str
    least: float
    excludes: float


class Monotone(_Table):
    """With a greater θ* and all else as it was, `arm` picks no riskier option, in at least this share of states."""

    kind: Literal["monotone"]
    id: str
    arm: str
    least: float


Hypothesis = Annotated[ClosesGap | Beats | LearnsFaster | WorthOfGap | Monotone, Field(discriminator="kind")]


def named_in(one: Hypothesis) -> list[str]:
    """The arms and rules that a hypothesis is about."""
    return [value for key, value in one if key in {"arm", "other", "low", "high"}]


class Experiment(_Table):
    """All of it.

    environment: A, or B with its battery.   belief: the exact posterior on a grid, or the shipped model's.
    arms: how many seeds of each.   rules: what is compared with and learns nothing.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9_-]+$")]
    environment: Literal["A", "B"]
    belief: Literal["exact", "served"]
    arms: dict[str, Positive]
    rules: tuple[str, ...] = ()
    training: TrainingSettings
    evaluation: EvaluationSettings
    explained: ExplanationSettings = ExplanationSettings()
    hypotheses: tuple[Hypothesis, ...] = ()

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        for arm in self.arms:
            arm_named(arm)
        unknown = sorted(set(self.rules) - set(RULES))
        if unknown:
            raise ValueError(f"no rule is named {unknown[0]!r}; there are {', '.join(RULES)}")
        compared = {*self.arms, *self.rules}
        for name in self.explained.arms:
            if name not in compared:
                raise ValueError(f"explained: {name!r} is not in the experiment")
            if name in self.arms and arm_named(name).memory:
                raise ValueError(f"explained: {name!r} has a memory of its own: no belief of it can be moved")
        for one in self.hypotheses:
            unknown = [name for name in named_in(one) if name not in compared]
            if unknown:
                raise ValueError(f"hypothesis {one.id}: {unknown[0]!r} is not in the experiment")
            if isinstance(one, Monotone) and one.arm not in self.explained.arms:
                raise ValueError(f"hypothesis {one.id}: {one.arm!r} is not among the explained")
        return self

    @property
    def hash(self) -> str:
        """Of everything it says: results carry it, so that nothing is registered after the run."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def of_episodes(self) -> Rules:
        """Rules of the environment."""
        return Rules(battery=self.environment == "B")

    @property
    def of_learning(self) -> Training:
        """How a policy is learned."""
        return Training(**self.training.model_dump())
