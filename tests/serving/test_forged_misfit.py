"""States whose misfit evidence was made up: finite numbers or a refusal, never a 5xx."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.serving import create_app
from model.shipped import shipped_engine
from serving.conftest import serving
from serving.test_forged_states import ROWS, SIMULATOR, forged, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from bayesian_verifier.serving import Engine

    Shipped = tuple[httpx.Client, Engine]

EVIDENCE = SIMULATOR.describe(parse_judgments(ROWS)).evidence.to_bytes()
NINE = (9, 9, 0)
NUMBERS = st.one_of(
    st.floats(-(2.0**99), 2.0**99, width=32), st.sampled_from([np.nan, np.inf, -np.inf, -1e30, 1e-45, -0.0])
)


@pytest.fixture(scope="module")
def shipped() -> Iterator[Shipped]:
    """A service over the model of the package."""
    engine = shipped_engine()
    with serving(create_app(lambda: engine)) as (client, _):
        yield client, engine


def honest(engine: Engine) -> bytes:
    """What the check keeps of nine judgments."""
    assert engine.misfit is not None
    return engine.misfit.added(engine.misfit.nothing(), parse_judgments(ROWS)).to_bytes()


def assert_answered(shipped: Shipped, misfit: bytes, rows: int, *, refused: bool | None = None) -> None:
    """Numbers or a refusal, also for the state that is given back; refused: whether it must be, None for either."""
    client, engine = shipped
    content = told(client, forged(engine.tag, NINE, EVIDENCE, misfit), ROWS[:rows])
    if refused is not None:
        assert ("state" not in content) is refused
    if "state" in content:
        told(client, content["state"], ROWS[:2])


@settings(max_examples=150, deadline=None)
@given(
    edits=st.lists(st.tuples(st.integers(0, 10_000), NUMBERS), max_size=6),
    scale=st.none() | st.sampled_from([1e-40, 1e-3, 30.0, 1e6, 1e20, 1e30]),
    seed=st.integers(0, 2**32),
    rows=st.sampled_from([0, 1, 9]),
)
def test_any_misfit_evidence_gets_finite_numbers_or_a_refusal(
    shipped: Shipped, edits: list[tuple[int, float]], scale: float | None, seed: int, rows: int
) -> None:
    """Overwritten here and there, or all made up."""
    raw = honest(shipped[1])
    numbers = np.frombuffer(raw, "<f4", offset=12).copy()
    if scale is not None:
        numbers = (scale * np.random.default_rng(seed).uniform(-1, 1, numbers.size)).astype("<f4")
    for at, number in edits:
        numbers[at % numbers.size] = number
    assert_answered(shipped, raw[:12] + numbers.tobytes(), rows)


@pytest.mark.parametrize("value", [-3.4e38, -1e30, 0.0, 1e30, 3.4e38])
@pytest.mark.parametrize("rows", [0, 1, 9])
def test_the_greatest_numbers_get_finite_numbers_or_a_refusal(
    shipped: Shipped, value: float, rows: int
) -> None:
    """One number everywhere: sums of it are beyond single precision."""
    raw = bytearray(honest(shipped[1]))
    raw[12:] = np.full((len(raw) - 12) // 4, value, "<f4").tobytes()
    assert_answered(shipped, bytes(raw), rows)


def test_the_greatest_numbers_of_either_sign_get_finite_numbers_or_a_refusal(shipped: Shipped) -> None:
    """Above and below zero in turn, and judgments enough for a place where somebody may have changed."""
    raw = honest(shipped[1])
    numbers = np.full((len(raw) - 12) // 4, 3.4e38, "<f4")
    numbers[1::2] *= -1
    assert_answered(shipped, raw[:12] + numbers.tobytes(), 9)


@pytest.mark.parametrize("counts", [(8, 9, 9), (9, 0, 0), (20, 9, 9), (0, 1, 0)])
def test_counts_that_contradict_each_other_are_refused(
    shipped: Shipped, counts: tuple[int, int, int]
) -> None:
    """More feedbacks than judgments, or judgments without either answer."""
    raw = struct.pack("<3I", *counts) + honest(shipped[1])[12:]
    assert_answered(shipped, raw, 0, refused=True)


def test_the_greatest_counts_get_finite_numbers_or_a_refusal(shipped: Shipped) -> None:
    """As many judgments as 32 bits hold, and one more."""
    raw = struct.pack("<3I", *[2**32 - 1] * 3) + honest(shipped[1])[12:]
    assert_answered(shipped, raw, 1)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_refused(shipped: Shipped, value: float) -> None:
    """First, somewhere, or last."""
    whole = honest(shipped[1])
    for place in (12, 3000, len(whole) - 4):
        raw = bytearray(whole)
        raw[place : place + 4] = np.array([value], "<f4").tobytes()
        assert_answered(shipped, bytes(raw), 0, refused=True)


def test_misfit_evidence_of_another_length_is_refused(shipped: Shipped) -> None:
    """None, cut short, grown; as it was it is read."""
    whole = honest(shipped[1])
    assert_answered(shipped, whole, 1, refused=False)
    for raw in (b"", whole[:11], whole[:-1], whole + b"\0", whole + bytes(400)):
        assert_answered(shipped, raw, 1, refused=True)


@pytest.mark.parametrize("length", [0, 1, len(EVIDENCE) - 1, len(EVIDENCE) + 1, 2**32 - 1])
def test_a_length_that_cuts_elsewhere_is_refused(shipped: Shipped, length: int) -> None:
    """The header says where evidence ends and the check's part begins."""
    client, engine = shipped
    state = forged(engine.tag, NINE, EVIDENCE, honest(engine), length=length)
    assert "state" not in told(client, state, [])
