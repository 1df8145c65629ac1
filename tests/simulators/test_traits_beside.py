"""Does the program that JAX compiles say of judgments by people with several traits what NumPy says of them?"""

from __future__ import annotations

from dataclasses import replace
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
def compiled(name: str) -> Callable[..., Any]:
    """Sums, what the network reads, counts and log-likelihoods of draws, of a sheet and of sums before."""
    simulator, theta = SIMULATORS[name], people(name)
    beside = simulator.beside()

    def described(sheet: Any, before: Any) -> tuple[Any, ...]:  # noqa: ANN401 - arrays that JAX traces
        said = beside.described(sheet, PLACES)
        total = before + said.sums
        seen = beside.read_by_network(sheet, before, total)
        likely = beside.log_likelihood(sheet, before, total, theta)
        return total, seen, said.informative, said.feedback, said.reward, likely

    with jax.enable_x64(True):
        sheet = [jax.ShapeDtypeStruct(*shape) for shape in beside.shapes]
        return jax.jit(described).lower(sheet, np.zeros(simulator.summing.size)).compile()


def told(
    name: str, judgments: list[Judgment], before: TraitsEvidence | None = None, *, summed: bool = True
) -> tuple[Read, list[Any]]:
    """What the program says of somebody of whom this was known, or nothing; summed: whether sums are asked for."""
    beside = SIMULATORS[name].beside()
    known = before or beside.nothing()
    read = beside.read(judgments, known)
    with jax.enable_x64(True):
        sheet = [*read.arguments[:-1], read.arguments[-1] | summed]
        return read, [np.asarray(part) for part in compiled(name)(sheet, beside.sums(known))]


def agrees(name: str, judgments: list[Judgment]) -> None:
    read, (sums, seen, informative, feedback, reward, likely) = told(name, judgments)
    simulator = SIMULATORS[name]
    described = simulator.describe(judgments)
    evidence = described.evidence
    assert isinstance(evidence, TraitsEvidence)
    assert (read.refuted, int(informative)) == (described.refuted, described.informative)
    assert (int(feedback), int(reward)) == evidence.counts
    count = max(1, described.informative)
    assert sums == pytest.approx(evidence.totals, abs=NATS * count)
    theta = people(name).astype(np.float64)
    exact = simulator.log_likelihood(theta, judgments)
    # up to a constant; somebody with next to no noise magnifies the last digits of an advantage
    off = likely - exact
    off = (off - np.median(off)) * np.minimum(1.0, np.exp(theta[:, -1]) / 0.01)
    assert off == pytest.approx(np.zeros(DRAWS), abs=5 * NATS * count)
    kept = read.evidence(sums, seen)
    assert kept.log_likelihood(theta) == pytest.approx(exact)
    assert kept.counts == evidence.counts
    assert kept.kind == evidence.kind


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
    some = simulator.describe(judgments[:60]).evidence
    before = simulator.read_evidence(replace(some, judgments=None, nodes=some.totals[:-2]).to_bytes())
    read, (sums, seen, *_, likely) = told(name, judgments[60:], before)
    known = read.evidence(sums, seen)
    assert known.told is None
    assert seen == pytest.approx(simulator.read_evidence(known.to_bytes()).sums, abs=0.02)
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
def test_sums_are_made_only_where_a_state_has_no_room_for_judgments(name: str) -> None:
    """Twenty travel as they are, and are read back so; five hundred are summed, in no more room."""
    few, lots = many(20), many(500)
    read, (sums, seen, *_) = told(name, few, summed=False)
    assert not sums[:-2].any()
    kept = read.evidence(sums, seen)
    back = SIMULATORS[name].read_evidence(kept.to_bytes())
    assert back.judgments == tuple(SIMULATORS[name].describe(few).told)
    assert back.sums == pytest.approx(seen, abs=1e-4)
    read, (sums, seen, *_) = told(name, lots, summed=False)
    assert sums[:-2].any()
    state = read.evidence(sums, seen).to_bytes()
    assert len(state) < 17_500
    assert SIMULATORS[name].read_evidence(state).judgments is None


@pytest.mark.parametrize("name", SIMULATORS)
def test_what_is_recalled_is_all_that_counts(name: str) -> None:
    """Judgments of a state, as long as a sheet has room for the new ones too; none of sums."""
    beside, simulator = SIMULATORS[name].beside(), SIMULATORS[name]
    some = simulator.describe(many(100)).evidence
    known = simulator.read_evidence(some.to_bytes())
    assert list(beside.recalled(known, 412)) == list(some.judgments or ())
    assert not beside.recalled(known, 413)
    assert not beside.recalled(replace(some, judgments=None, nodes=some.totals[:-2]), 1)


@pytest.mark.parametrize("name", SIMULATORS)
def test_stakes_far_below_wealth_keep_their_digits(name: str) -> None:
    """Cents beside a billion, and all one has: utilities are differences of numbers that agree to ten digits."""
    sure, risky = lottery((0.01, 1.0)), lottery((0.0, 0.5), (0.025, 0.5))
    agrees(name, parsed(record(sure, risky, wealth=1e9, feedback="approve", verdict="proved")))
    ruin = lottery((-10.0, 0.1), (30.0, 0.9))
    agrees(name, parsed(record(sure, ruin, wealth=10.0, chosen=1, feedback="approve", verdict="proved")))
