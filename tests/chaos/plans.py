"""What is done to the processes of a storm, and when? A seed repeats it."""

from __future__ import annotations

import random
from typing import NamedTuple


class Plan(NamedTuple):
    """What happens, each after so many seconds of rest from what happened before; then it lasts as long again."""

    seed: int
    actions: tuple[tuple[float, str], ...]
    rest: float


ACTIONS = ("terminate", "stop", "kill", "kill caller")


def short_plan(seed: int, rest: float = 2.0) -> Plan:
    """Each action once, in an order of the seed's, so many seconds apart."""
    order = random.Random(f"{seed}/actions").sample(ACTIONS, len(ACTIONS))
    return Plan(seed, tuple((rest, action) for action in order), rest)


def long_plan(seed: int, seconds: float) -> Plan:
    """One action every few seconds, until that many have passed."""
    chance = random.Random(f"{seed}/actions")
    return Plan(
        seed, tuple((chance.uniform(2.0, 8.0), chance.choice(ACTIONS)) for _ in range(int(seconds))), 5.0
    )
