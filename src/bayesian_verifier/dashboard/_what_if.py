"""What would a policy, and the rule of expected value, have done with another θ* or σ? Asked again, state for state."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bayesian_verifier.judgment import Case, expected_utilities
from bayesian_verifier.policy import Surroundings, chances, scores_of, state_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bayesian_verifier.policy import Policy, State

#: values of θ* that one decision is asked about
GRID = tuple(np.round(np.linspace(-1.5, 2.5, 81), 3).tolist())


class Met(NamedTuple):
    """A choice as it was met: the case, what was said around it, and the state that the policy saw."""

    case: Case
    surroundings: Surroundings
    state: State


class Would(NamedTuple):
    """What would be done. choice: of the policy, an option.   asks: first.   chance: of `option`, asks left out.

    rule: the option of greatest V to somebody whose risk aversion is θ*.
    """

    choice: int | None
    asks: bool
    chance: float | None
    rule: int | None


@lru_cache(maxsize=4096)
def met(case: str, surroundings: str) -> Met:
    """From their JSON in the journal. Raises ValueError where it is none."""
    read, around = Case.model_validate_json(case), Surroundings.model_validate_json(surroundings)
    return Met(read, around, state_of(read, around))


def would(policy: Policy, choice: Met, mean: float, sd: float, option: int | None) -> Would:
    """Of a person of whom this were believed."""
    state = choice.state
    if not state.indices:
        return Would(None, asks=False, chance=None, rule=None)
    said = scores_of(policy.parts, state, policy.known(mean, sd))
    options = said.options[0]
    chance = chances(options / policy.temperature(sd))
    worth = _values(choice, [mean])[:, 0]
    place = state.indices.index(option) if option in state.indices else None
    return Would(
        state.indices[int(options.argmax())],
        asks=bool(state.may_ask and said.ask[0] > options.max()),
        chance=None if place is None else float(chance[place]),
        rule=int(np.nanargmax(worth)),
    )


def over_the_grid(policy: Policy, choice: Met, sd: float) -> dict[str, Any]:
    """Of one decision, at each θ* of the grid: chances of the options and of an ask, and what V is to such a person."""
    state, count = choice.state, len(GRID)
    said = scores_of(policy.parts, state, policy.known(np.array(GRID), np.full(count, sd)))
    logits = said.options
    if state.may_ask:
        logits = np.concatenate([logits, said.ask[:, None]], axis=1)
    all_chances = chances(logits / policy.temperature(sd))
    worth = _values(choice, GRID)
    by_option: list[list[float] | None] = [None] * len(choice.case.options)
    for place, index in enumerate(state.indices):
        by_option[index] = _rounded(all_chances[:, place])
    return {
        "theta": list(GRID),
        "chances": by_option,
        "ask": _rounded(all_chances[:, -1]) if state.may_ask else None,
        "values": [None if np.isnan(row[0]) else _rounded(row) for row in worth],
    }


def told(choice: Met) -> dict[str, Any]:
    """The choice itself, for people: outcomes of each option, and what it costs."""
    around = choice.surroundings
    costs = around.options or (None,) * len(choice.case.options)
    return {
        "options": [
            {
                "outcomes": [[one.payoff, one.probability] for one in option.outcomes],
                "latency": None if cost is None else cost.latency,
                "energy": None if cost is None else cost.energy,
            }
            for option, cost in zip(choice.case.options, costs, strict=True)
        ],
        "wealth": list(choice.case.wealth_range),
        "stake": around.stake,
        "may_ask": around.may_ask,
        "around": json.loads(around.model_dump_json(exclude={"options", "questions"}, exclude_defaults=True)),
    }


def _values(choice: Met, at: Sequence[float]) -> NDArray[np.float64]:
    low, high = choice.case.wealth_range
    middle = choice.case if low == high else choice.case.model_copy(update={"wealth": low + (high - low) / 2})
    return expected_utilities(middle, at)


def _rounded(values: NDArray[Any]) -> list[float]:
    found: list[float] = np.round(values.astype(np.float64), 5).tolist()
    return found
