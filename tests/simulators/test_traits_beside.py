"""Does the program that JAX compiles say of judgments by people with several traits what NumPy says of them?"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lottery_records import QUICK, lottery, parsed, record, records, several

from bayesian_verifier.posterior import MOST_PLACES
from bayesian_verifier.simulators.traits import ExplorerSimulator, TraitsEvidence, TraitsSimulator

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators import Read

SIMULATORS = {one.name: one for one in (ExplorerSimulator(), TraitsSimulator())}
#: single precision of what one judgment says at a node or a draw, in nats
NATS = 1e-5
DRAWS = 64
PLACES = np.zeros(MOST_PLACES, np.int32)


@cache
def people(name: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Draws on the link scale: of the prior, and people at r = 1, or of very much or little risk aversion or noise."""
    theta = SIMULATORS[name].sample_prior(np.random.default_rng(0), DRAWS)
    theta[:4, 0] = 1.0, -20.0, 25.0, np.nextafter(1.0, 2.0)
    theta[4:6, -1] = -8.0, 4.0
    return theta.astype(np.float32)


@cache
def compiled(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Sums with what the network reads of them and counts, and log-likelihoods of draws."""
    simulator, theta = SIMULATORS[name], people(name)
    beside, size = simulator.beside(), simulator.sums_size

    def described(sheet: Any, places: Any) -> tuple[Any, ...]:  # noqa: ANN401 - arrays that JAX traces
        said = beside.described(sheet, places)
        return said.sums, beside.read_by_network(said.sums), said.informative, said.feedback, said.reward

    with jax.enable_x64(True):
        sheet = [jax.ShapeDtypeStruct(*shape) for shape in beside.shapes]
        return (
            jax.jit(described).lower(sheet, PLACES).compile(),
            jax.jit(lambda *given: beside.log_likelihood(*given, theta))
            .lower(sheet, *2 * [np.zeros(size)])
            .compile(),
        )


def told(name: str, judgments: list[Judgment]) -> tuple[Read, list[Any], Any]:
    """What the program says of somebody of whom nothing was known."""
    read = SIMULATORS[name].beside().read(judgments)
    with jax.enable_x64(True):
        described, likely = compiled(name)
        sheet = list(read.arguments)
        said = [np.asarray(part) for part in described(sheet, PLACES)]
        return read, said, np.asarray(likely(sheet, np.zeros_like(said[0]), said[0]))


def agrees(name: str, judgments: list[Judgment]) -> None:
    read, (sums, by_network, informative, feedback, reward), likely = told(name, judgments)
    simulator = SIMULATORS[name]
    described = simulator.describe(judgments)
    evidence = described.evidence
    assert isinstance(evidence, TraitsEvidence)
    assert (read.refuted, int(informative)) == (described.refuted, described.informative)
    assert (int(feedback), int(reward)) == tuple(evidence.totals[-2:].astype(int))
    count = max(1, described.informative)
    assert sums == pytest.approx(evidence.totals, abs=NATS * count)
    # in NumPy they are in whole steps, as in a state, of two thousandths
    in_steps = TraitsEvidence(sums, simulator.summing, None).sums
    assert np.all(np.abs(by_network - in_steps) <= 0.51 * (4.0 + np.abs(in_steps)) / 2048)
    theta = people(name).astype(np.float64)
    exact = simulator.log_likelihood(theta, judgments)
    # up to a constant; somebody with next to no noise magnifies the last digits of an advantage
    off = likely - exact
    off = (off - np.median(off)) * np.minimum(1.0, np.exp(theta[:, -1]) / 0.01)
    assert off == pytest.approx(np.zeros(DRAWS), abs=5 * NATS * count)
    kept = read.evidence(simulator.beside().nothing(), sums)
    assert kept.log_likelihood(theta) == pytest.approx(exact)


@st.composite
def counted(draw: st.DrawFn) -> dict[str, Any]:
    """Any record, with and without counts of tries."""
    some = draw(records())
    most = draw(st.sampled_from([None, 0, 1, 30, 10**9]))
    if most is None:
        return some
    return some | {"times_tried": [draw(st.integers(0, most)) for _ in some["options"]]}


@pytest.mark.parametrize("name", SIMULATORS)
@given(told=st.lists(counted(), min_size=1, max_size=8))
@settings(QUICK, max_examples=25)
@example(told=[])
@example(told=[record(lottery((5.0, 1.0)), lottery((5.0, 1.0)), feedback="approve")])
def test_any_judgments_say_the_same_as_in_numpy(name: str, told: list[dict[str, Any]]) -> None:
    """Sums and likelihoods to single precision, counts exactly; refuted and uninformative ones among them."""
    agrees(name, parsed(*told))


def many(count: int) -> list[Judgment]:
    """All kinds of answers, and counts of tries."""
    return several(count, lambda i: {"times_tried": [i % 7, i % 4]})


@pytest.mark.parametrize("name", SIMULATORS)
@pytest.mark.parametrize("count", [16, 17, 512])
def test_as_many_as_fill_a_lot_or_more(name: str, count: int) -> None:
    """Lots of 16 end where they should, and the largest request has room."""
    agrees(name, many(count))


@pytest.mark.parametrize("name", SIMULATORS)
def test_where_some_were_known_before_the_likelihood_is_read_between_nodes(name: str) -> None:
    """On top of a state, as NumPy reads it there: to a thousandth of a nat near the best, of 70 judgments."""
    simulator, judgments = SIMULATORS[name], many(70)
    before = simulator.read_evidence(simulator.describe(judgments[:60]).evidence.to_bytes())
    read, (sums, *_), _ = told(name, judgments[60:])
    with jax.enable_x64(True):
        likely = np.asarray(compiled(name)[1](list(read.arguments), before.totals, before.totals + sums))
    known = read.evidence(before, before.totals + sums)
    assert known.parts is None
    expected = known.log_likelihood(people(name).astype(np.float64))
    near = expected > expected.max() - 50.0
    off = likely - expected
    assert near.sum() > 5
    assert off[near] == pytest.approx(np.full(near.sum(), np.median(off[near])), abs=1e-3)


@pytest.mark.parametrize("name", SIMULATORS)
def test_sums_are_the_same_to_the_bit_in_any_order(name: str) -> None:
    """Wherever in a lot a judgment stands."""
    judgments = many(50)
    shuffled = [judgments[i] for i in np.random.default_rng(0).permutation(50)]
    assert np.array_equal(told(name, judgments)[1][0], told(name, shuffled)[1][0])


@pytest.mark.parametrize("name", SIMULATORS)
def test_stakes_far_below_wealth_keep_their_digits(name: str) -> None:
    """Cents beside a billion, and all one has: utilities are differences of numbers that agree to ten digits."""
    sure, risky = lottery((0.01, 1.0)), lottery((0.0, 0.5), (0.025, 0.5))
    agrees(name, parsed(record(sure, risky, wealth=1e9, feedback="approve", verdict="proved")))
    ruin = lottery((-10.0, 0.1), (30.0, 0.9))
    agrees(name, parsed(record(sure, ruin, wealth=10.0, chosen=1, feedback="approve", verdict="proved")))
