"""The state a reply gives: read back as given, or refused."""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bayesian_verifier.errors import InvalidEvidenceError
from bayesian_verifier.serving import compile_engine, create_app
from bayesian_verifier.serving._limits import MAX_STATE_CHARACTERS
from bayesian_verifier.serving._problems import OtherModelError
from bayesian_verifier.serving._state import Evidence, decode_state, encode_state, model_tag
from serving.closed_form import ClosedFormSimulator, closed_form_model, judgment

if TYPE_CHECKING:
    import httpx

    from serving.conftest import Serve

TAG = model_tag("v1")
SUMS = hnp.arrays(np.float32, st.integers(0, 64), elements=st.floats(-(2.0**100), 2.0**100, width=32))


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    """Evidence with counts that agree with each other."""
    informative, refuted, idle = (draw(st.integers(0, 2**20)) for _ in range(3))
    return Evidence(informative + refuted + idle, informative, refuted, draw(SUMS))


@given(evidences())
def test_what_is_written_is_read_back(evidence: Evidence) -> None:
    """Bit for bit, as text that fits into a URL."""
    text = encode_state(evidence, TAG)
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    back = decode_state(text, TAG, evidence.sums.size)
    assert back[:3] == evidence[:3]
    assert back.sums.tobytes() == evidence.sums.tobytes()


@given(evidences(), st.data())
def test_a_changed_character_is_noticed(evidence: Evidence, data: st.DataObject) -> None:
    """Unless it changes only the unused bits of the last one."""
    text = encode_state(evidence, TAG)
    place = data.draw(st.integers(0, len(text) - 2))
    other = data.draw(st.sampled_from("AZaz09-_"))
    if other != text[place]:
        with pytest.raises((InvalidEvidenceError, OtherModelError)):
            decode_state(text[:place] + other + text[place + 1 :], TAG, evidence.sums.size)


@given(st.text(max_size=80))
def test_any_text_is_refused_as_unreadable(text: str) -> None:
    """Whatever it holds."""
    with pytest.raises(InvalidEvidenceError):
        decode_state(text, TAG, 4)


def test_state_of_another_version_is_told_apart_from_rubbish() -> None:
    """409 rather than 422: the caller can rebuild it."""
    text = encode_state(Evidence(0, 0, 0, np.zeros(4, np.float32)), model_tag("v0"))
    with pytest.raises(OtherModelError):
        decode_state(text, TAG, 4)


def resealed(raw: bytes) -> str:
    """A state text with a right checksum behind the wrong content."""
    return base64.urlsafe_b64encode(raw + zlib.crc32(raw).to_bytes(4, "little")).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("counts", "sums"),
    [
        ((0, 0, 0), [np.nan] * 4),
        ((0, 0, 0), [np.inf] * 4),
        ((0, 0, 0), [0.0] * 3),
        ((1, 1, 1), [0.0] * 4),
        ((2**31 + 1, 0, 0), [0.0] * 4),
    ],
)
def test_forged_content_is_refused(counts: tuple[int, int, int], sums: list[float]) -> None:
    """Numbers that are none, sums of another length, counts that cannot be."""
    raw = b"BVS1" + TAG + np.array(counts, "<u4").tobytes() + np.array(sums, "<f4").tobytes()
    with pytest.raises(InvalidEvidenceError):
        decode_state(resealed(raw), TAG, 4)


def test_greatest_state_fits_the_limit() -> None:
    """6,000 sums."""
    assert len(encode_state(Evidence(0, 0, 0, np.zeros(6000, np.float32)), TAG)) <= MAX_STATE_CHARACTERS


def test_other_model_answers_409(serve: Serve, client: httpx.Client) -> None:
    """A state of one version, sent to another."""
    state = client.post("/v1/posterior", json={"judgments": [judgment(1.0)]}).json()["state"]
    other = compile_engine(
        closed_form_model("another-version"), ClosedFormSimulator(), points=64, ladder=(8,)
    )
    with serve(create_app(lambda: other)) as (asked, _):
        reply = asked.post("/v1/posterior", json={"judgments": [], "state": state})
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
    tag = model_tag(client.get("/health").json()["model"]["version"])
    raw = b"BVS1" + tag + bytes(12) + np.array(sums, "<f4").tobytes()
    reply = client.post("/v1/posterior", json={"judgments": [], "draws": 3, "state": resealed(raw)})
    assert reply.status_code == 200
    marginal = reply.json()["posterior"]["risk_aversion"]
    assert np.isfinite([marginal["mean"], marginal["sd"], *marginal["quantiles"].values()]).all()
    assert reply.json()["checks"]["reasons"] == ([] if believable else ["draws_out_of_range"])
