"""Does the program that JAX compiles say of judgments what NumPy says of them, whatever they are?"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lottery_records import QUICK, lottery, parsed, record, records, several

from bayesian_verifier.posterior import change_places, further_places
from bayesian_verifier.simulators import Traced
from bayesian_verifier.simulators.lottery import LotteryEvidence, LotterySimulator
from bayesian_verifier.simulators.lottery._spread import GRAIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators import Read

SIMULATOR = LotterySimulator()
BESIDE = SIMULATOR.beside()
#: single precision of a log-likelihood of hundreds of nats
NATS = 1e-3


@cache
def compiled() -> Callable[..., Any]:
    places = jax.ShapeDtypeStruct((15,), np.int32)
    with jax.enable_x64(True):
        sheet = [jax.ShapeDtypeStruct(*shape) for shape in BESIDE.shapes]
        return jax.jit(BESIDE.described).lower(sheet, places).compile()


def told(judgments: list[Judgment], before: int = 0) -> tuple[Read, Traced]:
    """What the program says of somebody who has judged so many before."""
    read = BESIDE.read(judgments, BESIDE.nothing())
    with jax.enable_x64(True):
        said = compiled()(list(read.arguments), further_places(before, read.told)[0])
    return read, Traced(*(np.asarray(part) for part in said))


def agrees(judgments: list[Judgment], before: int = 0) -> None:
    read, said = told(judgments, before)
    described = SIMULATOR.describe(judgments)
    evidence = described.evidence
    assert isinstance(evidence, LotteryEvidence)
    assert (read.refuted, int(said.informative)) == (described.refuted, described.informative)
    table = said.sums.reshape(evidence.wide.table.shape)
    # in the last digits of double precision a weight may fall on the other side of half a grain
    assert np.abs(table - evidence.wide.table).max() <= GRAIN
    if not described.informative:
        return
    cuts = [b - before for b in change_places(before + 1, before + described.informative)]
    surfaces = SIMULATOR.rivals.surfaces(described.told, cuts)
    begun = int(before > 1 and bool(change_places(before, before + 1)))
    parts = said.parts[begun : begun + len(surfaces.parts)]
    assert parts == pytest.approx(surfaces.parts, abs=NATS)
    assert said.parts.sum(axis=0) == pytest.approx(surfaces.parts.sum(axis=0), abs=NATS)
    assert said.rewards == pytest.approx(surfaces.rewards, abs=NATS)
    assert said.differences == pytest.approx(surfaces.differences, abs=NATS)
    assert (int(said.feedback), int(said.reward)) == (surfaces.feedback, surfaces.reward)


@given(told=st.lists(records(), min_size=1, max_size=12), before=st.sampled_from([0, 1, 2, 5, 300]))
@settings(QUICK, max_examples=100)
@example(told=[], before=0)
@example(told=[record(lottery((5.0, 1.0)), lottery((5.0, 1.0)), feedback="approve")], before=0)
def test_any_judgments_say_the_same_as_in_numpy(told: list[dict[str, Any]], before: int) -> None:
    """Sums to a grain, surfaces to single precision, counts exactly; refuted and uninformative ones among them."""
    agrees(parsed(*told), before)


@pytest.mark.parametrize("count", [31, 32, 33, 64, 512])
def test_as_many_as_fill_a_lot_or_more(count: int) -> None:
    """Lots of 32 end where they should, and the largest request has room."""
    agrees(several(count))


def test_the_widest_cases_fit() -> None:
    """8 options of 16 outcomes, 512 times."""
    rng = np.random.default_rng(8)
    options = [lottery(*((float(x), 1 / 16) for x in rng.uniform(1, 9, 16))) for _ in range(8)]
    agrees(parsed(record(*options, feedback="reject", verdict="proved")) * 512)


def test_stakes_far_below_wealth_keep_their_digits() -> None:
    """Cents beside a billion: utilities are differences of numbers that agree to ten digits."""
    sure, risky = lottery((0.01, 1.0)), lottery((0.0, 0.5), (0.025, 0.5))
    agrees(parsed(record(sure, risky, wealth=1e9, feedback="approve", verdict="proved")))
