"""Which fault happens when? A schedule that a seed repeats."""

from __future__ import annotations

import random
from typing import NamedTuple

from chaos.faults import FAULTS

SLICE = 0.5  # seconds of one weather
FAIR_AT_FIRST = 1.5  # seconds


class Weather(NamedTuple):
    """One slice of time: the share of requests with a fault, and which faults they have.

    shut: whether nobody listens on the TCP port.   deaf: share of connections that are accepted and never read.
    """

    share: float
    faults: tuple[str, ...]
    shut: bool
    deaf: float


def weather(seed: int, seconds: float) -> Weather:
    """The weather so many seconds after the start: fair, mixed, one fault at a time, or nobody there."""
    chance = random.Random(f"{seed}/weather/{int(seconds / SLICE)}")
    if seconds < FAIR_AT_FIRST:
        return Weather(0.0, (), shut=False, deaf=0.0)
    mixed = tuple(name for name in FAULTS if name != "whole")
    return chance.choices(
        (
            Weather(0.0, (), shut=False, deaf=0.0),
            Weather(0.25, mixed, shut=False, deaf=0.05),
            Weather(1.0, (chance.choice(mixed),), shut=False, deaf=0.0),
            Weather(0.0, (), shut=True, deaf=0.0),
        ),
        weights=(5, 6, 2, 1),
    )[0]


def is_faulty(seed: int, seconds: float, connection: int, number: int) -> bool:
    """Whether anything is wrong with the number-th request of a connection."""
    return random.Random(f"{seed}/{connection}/{number}").random() < weather(seed, seconds).share


def fault(seed: int, seconds: float, before: int) -> str:
    """The next fault, after so many: dealt from a shuffled deck, so that each comes up before any comes again."""
    faults = weather(seed, seconds).faults
    round_, place = divmod(before, len(faults))
    return random.Random(f"{seed}/deck/{round_}").sample(faults, len(faults))[place]


def is_deaf(seed: int, seconds: float, connection: int) -> bool:
    """Whether a connection is accepted and never read."""
    return random.Random(f"{seed}/{connection}").random() < weather(seed, seconds).deaf
