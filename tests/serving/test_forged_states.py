"""States whose bytes were made up, behind a right checksum: finite numbers or a refusal, never a 5xx."""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.serving import Engine, compile_engine, create_app
from bayesian_verifier.serving._state import CRC, HEADER
from bayesian_verifier.simulators.lottery._evidence import LOCAL_COUNT
from serving.bodies import no_number_is_missing
from serving.closed_form import Fault, LikelySimulator, closed_form_model, judgment, typical_people
from serving.conftest import serving
from serving.lottery_engine import SIMULATOR, at_random, by_grid, lottery_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from bayesian_verifier.simulators import Evidence

ROWS = [
    {
        "options": [
            {"outcomes": [{"payoff": pay, "probability": n / 10}, {"payoff": low, "probability": 1 - n / 10}]}
            for pay, low in ((2.0, 1.6), (3.85, 0.1))
        ],
        "chosen": int(n > 5),
        "feedback": "approve",
        "reward": 0.05,
    }
    for n in range(1, 10)
]
COUNTS = st.tuples(*[st.integers(0, 2**31)] * 3).map(sorted).map(lambda c: (c[2], c[0], c[1] - c[0]))


def forged(
    tag: bytes,
    counts: tuple[int, int, int],
    evidence: bytes,
    misfit: bytes = b"",
    *,
    length: int | None = None,
) -> str:
    """A state with whatever content, and the checksum of it; length: of the evidence, as the state says."""
    said = len(evidence) if length is None else length
    body = HEADER.pack(b"BVS2", tag, *counts, said) + evidence + misfit
    return base64.urlsafe_b64encode(body + CRC.pack(zlib.crc32(body))).rstrip(b"=").decode()


def told(client: httpx.Client, state: str, records: list[dict[str, Any]], draws: int = 8) -> dict[str, Any]:
    """The reply: 200 with numbers only and every part of a posterior in order, or 422 that names the state."""
    reply = client.post(
        "/v1/posterior", json={"judgments": records, "state": state, "draws": draws, "seed": 1}
    )
    assert reply.status_code in (200, 422), reply.text
    content: dict[str, Any] = reply.json()
    if reply.status_code == 422:
        assert [error["rule"] for error in content["errors"]] == ["unreadable_state"]
        return content
    assert no_number_is_missing(content)
    for marginal in content["posterior"].values():
        quantiles = list(marginal["quantiles"].values())
        assert quantiles == sorted(quantiles)
        assert marginal["sd"] > 0
    for drawn in (content["draws"] or {}).values():
        assert len(drawn) == draws
        assert all(isinstance(value, float) for value in drawn)
    return content


@pytest.fixture(scope="module", params=[Fault(), Fault(-0.3, 0.8)], ids=["right", "off"])
def likely(request: pytest.FixtureRequest) -> Iterator[tuple[httpx.Client, Engine]]:
    """A service over the closed form, with a likelihood and every check."""
    model = closed_form_model(fault=request.param, typicality=typical_people())
    engine = compile_engine(model, LikelySimulator(), points=1024)
    with serving(create_app(lambda: engine)) as (client, _):
        yield client, engine


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(counts=COUNTS, bits=st.binary(min_size=8, max_size=8), more=st.booleans())
@example(counts=(1, 1, 0), bits=struct.pack("<2f", -1.0, 0.0), more=False)
@example(counts=(1, 1, 0), bits=struct.pack("<2f", -1.0, 3e38), more=True)
@example(counts=(1, 1, 0), bits=struct.pack("<2f", -0.999999, 3e38), more=False)
@example(counts=(1, 1, 0), bits=struct.pack("<2f", 3e38, 3e38), more=True)
@example(counts=(1, 1, 0), bits=struct.pack("<2f", 3e38, 3e38), more=False)
@example(counts=(1, 1, 0), bits=struct.pack("<2f", 0.0, -3e38), more=False)
@example(counts=(1, 1, 0), bits=struct.pack("<2f", float("nan"), 1.0), more=False)
def test_any_eight_bytes_of_sums_get_finite_numbers_or_a_refusal(
    likely: tuple[httpx.Client, Engine], counts: tuple[int, int, int], bits: bytes, more: bool
) -> None:
    """And a state that is given back is read again."""
    client, engine = likely
    content = told(client, forged(engine.tag, counts, bits), [judgment(0.5)] * more)
    if "state" in content:
        told(client, content["state"], [])


def honest(rows: int) -> Evidence:
    """What the lottery simulator keeps of someone with so many rewarded choices, looked at twice if there are any."""
    records = parse_judgments((ROWS * (1 + rows // len(ROWS)))[:rows])
    evidence: Evidence = SIMULATOR.describe(records).evidence
    mean, sd = np.array([0.4, -2.0]), np.array([0.02, 0.5])
    return evidence.sharpened(mean, sd) if rows else evidence


HONEST = [honest(rows).to_bytes() for rows in (0, 9, 400)]
LENGTHS = sorted({len(raw) for raw in HONEST})
WIDE, WHOLE = min(LENGTHS), max(LENGTHS)


@dataclass(frozen=True)
class Forgery:
    """An honest person's bytes with some overwritten; all from `start` on made up where there is a scale."""

    person: int
    edits: tuple[tuple[int, bytes], ...]
    length: int
    start: int
    scale: float | None
    seed: int

    def raw(self) -> bytes:
        noise = np.random.default_rng(self.seed)
        raw = bytearray(HONEST[self.person])
        if self.scale is not None:
            floats = self.scale * noise.uniform(-1, 1, self.length // 8 + 1)
            raw = bytearray(noise.bytes(self.length))
            raw[self.start :] = floats.astype("<f8").tobytes()[: self.length - self.start]
        for at, some in self.edits:
            raw[at % (len(raw) - 8) : at % (len(raw) - 8) + 8] = some
        return bytes(raw)


SOME = (
    st.binary(min_size=8, max_size=8)
    | st.floats(-1e6, 1e6).map(lambda x: struct.pack("<d", x))
    | st.sampled_from([bytes(8), b"\xff" * 8, struct.pack("<2I", 0x7F800001, 0xFF800001)])
)
TAMPERED = st.builds(
    Forgery,
    person=st.integers(0, 2),
    edits=st.lists(st.tuples(st.integers(0, 20_000), SOME), max_size=6).map(tuple),
    length=st.sampled_from(LENGTHS),
    start=st.sampled_from([0, 11520]),
    scale=st.none() | st.sampled_from([1e-300, 1e-3, 1.0, 1e3, 1e6]),
    seed=st.integers(0, 2**32),
)


def closest_points() -> bytes:
    """A second look whose points are neighbouring floats."""
    raw = bytearray(max(HONEST, key=len))
    points = np.empty(LOCAL_COUNT)
    points[0] = 0.4
    for i in range(1, LOCAL_COUNT):
        points[i] = np.nextafter(points[i - 1], 1.0)
    raw[WIDE : WIDE + points.nbytes] = points.astype("<f8").tobytes()
    return bytes(raw)


@pytest.fixture(scope="module", params=[by_grid, at_random])
def lottery(request: pytest.FixtureRequest) -> Iterator[tuple[httpx.Client, Engine]]:
    """A service over the real simulator, with a network that is close or one of random weights."""
    engine = lottery_engine(request.param)
    with serving(create_app(lambda: engine)) as (client, _):
        yield client, engine


def test_honest_bytes_have_both_lengths() -> None:
    """With and without a second look; else tampering would miss one."""
    assert len(LENGTHS) == 2


def assert_answered(
    lottery: tuple[httpx.Client, Engine], counts: tuple[int, int, int], evidence: bytes, rows: int
) -> None:
    """Numbers or a refusal, also for the state that is given back."""
    client, engine = lottery
    content = told(client, forged(engine.tag, counts, evidence), ROWS[:rows])
    if "state" in content:
        told(client, content["state"], ROWS[:1])


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(counts=COUNTS, forgery=TAMPERED, rows=st.sampled_from([0, 0, 1, 9]))
def test_any_sums_of_lotteries_get_finite_numbers_or_a_refusal(
    lottery: tuple[httpx.Client, Engine], counts: tuple[int, int, int], forgery: Forgery, rows: int
) -> None:
    """Overwritten or made up."""
    assert_answered(lottery, counts, forgery.raw(), rows)


@pytest.mark.parametrize("rows", [0, 9])
@pytest.mark.parametrize("case", ["closest points", "fullest", "cut", "grown", "none"])
def test_the_worst_sums_of_lotteries_get_finite_numbers_or_a_refusal(
    lottery: tuple[httpx.Client, Engine], case: str, rows: int
) -> None:
    """A second look at neighbouring floats, every count at its greatest, other lengths."""
    evidence = {
        "closest points": closest_points(),
        "fullest": b"\xff" * 11520 + bytes(1536),
        "cut": HONEST[2][:-1],
        "grown": HONEST[2] + b"\0",
        "none": b"",
    }[case]
    assert_answered(lottery, (9, 9, 0), evidence, rows)


@settings(max_examples=200, deadline=None)
@given(TAMPERED)
def test_what_is_read_is_written_as_it_was_read(forgery: Forgery) -> None:
    """Whatever bytes the simulator takes for evidence; all others are a ValueError."""
    raw = forgery.raw()
    try:
        evidence = SIMULATOR.read_evidence(raw)
    except ValueError:
        return
    again = evidence.to_bytes()
    assert np.isfinite(evidence.sums).all()
    assert len(again) == len(raw)
    assert SIMULATOR.read_evidence(again).to_bytes() == again


def test_an_honest_person_is_answered_by_the_network_that_is_close(
    lottery: tuple[httpx.Client, Engine], request: pytest.FixtureRequest
) -> None:
    """One request at a time: 400 judgments, with second looks, the same sums as in one."""
    client, engine = lottery
    records = (ROWS * 45)[:400]
    state, narrow = None, False
    for start in range(0, 400, 50):
        body = {"judgments": records[start : start + 50], **({} if state is None else {"state": state})}
        reply = client.post("/v1/posterior", json=body).json()
        state = reply["state"]
        narrow |= len(state) > 4 * (HEADER.size + WHOLE) / 3
    whole = client.post("/v1/posterior", json={"judgments": records}).json()
    assert reply["evidence"] == whole["evidence"]
    if "by_grid" in request.node.name:
        assert narrow
    wide = [
        base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))[HEADER.size :][:WIDE]
        for text in (state, whole["state"])
    ]
    assert wide[0] == wide[1]
    assert engine.simulator is SIMULATOR
