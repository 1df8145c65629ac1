"""The state a reply gives: read back as given, or refused."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bayesian_verifier.errors import InvalidEvidenceError
from bayesian_verifier.serving import answer, compile_engine, create_app, read_question
from bayesian_verifier.serving._limits import MAX_STATE_CHARACTERS
from bayesian_verifier.serving._problems import OtherModelError
from bayesian_verifier.serving._state import HEADER, Known, decode_state, encode_state, model_tag
from bayesian_verifier.simulators import PlainSums
from serving.closed_form import VERSION, ClosedFormSimulator, closed_form_model, judgment
from serving.lottery_engine import SIMULATOR, by_grid, lottery_engine

if TYPE_CHECKING:
    import httpx

    from serving.conftest import Serve

TAG = model_tag("v1")
CLOSED_FORM = ClosedFormSimulator()
SUMS = hnp.arrays(np.float32, 2, elements=st.floats(-(2.0**100), 2.0**100, width=32))


@st.composite
def evidences(draw: st.DrawFn) -> Known:
    """Evidence with counts that agree with each other."""
    informative, refuted, idle = (draw(st.integers(0, 2**20)) for _ in range(3))
    return Known(informative + refuted + idle, informative, refuted, PlainSums(draw(SUMS)))


def of_sums(*sums: float) -> Known:
    return Known(0, 0, 0, PlainSums(np.array(sums, np.float32)))


@given(evidences())
def test_what_is_written_is_read_back(known: Known) -> None:
    """Bit for bit, as text that fits into a URL."""
    text = encode_state(known, TAG)
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    back = decode_state(text, TAG, CLOSED_FORM, None)
    assert back[:3] == known[:3]
    assert back.evidence.sums.tobytes() == known.evidence.sums.tobytes()


@given(evidences(), st.data())
def test_a_changed_character_is_noticed(known: Known, data: st.DataObject) -> None:
    """Unless it changes only the unused bits of the last one."""
    text = encode_state(known, TAG)
    place = data.draw(st.integers(0, len(text) - 2))
    other = data.draw(st.sampled_from("AZaz09-_"))
    if other != text[place]:
        with pytest.raises((InvalidEvidenceError, OtherModelError)):
            decode_state(text[:place] + other + text[place + 1 :], TAG, CLOSED_FORM, None)


@given(st.text(max_size=80))
def test_any_text_is_refused_as_unreadable(text: str) -> None:
    """Whatever it holds."""
    with pytest.raises(InvalidEvidenceError):
        decode_state(text, TAG, CLOSED_FORM, None)


def test_state_of_another_version_is_told_apart_from_rubbish() -> None:
    """409 rather than 422: the caller can rebuild it."""
    with pytest.raises(OtherModelError):
        decode_state(encode_state(of_sums(0, 0), model_tag("v0")), TAG, CLOSED_FORM, None)


def resealed(raw: bytes) -> str:
    """A state text with a right checksum behind the wrong content."""
    return base64.urlsafe_b64encode(raw + zlib.crc32(raw).to_bytes(4, "little")).rstrip(b"=").decode()


@pytest.mark.parametrize("tag", [TAG, model_tag("v0")])
def test_a_state_of_the_older_format_is_another_models(tag: bytes) -> None:
    """`BVS1` with whatever sums behind it: the caller sends the judgments again."""
    raw = b"BVS1" + tag + bytes(12) + bytes(4 * 2688)
    with pytest.raises(OtherModelError):
        decode_state(resealed(raw), TAG, CLOSED_FORM, None)


@pytest.mark.parametrize("magic", [b"BVX2", b"bvs2", b"\0\0\0\0"])
def test_what_this_service_never_gave_is_unreadable(magic: bytes) -> None:
    """Though its checksum is right."""
    with pytest.raises(InvalidEvidenceError):
        decode_state(
            resealed(magic + TAG + bytes(12) + struct.pack("<I", 8) + bytes(8)), TAG, CLOSED_FORM, None
        )


@pytest.mark.parametrize(
    ("counts", "sums"),
    [
        ((0, 0, 0), [np.nan] * 2),
        ((0, 0, 0), [np.inf] * 2),
        ((0, 0, 0), [0.0] * 3),
        ((0, 0, 0), []),
        ((1, 1, 1), [0.0] * 2),
        ((2**31 + 1, 0, 0), [0.0] * 2),
    ],
)
def test_forged_content_is_refused(counts: tuple[int, int, int], sums: list[float]) -> None:
    """Numbers that are none, sums of another length, counts that cannot be."""
    content = np.array(sums, "<f4").tobytes()
    raw = HEADER.pack(b"BVS2", TAG, *counts, len(content)) + content
    with pytest.raises(InvalidEvidenceError):
        decode_state(resealed(raw), TAG, CLOSED_FORM, None)


def test_the_greatest_evidence_that_is_allowed_fits_the_limit() -> None:
    """24,000 bytes: what a simulator may keep of a person."""
    known = Known(2**31, 2**31, 0, PlainSums(np.zeros(6000, np.float32)))
    assert len(encode_state(known, TAG)) <= MAX_STATE_CHARACTERS == 32 * 1024


@pytest.mark.parametrize("count", [0, 1, 512, 700])
def test_a_state_of_lotteries_is_text_of_at_most_32_kilobytes(count: int) -> None:
    """With a second look, however many judgments there were."""
    engine = lottery_engine(by_grid)
    state, lengths = None, set()
    for start in range(0, max(count, 1), 512):
        records = [lottery_judgment(n) for n in range(start, min(start + 512, count))]
        body = orjson.dumps({"judgments": records, "state": state})
        state = answer(read_question(body), engine, clock=float, make_seed=int).state
        lengths.add(len(state))
    assert state.isascii()
    assert max(lengths) <= 32 * 1024
    assert (max(lengths) > 20_000) is (count >= 512)
    assert decode_state(state, engine.tag, SIMULATOR, None).informative == count


def lottery_judgment(n: int) -> dict[str, object]:
    """A gamble of 0 or 3 against 1 for sure, turned down; approved and rewarded."""
    return {**judgment(0.05 + 0.001 * (n % 7)), "feedback": "approve", "wealth": float(n % 5)}


def test_other_model_answers_409(serve: Serve, client: httpx.Client) -> None:
    """A state of one version, sent to another; and one of the older format."""
    state = client.post("/v1/posterior", json={"judgments": [judgment(1.0)]}).json()["state"]
    other = compile_engine(closed_form_model("another-version"), CLOSED_FORM, points=64, many=64)
    older = resealed(b"BVS1" + model_tag(VERSION) + bytes(12) + bytes(8))
    with serve(create_app(lambda: other)) as (asked, _):
        replies = [
            asked.post("/v1/posterior", json={"judgments": [], "state": state}),
            client.post("/v1/posterior", json={"judgments": [], "state": older}),
        ]
    for reply in replies:
        assert reply.status_code == 409
        assert reply.json()["type"].endswith("other-model")


@pytest.mark.parametrize(
    ("sums", "believable"),
    [
        ((0.0, 0.0), True),
        ((5.0, 3.0), True),
        ((-1.0, 0.0), False),
        ((-1.0, 3e38), False),
        ((-2.0, 1.0), False),
        ((-0.999999, 3e38), False),
        ((3e38, 3e38), True),
        ((0.0, -3e38), False),
        ((0.0, 1e3), False),
    ],
)
def test_forged_sums_give_a_flagged_answer_and_never_a_5xx(
    client: httpx.Client, sums: tuple[float, float], believable: bool
) -> None:
    """Counts below zero, rewards beyond bounds: finite numbers all the same, and a reason for distrust."""
    known = Known(1, 1, 0, PlainSums(np.array(sums, np.float32)))
    state = encode_state(known, model_tag(VERSION))
    reply = client.post("/v1/posterior", json={"judgments": [], "draws": 3, "state": state})
    assert reply.status_code == 200
    marginal = reply.json()["posterior"]["risk_aversion"]
    assert np.isfinite([marginal["mean"], marginal["sd"], *marginal["quantiles"].values()]).all()
    assert reply.json()["checks"]["reasons"] == ([] if believable else ["draws_out_of_range"])
